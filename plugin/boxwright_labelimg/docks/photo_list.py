"""What is added to labelImg's list of photos: a sign for each, a filter, an order, and how many are labelled."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QModelIndex, QPointF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from boxwright_labelimg.client.photo_marks import Mark, PhotoMarks
from boxwright_labelimg.i18n import N_, tr

TIPS = {
    Mark.UNLABELLED: N_("No labels yet"),
    Mark.SUGGESTED: N_("The model suggests boxes"),
    Mark.LABELLED: N_("Labelled"),
    Mark.NEGATIVE: N_("Labelled: no objects"),
    Mark.FINDING: N_("Something is wrong with it: see the dock Findings"),
}
SIZE = 16  # of a sign, in pixels


class PhotoList(QWidget):
    """The order, the filter and the progress, below the list; the list itself is labelImg's."""

    sorted_by_rank = pyqtSignal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._list: QListWidget | None = None
        self._marks, self._with_finding = PhotoMarks(), frozenset[str]()
        self._icons: dict[Mark, QIcon] = {}
        self.order = QComboBox()
        self.order.addItems([tr("By name"), tr("By rank")])
        self.order.setToolTip(tr("By rank: first the photos that are worth labelling most"))
        self.order.setAccessibleName(tr("Order of the photos"))
        self.order.activated.connect(lambda index: self.sorted_by_rank.emit(index == 1))
        self.unlabelled = QCheckBox(tr("Only unlabelled"))
        self.unlabelled.toggled.connect(lambda _: self._show())
        self.progress = QLabel()
        row = QHBoxLayout()
        row.addWidget(self.order)
        row.addWidget(self.unlabelled, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.progress)

    @property
    def is_by_rank(self) -> bool:
        """Whether the photos that are worth labelling most come first."""
        return self.order.currentIndex() == 1

    def attach(self, photos: QListWidget) -> None:
        """Put signs into this list, whose texts are paths."""
        self._list = photos
        self._icons = {mark: _icon(mark) for mark in Mark}
        photos.setIconSize(QSize(SIZE, SIZE))
        photos.setUniformItemSizes(True)
        photos.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        photos.setTextElideMode(Qt.ElideMiddle)
        photos.setItemDelegate(_Names(photos))

    def show_marks(self, marks: PhotoMarks, with_finding: frozenset[str]) -> None:
        """Show what each photo of the list is, and how many are labelled."""
        self._marks, self._with_finding = marks, with_finding
        self._show()

    def _show(self) -> None:
        if self._list is None:
            return
        hides = self.unlabelled.isChecked()
        labelled = 0
        self._list.setUpdatesEnabled(False)
        for row in range(self._list.count()):
            item = self._list.item(row)
            image = item.text()
            mark = self._marks.mark_of(image, self._with_finding)
            is_labelled = image in self._marks.labelled
            labelled += is_labelled
            if item.data(Qt.UserRole) != mark.value:
                item.setData(Qt.UserRole, mark.value)
                item.setIcon(self._icons[mark])
                item.setToolTip(f"{image}\n{tr(TIPS[mark])}")
            if item.isHidden() != (hides and is_labelled):
                item.setHidden(hides and is_labelled)
        self._list.setUpdatesEnabled(True)
        count = self._list.count()
        self.progress.setText(tr("{labelled:,} of {count:,} labelled", labelled=labelled, count=count))


class _Names(QStyledItemDelegate):
    """Shows the name of a photo, not its whole path."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        option.text = Path(option.text).name

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(0, max(SIZE + 2, option.fontMetrics.height() + 2))  # as wide as the list: long names are elided


def _icon(mark: Mark) -> QIcon:
    """Return the sign of a mark; in a selected row on white, where its colour would not be seen."""
    icon = QIcon(_sign(mark, Qt.transparent))
    icon.addPixmap(_sign(mark, Qt.transparent if mark is Mark.UNLABELLED else Qt.white), QIcon.Selected)
    return icon


def _sign(mark: Mark, background: Qt.GlobalColor) -> QPixmap:
    """Return a sign that is told by its form as well as by its colour."""
    pixmap = QPixmap(SIZE, SIZE)
    pixmap.fill(background)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.Antialiasing)
    if mark is Mark.SUGGESTED:
        painter.setPen(QPen(QColor("#f08c00"), 2, Qt.DotLine))
        painter.drawRect(3, 3, 10, 10)
    elif mark is Mark.LABELLED:
        painter.setPen(QPen(QColor("#2e9e5b"), 2.5))
        painter.drawPolyline(QPointF(3, 8.5), QPointF(6.5, 12), QPointF(13, 4))
    elif mark is Mark.NEGATIVE:
        painter.setPen(QPen(QColor("#6b7280"), 2))
        painter.drawEllipse(QPointF(8, 8), 5, 5)
        painter.drawLine(QPointF(4.5, 11.5), QPointF(11.5, 4.5))
    elif mark is Mark.FINDING:
        painter.setPen(QPen(QColor("#c94f4f"), 2))
        painter.drawPolygon(QPointF(8, 2.5), QPointF(14, 13.5), QPointF(2, 13.5))
        painter.drawLine(QPointF(8, 7), QPointF(8, 10))
    painter.end()
    return pixmap
