"""What Boxwright adds to labelImg's menu "Edit": undo, redo, and the number keys of classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtWidgets import QAction, QMenu

from boxwright_labelimg.i18n import tr

if TYPE_CHECKING:
    from boxwright_labelimg.window.training_window import TrainingWindow

KEYS = 9


class EditMenu:
    """The actions that come first in the menu.

    Attributes:
        undo: Undoes the last edit of a box.
        redo: Does it again.
        classes: The keys 1 to 9.
    """

    def __init__(self, window: TrainingWindow) -> None:
        """Make the actions, not yet in the menu."""
        self.undo = QAction(tr("&Undo"), window)
        self.undo.setShortcut("Ctrl+Z")
        self.undo.triggered.connect(window.undo)
        self.redo = QAction(tr("&Redo"), window)
        self.redo.setShortcut("Ctrl+Shift+Z")
        self.redo.triggered.connect(window.redo)
        stack = window.host.history.stack
        for action, changed in ((self.undo, stack.canUndoChanged), (self.redo, stack.canRedoChanged)):
            action.setEnabled(False)
            changed.connect(action.setEnabled)
            window.addAction(action)  # the shortcut, also while labelImg builds its menu again
        self._menu = window.menus.edit
        self._class_menu = QMenu(tr("&Class"), window)
        self.classes = [self._add_class(number, window) for number in range(1, KEYS + 1)]
        self.show_classes(())

    def show_classes(self, labels: Sequence[str]) -> None:
        """Show which class each key gives."""
        for number, action in enumerate(self.classes, 1):
            is_there = number <= len(labels)
            action.setVisible(is_there)
            action.setEnabled(is_there)
            action.setText(f"&{number} {labels[number - 1].replace('&', '&&')}" if is_there else "")
        self._class_menu.menuAction().setVisible(bool(labels))

    def _add_class(self, number: int, window: TrainingWindow) -> QAction:
        action = QAction(window)
        action.setShortcut(str(number))
        action.triggered.connect(partial(window.use_class_key, number))
        self._class_menu.addAction(action)
        window.addAction(action)
        return action

    def place(self) -> None:
        """Put the actions into labelImg's menu, which labelImg empties when its mode changes."""
        first = self._menu.actions()[0] if self._menu.actions() else None
        self._menu.insertActions(first, [self.undo, self.redo])
        self._menu.insertSeparator(first)
        self._menu.insertMenu(first, self._class_menu)
        self._menu.insertSeparator(first)
