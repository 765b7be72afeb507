"""Boxes that are shown over a photo and are none of the user's: annotated ones dashed, the model's solid."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen

from boxwright_labelimg.client.mistake_list import OverlayBox, Role
from boxwright_labelimg.window.suggested_shape import paint_tag

COLOURS = {Role.TRUTH: QColor(60, 170, 255), Role.CORRECT: QColor(60, 200, 110), Role.WRONG: QColor(255, 80, 190)}
WIDTH, CHOSEN_WIDTH = 2, 4  # of lines, in pixels of the screen


def paint_overlay(painter: QPainter, scale: float, boxes: Sequence[OverlayBox]) -> None:
    """Paint boxes in a painter of the photo's pixels, the chosen one last; `scale` is the screen's pixels of one."""
    for box in sorted(boxes, key=lambda each: (each.is_chosen, each.role is Role.TRUTH)):
        left, top, right, bottom = box.edges
        colour = COLOURS[box.role]
        line = Qt.DashLine if box.role is Role.TRUTH else Qt.SolidLine
        painter.setPen(QPen(colour, (CHOSEN_WIDTH if box.is_chosen else WIDTH) / scale, line))
        painter.setBrush(Qt.NoBrush)
        painter.drawRect(QRectF(left, top, right - left, bottom - top))
        corner = QPointF(left, bottom + 16 / scale) if box.role is Role.TRUTH else QPointF(left, top)
        paint_tag(painter, box.text, corner, scale, colour)
