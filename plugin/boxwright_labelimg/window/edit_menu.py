"""What Boxwright adds to labelImg's menu "Edit": undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt5.QtWidgets import QAction

from boxwright_labelimg.i18n import tr

if TYPE_CHECKING:
    from boxwright_labelimg.window.training_window import TrainingWindow


class EditMenu:
    """The actions that come first in the menu.

    Attributes:
        undo: Undoes the last edit of a box.
        redo: Does it again.
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

    def place(self) -> None:
        """Put the actions into labelImg's menu, which labelImg empties when its mode changes."""
        first = self._menu.actions()[0] if self._menu.actions() else None
        self._menu.insertActions(first, [self.undo, self.redo])
        self._menu.insertSeparator(first)
