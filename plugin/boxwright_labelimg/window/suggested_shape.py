"""A box that a model suggests, as labelImg draws it: orange, with class and score, until a person accepts it."""

from __future__ import annotations

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QFont, QFontMetricsF, QPainter

from boxwright_labelimg.window.patched_window import labelimg

SUGGESTED_LINE = QColor(255, 140, 0, 230)
SUGGESTED_FILL = QColor(255, 140, 0, 90)
TAG_TEXT = QColor(20, 20, 20)
TAG_HEIGHT = 13  # of the letters, in pixels of the screen
MARGIN = 3  # likewise


class SuggestedShape(labelimg.Shape):
    """labelImg's Shape with the score of a model.

    Attributes:
        score: From 0 to 1.
    """

    paint_label: bool

    def __init__(self, label: str, score: float) -> None:
        """Make a box without corners."""
        super().__init__(label=label)
        self.score = score

    def paint(self, painter: QPainter) -> None:
        """Paint the box; as long as it is not accepted, its class and score are above it."""
        if self.line_color != SUGGESTED_LINE:
            super().paint(painter)
            return
        paint_label, self.paint_label = self.paint_label, False
        super().paint(painter)
        self.paint_label = paint_label
        left, top = min(point.x() for point in self.points), min(point.y() for point in self.points)
        paint_tag(painter, f"{self.label} {self.score:.2f}", QPointF(left, top), labelimg.Shape.scale, SUGGESTED_LINE)


def paint_tag(painter: QPainter, text: str, corner: QPointF, scale: float, background: QColor) -> None:
    """Paint a line of text above a point, or below it at the image's upper edge.

    Args:
        painter: Of the image's pixels.
        text: In any language.
        corner: In the image's pixels.
        scale: Pixels of the screen for one of the image: the text is as large on the screen whatever the zoom.
        background: Of the text.
    """
    font = QFont()
    font.setPixelSize(TAG_HEIGHT)
    metrics = QFontMetricsF(font)
    width, height = metrics.width(text) + 2 * MARGIN, metrics.height()
    painter.save()
    painter.translate(corner)
    painter.scale(1 / scale, 1 / scale)
    above = -height if corner.y() * scale >= height else 0.0
    place = QRectF(0, above, width, height)
    painter.setFont(font)
    painter.fillRect(place, background)
    painter.setPen(TAG_TEXT)
    painter.drawText(place, Qt.AlignCenter, text)
    painter.restore()
