"""A pair of hands for labelImg: mouse, keyboard, and answers to dialogs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PyQt5.QtCore import QPoint, QPointF, Qt, QTimer
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QWidget

PATIENCE = 60.0  # in seconds; a loaded machine needs it
LOOK_EVERY = 20  # in milliseconds


def settle(milliseconds: int = 50) -> None:
    """Let what is queued happen."""
    QTest.qWait(milliseconds)


def until(condition: Callable[[], Any], what: str, *, patience: float = PATIENCE) -> Any:
    """Return the condition's first true value; the interface continues meanwhile."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        QTest.qWait(LOOK_EVERY)
    raise AssertionError(f"not within {patience:.0f} s: {what}")


def on_canvas(window: Any, x: float, y: float) -> QPoint:
    """Return where a point of the image is in the canvas."""
    canvas = window.canvas
    place = (QPointF(x, y) + canvas.offset_to_center()) * canvas.scale
    return QPoint(round(place.x()), round(place.y()))


def press(window: Any, key: int, modifier: Any = Qt.NoModifier) -> None:
    """Press a key, as a shortcut too."""
    QApplication.setActiveWindow(window)
    QTest.keyClick(window, key, modifier)
    settle()


def move(window: Any, x: float, y: float) -> None:
    """Move the mouse to a point of the image."""
    QTest.mouseMove(window.canvas, on_canvas(window, x, y))
    settle()


def drag(window: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press the left button at a point of the image, move, and let it go at another."""
    _mouse_move(window, start, Qt.NoButton)  # the canvas takes the corner that the mouse came near before
    QTest.mousePress(window.canvas, Qt.LeftButton, Qt.NoModifier, on_canvas(window, *start))
    halfway = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    for place in (halfway, end):
        _mouse_move(window, place)
    QTest.mouseRelease(window.canvas, Qt.LeftButton, Qt.NoModifier, on_canvas(window, *end))
    settle()


def _mouse_move(window: Any, place: tuple[float, float], buttons: Any = Qt.LeftButton) -> None:
    from PyQt5.QtCore import QEvent
    from PyQt5.QtGui import QMouseEvent

    local = QPointF(on_canvas(window, *place))
    event = QMouseEvent(QEvent.MouseMove, local, Qt.NoButton, buttons, Qt.NoModifier)
    QApplication.sendEvent(window.canvas, event)
    settle(10)


def draw_box(window: Any, start: tuple[float, float], end: tuple[float, float], label: str) -> None:
    """Draw a box with the mouse, and type its label."""
    press(window, Qt.Key_W)

    def type_label(dialog: Any) -> None:
        dialog.edit.clear()
        QTest.keyClicks(dialog.edit, label)
        dialog.edit.completer().popup().hide()  # it would take the next keys
        QTest.keyClick(dialog.edit, Qt.Key_Return)

    with answering("LabelDialog", type_label):
        drag(window, start, end)


@contextmanager
def answering(kind: str, *acts: Callable[[Any], None], patience: float = PATIENCE) -> Iterator[list[Any]]:
    """Do something to the next modal dialogs of a class while the block runs; the block must bring them up.

    Args:
        kind: Name of the dialogs' class.
        acts: What to do to one after the other; each must close its dialog.
        patience: Seconds.
    """
    seen: list[Any] = []
    timer = QTimer()

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None or type(dialog).__name__ != kind or not dialog.isVisible() or dialog in seen:
            return
        if len(seen) < len(acts):
            seen.append(dialog)
            acts[len(seen) - 1](dialog)

    timer.timeout.connect(look)
    timer.start(LOOK_EVERY)
    try:
        yield seen
        until(lambda: len(seen) == len(acts), f"{len(acts)} x {kind}", patience=patience)
    finally:
        timer.stop()


def click(widget: QWidget) -> None:
    """Click in the middle of a widget."""
    QTest.mouseClick(widget, Qt.LeftButton)
    settle()
