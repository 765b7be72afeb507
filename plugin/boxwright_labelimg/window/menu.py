"""The menu "Train" and its tool bar, made from ACTIONS."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction, QMainWindow, QMenu, QToolBar

from boxwright_labelimg.actions import ACTIONS, ActionSpec, Situation
from boxwright_labelimg.controllers.controllers import Controllers
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.icons import icon


class TrainMenu:
    """The actions as a menu and a tool bar.

    Attributes:
        menu: "Train", not yet in the menu bar.
        tools: The tool bar, not yet in the window.
        actions: By the names of their ActionSpecs.
    """

    def __init__(self, window: QMainWindow, controllers: Controllers) -> None:
        """Make the actions of a window."""
        self._controllers = controllers
        self.menu = QMenu(tr("&Train"), window)
        self.tools = QToolBar(tr("Train"), window)
        self.tools.setObjectName("boxwright.tools")
        self.tools.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.actions: dict[str, QAction] = {spec.name: self._add(spec, window) for spec in ACTIONS}

    def enable(self, situation: Situation) -> None:
        """Enable what can be done now."""
        for spec in ACTIONS:
            self.actions[spec.name].setEnabled(spec.is_enabled(situation))

    def _add(self, spec: ActionSpec, window: QMainWindow) -> QAction:
        action = QAction(icon(spec.icon), tr(spec.text), window)
        action.setShortcut(spec.shortcut)
        action.setToolTip(f"{tr(spec.tip)} ({action.shortcut().toString()})")
        action.setStatusTip(tr(spec.tip))
        action.setCheckable(spec.checkable)
        action.setIconVisibleInMenu(not spec.checkable)  # it would take the place of the check mark
        action.triggered.connect(partial(self._do, spec))
        if spec.begins_group:
            self.menu.addSeparator()
        self.menu.addAction(action)
        if spec.in_toolbar:
            action.setIconText(tr(spec.short))
            self.tools.addAction(action)
        return action

    def _do(self, spec: ActionSpec, checked: bool = False) -> None:
        self._controllers.docks.training.show_notice("")  # it was about the action before
        spec.handler(self._controllers, checked)
