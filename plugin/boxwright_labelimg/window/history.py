"""Undo and redo of edits to the boxes of the open image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PyQt5.QtCore import QObject, QPointF
from PyQt5.QtWidgets import QUndoCommand, QUndoStack

STEPS = 50
MOVE_BY_KEY = 1  # the id of commands that become one when they follow each other


@dataclass(frozen=True)
class BoxState:
    """A box at one moment.

    Attributes:
        shape: labelImg's Shape, the same object in all states of one box.
        label: The class name.
        points: The four corners, in pixels.
        is_difficult: Whether it is marked as hard to recognise.
        is_suggested: Whether it is a suggested box that is not accepted.
    """

    shape: Any
    label: str
    points: tuple[tuple[float, float], ...]
    is_difficult: bool
    is_suggested: bool


BoxStates = tuple[BoxState, ...]


def state_of(shape: Any, *, is_suggested: bool) -> BoxState:
    """Return the state of a shape."""
    points = tuple((point.x(), point.y()) for point in shape.points)
    return BoxState(shape, shape.label, points, bool(shape.difficult), is_suggested)


def apply_state(state: BoxState) -> None:
    """Give a shape its state, but for the colours."""
    state.shape.label, state.shape.difficult = state.label, state.is_difficult
    state.shape.points = [QPointF(x, y) for x, y in state.points]
    state.shape.highlight_clear()


def restored(now: BoxStates, left: BoxStates, wanted: BoxStates) -> BoxStates:
    """Return the states after undoing or redoing an edit.

    Args:
        now: What is on the canvas. Suggested boxes may differ from `left`: showing and hiding them is no edit.
        left: On one side of the edit.
        wanted: On its other side.

    Returns:
        The user's boxes of `wanted`. Of the suggested boxes those that the edit accepted or deleted come back, and all
        that it does not concern stay.
    """
    suggested_before = {id(state.shape) for state in left if state.is_suggested}
    kept = {id(state.shape) for state in wanted}
    gone = {id(state.shape) for state in left} - kept
    target = [state for state in wanted if not state.is_suggested or id(state.shape) not in suggested_before]
    placed = {id(state.shape) for state in target} | gone
    return (*target, *(state for state in now if state.is_suggested and id(state.shape) not in placed))


class BoxHistory:
    """The last edits of the open image.

    Attributes:
        stack: Of the edits; clean when the boxes are the saved ones.
    """

    def __init__(self, parent: QObject, look: Callable[[], BoxStates], show: Callable[[BoxStates], None]) -> None:
        """Know of no edit.

        Args:
            parent: Owns the stack.
            look: Returns the boxes that are on the canvas.
            show: Puts boxes onto the canvas instead of those that are there.
        """
        self.stack = QUndoStack(parent)
        self.stack.setUndoLimit(STEPS)
        self._look = look
        self._show = show
        self._last: BoxStates = ()

    def begin(self, *, is_saved: bool) -> None:
        """Begin with the boxes of an image that was opened."""
        self.stack.clear()
        self._last = self._look()
        if not is_saved:
            self.stack.resetClean()

    def refresh(self) -> None:
        """Take suggested boxes that were shown or hidden for no edit."""
        self._last = self._look()

    def record(self, *, is_key_move: bool = False) -> None:
        """Note an edit, if the boxes differ from those after the last one."""
        now = self._look()
        if now != self._last:
            before, self._last = self._last, now
            self.stack.push(_Edit(self, before, now, is_key_move and _moved(before, now) is not None))

    def take_back(self) -> None:
        """Undo an edit that is not recorded."""
        self._show(self._last)

    def restore(self, left: BoxStates, wanted: BoxStates) -> None:
        """Go from one side of an edit to the other."""
        self._show(restored(self._look(), left, wanted))
        self._last = self._look()


class _Edit(QUndoCommand):
    def __init__(self, history: BoxHistory, before: BoxStates, after: BoxStates, is_key_move: bool) -> None:
        super().__init__()
        self.before, self.after = before, after
        self._history = history
        self._is_key_move = is_key_move
        self._is_done = True  # by the user; QUndoStack.push calls redo

    def id(self) -> int:
        return MOVE_BY_KEY if self._is_key_move else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or _moved(self.before, self.after) is not _moved(other.before, other.after):
            return False
        self.after = other.after
        return True

    def undo(self) -> None:
        self._is_done = False
        self._history.restore(self.after, self.before)

    def redo(self) -> None:
        if not self._is_done:
            self._history.restore(self.before, self.after)
        self._is_done = True


def _moved(before: Sequence[BoxState], after: Sequence[BoxState]) -> Any:
    """Return the only shape that differs, None when there is no such."""
    if len(before) != len(after):
        return None
    changed = [new.shape for old, new in zip(before, after, strict=True) if old != new]
    return changed[0] if len(changed) == 1 else None
