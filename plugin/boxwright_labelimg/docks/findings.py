"""The dock "Findings": problems of images and boxes, found as they are saved."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from PyQt5.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from boxwright.findings import Finding, Severity
from boxwright_labelimg.client.finding_list import Fix, arranged, fix_of
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.i18n import plain, tr

_RED = QBrush(QColor("#aa3333"))


class FindingsDock(QDockWidget):
    """A table of findings, errors first; a double click, or Return, opens the image and selects the box."""

    opened = pyqtSignal(str, int)  # the file relative to the workspace, and the object's number from 1, 0 for none
    fix_wanted = pyqtSignal(object)  # a Finding that has a fix

    def __init__(self, parent: QWidget) -> None:
        super().__init__(tr("Findings"), parent)
        self.setObjectName("boxwright.findings")
        self.model = _FindingsModel()
        self._findings: tuple[Finding, ...] = ()
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Show those that contain …"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._arrange)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(True)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.Interactive)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setColumnWidth(0, 96)
        self.table.setItemDelegateForColumn(0, _FileDelegate(self.table))
        self.table.setAccessibleName(tr("Findings"))
        self.table.activated.connect(self._open)  # Return, and the double click
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignCenter)
        self.note.setMargin(8)
        self.detail = QLabel()
        self.detail.setWordWrap(True)
        self.detail.setTextFormat(Qt.PlainText)
        self.detail.setTextInteractionFlags(Qt.TextSelectableByMouse | Qt.TextSelectableByKeyboard)
        self.detail.setMargin(4)
        self.fix = QPushButton()
        self.fix.clicked.connect(lambda: self.fix_wanted.emit(self._chosen()))
        self.table.selectionModel().currentRowChanged.connect(self._show_detail)
        list_and_detail = QWidget()
        column = QVBoxLayout(list_and_detail)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.filter)
        column.addWidget(self.table, 1)
        column.addWidget(self.detail)
        column.addWidget(self.fix)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.note)
        self.pages.addWidget(list_and_detail)
        self.setWidget(self.pages)
        self.fix.hide()
        self.show_nothing()

    def show_nothing(self) -> None:
        """Explain the dock: no workspace is open."""
        self._show((), tr("Problems of boxes and images are shown here as soon as there is a dataset."))

    def show_status(self, status: WorkspaceStatus) -> None:
        """Show the findings of a workspace."""
        if status.daemon is None:
            note = tr("Saved boxes are not checked: the background program does not run. The dock Training starts it.")
        elif status.daemon_status is None or status.daemon_status.dataset is None:
            message = status.daemon_status.message if status.daemon_status is not None else ""
            note = message or tr("Looking at the images …")
        else:
            count = sum(status.daemon_status.dataset.images.values())
            nothing = tr("Nothing is wrong with {count:,} images.", count=count)
            note = tr("Nothing is wrong with the one image.") if count == 1 else nothing
        self._show(status.findings, note)

    def _show(self, findings: tuple[Finding, ...], note: str) -> None:
        self._findings = findings
        self._arrange()
        self.note.setText(note)
        self.pages.setCurrentIndex(1 if findings else 0)
        count = f" ({len(findings):,})" if findings else ""
        title = tr("Findings") + count
        if title != self.windowTitle():
            self.setWindowTitle(title)

    def _arrange(self, *_: object) -> None:
        if self.model.show(arranged(self._findings, self.filter.text())):
            self.detail.setText(tr("Choose a finding to read all of it; a double click opens the image."))
            self.fix.hide()

    def _chosen(self) -> Finding:
        return self.model.findings[self.table.currentIndex().row()]

    def _show_detail(self, index: QModelIndex) -> None:
        if index.isValid():
            fix = fix_of(self.model.findings[index.row()])
            self.fix.setVisible(fix is not None)
            self.fix.setText(tr("Clip the box, and save") if fix is Fix.CLIP else tr("Remove this box, and save"))
            self.detail.setText(plain(str(self.model.findings[index.row()])))

    def _open(self, index: QModelIndex) -> None:
        finding = self.model.findings[index.row()]
        self.opened.emit(finding.file, finding.object_number or 0)


class _FileDelegate(QStyledItemDelegate):
    """Shows the beginning and the end of a long file name, which often ends with a number."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.ElideMiddle


class _FindingsModel(QAbstractTableModel):
    """Findings as rows; Qt asks only for the visible ones, so that thousands cost nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.findings: tuple[Finding, ...] = ()

    def show(self, findings: tuple[Finding, ...]) -> bool:
        """Hold these findings from now on; return whether they differ from those before."""
        if findings == self.findings:
            return False
        self.beginResetModel()
        self.findings = findings
        self.endResetModel()
        return True

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.findings)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 2

    def headerData(self, section: int, orientation: Any, role: int = Qt.DisplayRole) -> Any:
        if role == Qt.DisplayRole and orientation == Qt.Horizontal:
            return (tr("File"), tr("What is wrong"))[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        finding = self.findings[index.row()]
        if role == Qt.DisplayRole:
            if index.column() == 0:
                return PurePosixPath(finding.file).name.removesuffix(".xml")  # the column is narrow
            return plain(f"{finding.subject}: {finding.message}" if finding.subject else finding.message)
        if role == Qt.ToolTipRole:
            return plain(str(finding))
        if role == Qt.ForegroundRole and index.column() == 0 and finding.severity is Severity.ERROR:
            return _RED
        return None
