"""The loss over the steps, drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QWidget

from boxwright_labelimg.i18n import tr

SMOOTHING = 0.9  # of the strong line; the pale one is the losses themselves
RAW, SMOOTH = QColor(47, 114, 196, 70), QColor(47, 114, 196)
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 8, 20  # in pixels, around the curve


class LossCurve(QWidget):
    """The loss of the newest training; the axis of the loss is logarithmic where it spans more than a factor of ten."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: Sequence[tuple[int, float]] = ()
        self.setAccessibleName(tr("Loss"))

    def show_points(self, points: Sequence[tuple[int, float]]) -> None:
        """Draw (step, loss); losses that are not finite are left out."""
        if points == self.points:
            return
        self.points = points
        if points:
            self.setToolTip(tr("Loss {loss:.3g} at step {step:,}", loss=points[-1][1], step=points[-1][0]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.fillRect(self.rect(), self.palette().base())
        points = [(step, loss) for step, loss in self.points if math.isfinite(loss) and loss > 0]
        if len(points) < 2:
            painter.setPen(self.palette().mid().color())
            painter.drawText(
                self.rect(), Qt.AlignCenter | Qt.TextWordWrap, tr("The loss is drawn here while a model trains")
            )
            painter.end()
            return
        frame = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)
        self._paint_axes(painter, frame, points)
        place = _places(frame, points)
        painter.setPen(QPen(RAW, 1))
        painter.drawPolyline(QPolygonF([place(step, loss) for step, loss in points]))
        painter.setPen(QPen(SMOOTH, 2))
        painter.drawPolyline(QPolygonF([place(step, loss) for step, loss in _smoothed(points)]))
        painter.end()

    def _paint_axes(self, painter: QPainter, frame: QRectF, points: Sequence[tuple[int, float]]) -> None:
        low, high = _range(points)
        painter.setPen(self.palette().mid().color())
        painter.drawLine(frame.bottomLeft(), frame.bottomRight())
        painter.drawLine(frame.bottomLeft(), frame.topLeft())
        painter.setPen(self.palette().text().color())
        font = painter.font()
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.8))
        painter.setFont(font)
        for loss, top in ((high, frame.top()), (low, frame.bottom() - 12)):
            painter.drawText(QRectF(0, top, LEFT - 4, 12), Qt.AlignRight | Qt.AlignVCenter, f"{loss:.3g}")
        below = QRectF(frame.left(), frame.bottom() + 3, frame.width(), BOTTOM - 3)
        painter.drawText(below, Qt.AlignLeft | Qt.AlignTop, f"{points[0][0]:,}")
        painter.drawText(below, Qt.AlignRight | Qt.AlignTop, tr("step {step:,}", step=points[-1][0]))


def _range(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    losses = [loss for _, loss in points]
    low, high = min(losses), max(losses)
    return (low, high) if high > low else (low * 0.9, high * 1.1)


def _places(frame: QRectF, points: Sequence[tuple[int, float]]) -> Callable[[int, float], QPointF]:
    low, high = _range(points)
    scale = math.log if high > 10 * low else float
    first, last = points[0][0], max(points[-1][0], points[0][0] + 1)

    def place(step: int, loss: float) -> QPointF:
        across = (step - first) / (last - first)
        up = (scale(loss) - scale(low)) / (scale(high) - scale(low))
        return QPointF(frame.left() + across * frame.width(), frame.bottom() - up * frame.height())

    return place


def _smoothed(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the exponential moving average, corrected for its start."""
    total = weight = 0.0
    smooth = []
    for step, loss in points:
        total = SMOOTHING * total + (1 - SMOOTHING) * loss
        weight = SMOOTHING * weight + (1 - SMOOTHING)
        smooth.append((step, total / weight))
    return smooth
