"""The dock "Mistakes": what the newest model does wrong on the test images, the worst first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QAbstractListModel, QModelIndex, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QPixmap
from PyQt5.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QListView,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from boxwright.runs.verdicts import Mistake, Verdict
from boxwright_labelimg.client.mistake_list import chosen
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.docks.thumbnails import SIZE, Thumbnails
from boxwright_labelimg.i18n import N_, tr

MISTAKES = {
    Verdict.MISSED: N_("missed"),
    Verdict.FALSE_POSITIVE: N_("false positive"),
    Verdict.WRONG_CLASS: N_("wrong class"),
    Verdict.POOR_LOCALIZATION: N_("poor localization"),
    Verdict.DUPLICATE: N_("duplicate"),
}


class MistakesDock(QDockWidget):
    """A list with thumbnails; a double click, or Return, opens the photo with both sets of boxes."""

    opened = pyqtSignal(object)  # a Mistake

    def __init__(self, parent: QWidget) -> None:
        super().__init__(tr("Mistakes"), parent)
        self.setObjectName("boxwright.mistakes")
        self._mistakes: tuple[Mistake, ...] = ()
        self.thumbnails = Thumbnails(self)
        self.model = _MistakesModel(self.thumbnails)
        self.thumbnails.made.connect(self._repaint)
        self.kind, self.label = QComboBox(), QComboBox()
        for combo, name in ((self.kind, tr("Kind of mistakes")), (self.label, tr("Class of mistakes"))):
            combo.setAccessibleName(name)
            combo.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            combo.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
            combo.activated.connect(lambda _: self._filter())
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setIconSize(QSize(SIZE, SIZE))
        self.list.setUniformItemSizes(True)
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.ElideMiddle)
        self.list.setAccessibleName(tr("Mistakes"))
        self.list.activated.connect(lambda index: self.opened.emit(self.model.mistakes[index.row()]))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignCenter)
        self.note.setMargin(8)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(4, 4, 4, 4)
        row = QHBoxLayout()
        row.addWidget(self.kind)
        row.addWidget(self.label)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.note)
        self.pages.addWidget(inside)
        self.setWidget(self.pages)
        self.show_nothing()

    def show_nothing(self) -> None:
        """Explain the dock: no workspace is open."""
        self._show((), tr("What the model does wrong on the test images is shown here after Evaluate (F9)."))

    def show_status(self, status: WorkspaceStatus) -> None:
        """Show the mistakes of the newest evaluation."""
        if status.verdicts is None:
            self.show_nothing()
        else:
            self.model.images = status.workspace.images
            count = len(status.verdicts.images)
            self._show(status.mistakes, tr("The model does nothing wrong on {count:,} test images.", count=count))

    def _show(self, mistakes: tuple[Mistake, ...], note: str) -> None:
        self.note.setText(note)
        self.pages.setCurrentIndex(1 if mistakes else 0)
        if mistakes is self._mistakes:
            return
        self._mistakes = mistakes
        kinds = [kind for kind in MISTAKES if any(one.kind is kind for one in mistakes)]
        _fill(
            self.kind,
            [(f"{tr('All kinds')} ({len(mistakes):,})", None), *((tr(MISTAKES[kind]), kind) for kind in kinds)],
        )
        labels = sorted({one.label for one in mistakes} | {one.object_label for one in mistakes} - {""})
        _fill(self.label, [(tr("All classes"), ""), *((label, label) for label in labels)])
        self._filter()

    def _filter(self) -> None:
        self.model.show(chosen(self._mistakes, self.kind.currentData(), self.label.currentData() or ""))

    def _repaint(self) -> None:
        self.list.viewport().update()


def _fill(combo: QComboBox, entries: list[tuple[str, Any]]) -> None:
    """Offer entries, and keep the choice where it is among them."""
    before = combo.currentData()
    combo.clear()
    for text, data in entries:
        combo.addItem(text, data)
    combo.setCurrentIndex(max(0, next((at for at, (_, data) in enumerate(entries) if data == before), 0)))


class _MistakesModel(QAbstractListModel):
    """Mistakes as rows; Qt asks only for the visible ones, so that thousands cost nothing."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.mistakes: tuple[Mistake, ...] = ()
        self.images = Path()
        self._thumbnails = thumbnails
        self._blank: QPixmap | None = None

    def show(self, mistakes: tuple[Mistake, ...]) -> None:
        """Hold these mistakes from now on."""
        self.beginResetModel()
        self.mistakes = mistakes
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.mistakes)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        one = self.mistakes[index.row()]
        answers: dict[int, Callable[[], Any]] = {
            Qt.DisplayRole: lambda: _text(one),
            Qt.ToolTipRole: lambda: f"{_text(one)}\n{one.image}",
            Qt.DecorationRole: lambda: self._picture(one),
            Qt.SizeHintRole: lambda: QSize(0, SIZE + 6),
        }
        return answers[role]() if role in answers else None

    def _picture(self, one: Mistake) -> QPixmap:
        made = self._thumbnails.of(self.images / one.image, (one.xmin, one.ymin, one.xmax, one.ymax))
        if made is None and self._blank is None:
            self._blank = QPixmap(SIZE, SIZE)
            self._blank.fill(Qt.lightGray)
        return made or self._blank


def _text(one: Mistake) -> str:
    kind = tr(MISTAKES[one.kind])
    if one.kind is Verdict.WRONG_CLASS:
        what = tr("{kind}: {label} instead of {object}", kind=kind, label=one.label, object=one.object_label)
    else:
        what = f"{kind}: {one.label}"
    name = one.image.rpartition("/")[2]
    return f"{what}\n{name}" if one.score is None else f"{what} {one.score:.2f}\n{name}"
