"""The summary of an exported dataset."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from boxwright.jobs.job import Job
from boxwright.jobs.result import DatasetSummary
from boxwright.workspace import SPLITS, Workspace
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.opening import open_path


class SummaryDialog(QDialog):
    """Images, objects of each class and split, and findings.

    Attributes:
        wants_findings: Whether it was closed by "Show findings".
    """

    def __init__(self, workspace: Workspace, job: Job, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Dataset exported"))
        self.wants_findings = False
        dataset = job.result.dataset or DatasetSummary({}, {}, 0, 0, "", ())
        text = QLabel(self._text(dataset.images, dataset.unlabelled, dataset.findings))
        text.setWordWrap(True)
        self.table = _table(dataset.objects)
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        folder = buttons.addButton(tr("&Open folder"), QDialogButtonBox.ActionRole)
        folder.clicked.connect(lambda: open_path(workspace.annotations, self))
        if dataset.findings:
            findings = buttons.addButton(tr("Show &findings"), QDialogButtonBox.ActionRole)
            findings.clicked.connect(self._show_findings)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(text)
        column.addWidget(self.table, 1)
        column.addWidget(buttons)
        self.resize(420, 320)

    def _text(self, images: Mapping[str, int], unlabelled: int, findings: int) -> str:
        counts = ", ".join(f"{images.get(split, 0):,} {split}" for split in SPLITS)
        parts = [tr("{counts} images are in the records.", counts=counts)]
        if unlabelled == 1:
            parts.append(tr("One image has no boxes yet and is left out."))
        elif unlabelled:
            parts.append(tr("{count:,} images have no boxes yet and are left out.", count=unlabelled))
        if findings == 1:
            parts.append(tr("One finding."))
        else:
            parts.append(tr("{count:,} findings.", count=findings) if findings else tr("Nothing is wrong with them."))
        return " ".join(parts)

    def _show_findings(self) -> None:
        self.wants_findings = True
        self.accept()


def _table(objects: Mapping[str, Mapping[str, int]]) -> QTableWidget:
    table = QTableWidget(len(objects), 1 + len(SPLITS))
    table.setHorizontalHeaderLabels([tr("Class"), *(tr("{split} objects", split=split) for split in SPLITS)])
    table.verticalHeader().hide()
    table.setEditTriggers(QTableWidget.NoEditTriggers)
    table.setSelectionMode(QTableWidget.NoSelection)
    table.setFocusPolicy(Qt.NoFocus)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.Stretch)
    for row, (label, splits) in enumerate(sorted(objects.items())):
        table.setItem(row, 0, QTableWidgetItem(label))
        for column, split in enumerate(SPLITS, start=1):
            item = QTableWidgetItem(f"{splits.get(split, 0):,}")
            item.setTextAlignment(Qt.AlignRight | Qt.AlignVCenter)
            table.setItem(row, column, item)
    return table
