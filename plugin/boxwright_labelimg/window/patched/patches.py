"""Fixes for labelImg's crashes, applied in memory when its modules are imported: no file of labelImg is changed.

labelImg 1.8.6 passes floats to Qt where Qt takes integers. Python before 3.10 converted them. Here subclasses that
convert replace Qt's classes in labelImg's own modules. The other causes of crashes are fixed in patched_window.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PyQt5.QtWidgets import QApplication, QScrollArea, QScrollBar, QWidget

ARROWS = (Qt.Key_Left, Qt.Key_Right, Qt.Key_Up, Qt.Key_Down)
FAR = 10  # pixels that Shift and an arrow key move a box


def import_labelimg() -> Any:
    """Return labelImg's main module with the patches applied.

    Raises:
        ImportError: labelImg, or what it needs, is not installed.
    """
    with _Distutils():
        labelimg: Any = importlib.import_module("labelImg.labelImg")
    canvas: Any = importlib.import_module("libs.canvas")
    if labelimg.QScrollArea is not _ScrollArea:
        canvas.QPainter = _Painter
        labelimg.QScrollArea = _ScrollArea
        labelimg.Canvas = _patched_canvas(canvas.Canvas)
        labelimg.ZoomWidget = _patched_zoom(labelimg.ZoomWidget)
        labelimg.LabelDialog = _patched_label_dialog(labelimg.LabelDialog)
        labelimg.Settings = _patched_settings(labelimg.Settings)
    return labelimg


class _Distutils:
    """Provides distutils.spawn, which labelImg imports without using it and which Python 3.12 removed."""

    names = ("distutils", "distutils.spawn")

    def __enter__(self) -> None:
        self._ours: list[str] = []
        try:
            importlib.import_module("distutils.spawn")
        except ImportError:
            self._ours = [name for name in self.names if name not in sys.modules]
            sys.modules.update({name: types.ModuleType(name) for name in self._ours})

    def __exit__(self, *_: object) -> None:
        for name in self._ours:  # other libraries test whether it can be imported
            sys.modules.pop(name, None)


def _whole(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(round(value) if isinstance(value, float) else value for value in values)


class _Painter(QPainter):
    """Rounds floats to whole pixels."""

    def drawRect(self, *place: Any) -> None:
        super().drawRect(*_whole(place))

    def drawLine(self, *place: Any) -> None:
        super().drawLine(*_whole(place))

    def drawText(self, *place_and_text: Any) -> None:
        super().drawText(*_whole(place_and_text))


class _ScrollBar(QScrollBar):
    """Rounds floats to whole steps."""

    def setValue(self, value: float) -> None:
        super().setValue(round(value))


class _ScrollArea(QScrollArea):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setVerticalScrollBar(_ScrollBar(Qt.Vertical, self))
        self.setHorizontalScrollBar(_ScrollBar(Qt.Horizontal, self))


def _patched_zoom(zoom: type[Any]) -> type[Any]:
    class PatchedZoom(zoom):
        def setValue(self, value: float) -> None:
            super().setValue(round(value))

    return PatchedZoom


def _patched_label_dialog(dialog: type[Any]) -> type[Any]:
    class LabelDialog(dialog):
        """Lists the classes in the order in which the window offers them."""

        def __init__(self, text: str = "", parent: Any = None, list_item: list[str] | None = None) -> None:
            super().__init__(text, parent, parent.dialog_classes or list_item)

        def pop_up(self, text: str = "", move: bool = True) -> Any:
            return self.parentWidget().take_next_label() or super().pop_up(text, move)

    return LabelDialog


def _patched_settings(settings: type[Any]) -> type[Any]:
    class PatchedSettings(settings):
        data: dict[str, Any]

        def load(self) -> bool:
            loaded = bool(super().load())
            if not isinstance(self.data, dict):  # a pickle may hold anything
                self.data = {}
            return loaded

    return PatchedSettings


def _patched_canvas(canvas: type[Any]) -> type[Any]:
    class PatchedCanvas(canvas):
        scrollRequest = pyqtSignal(float, int)  # declared with int, panning sends garbage
        released = pyqtSignal()  # the mouse let go: what it moved has its place
        double_clicked = pyqtSignal()  # what was clicked is selected
        hint = ""  # is shown where no image is open
        overlay: Callable[[QPainter, float], None] | None = None  # paints over the image, in its pixels
        is_read_only = False  # boxes are shown; the mouse moves the image
        is_pressed = False  # a mouse button is held: what it moves changes with each event
        moves_by_key = False  # an arrow key is being handled

        def mousePressEvent(self, event: QMouseEvent) -> None:
            self.is_pressed = True
            if self.is_read_only:
                self._begin_panning(event)
            else:
                super().mousePressEvent(event)

        def mouseMoveEvent(self, event: QMouseEvent) -> None:
            if event.buttons() or not self.is_read_only:  # a corner under the mouse is moved by the next press
                super().mouseMoveEvent(event)

        def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
            super().mouseDoubleClickEvent(event)
            if self.editing() and not self.is_read_only:
                self.double_clicked.emit()

        def _begin_panning(self, event: QMouseEvent) -> None:
            self.de_select_shape()
            self.prev_point = self.pan_initial_pos = self.transform_pos(event.pos())
            QApplication.setOverrideCursor(Qt.OpenHandCursor)

        def mouseReleaseEvent(self, event: QMouseEvent) -> None:
            self.is_pressed = False
            if self.is_read_only:
                QApplication.restoreOverrideCursor()
                return
            super().mouseReleaseEvent(event)
            self.released.emit()

        def keyPressEvent(self, event: QKeyEvent) -> None:
            if event.key() == Qt.Key_Escape and self.drawing() and not self.current:
                self.drawingPolygon.emit(False)  # nothing is begun: labelImg stays in its drawing mode
                return
            self.moves_by_key = True
            is_far = event.modifiers() & Qt.ShiftModifier and event.key() in ARROWS and self.selected_shape
            try:
                for _ in range(FAR if is_far else 1):
                    super().keyPressEvent(event)
            finally:
                self.moves_by_key = False

        def paintEvent(self, event: QPaintEvent) -> None:
            if self.hint and (self.pixmap is None or self.pixmap.isNull()):
                painter = QPainter(self)
                painter.drawText(self.rect().adjusted(24, 24, -24, -24), Qt.AlignCenter | Qt.TextWordWrap, self.hint)
                painter.end()
                return
            try:
                super().paintEvent(event)
            finally:
                if self._painter.isActive():  # after an exception; a second painter would abort the program
                    self._painter.end()
            if self.overlay is not None:
                self._paint_overlay(self.overlay)

        def _paint_overlay(self, paint: Callable[[QPainter, float], None]) -> None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.Antialiasing)
            painter.scale(self.scale, self.scale)
            painter.translate(self.offset_to_center())
            paint(painter, self.scale)
            painter.end()

        def reset_state(self) -> None:
            self.shapes: list[Any] = []  # labelImg keeps those of the image that is closed
            super().reset_state()

        def load_pixmap(self, pixmap: QPixmap) -> None:
            # a selection from the last image is not in this image, where Delete would search for it
            self.selected_shape = self.selected_shape_copy = self.h_shape = self.h_vertex = None
            super().load_pixmap(pixmap)

        def delete_selected(self) -> Any:
            return super().delete_selected() if self.selected_shape in self.shapes else None

    return PatchedCanvas
