"""The menu "Help": a guide, the shortcuts of this window, and both programs with their versions."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from PyQt5.QtCore import PYQT_VERSION_STR
from PyQt5.QtWidgets import QAction, QMenu

from boxwright_labelimg.dialogs.help import AboutDialog, GuideDialog, ShortcutsDialog
from boxwright_labelimg.i18n import tr

if TYPE_CHECKING:
    from boxwright_labelimg.window.training_window import TrainingWindow


class HelpMenu:
    """What Boxwright adds to labelImg's menu, and shows instead of labelImg's web page and message.

    Attributes:
        guide: Opens the guide.
    """

    def __init__(self, window: TrainingWindow) -> None:
        """Add the guide to the menu."""
        self._window = window
        self.guide = QAction(tr("&Guide"), window)
        self.guide.setShortcut("F1")
        self.guide.triggered.connect(lambda: GuideDialog(window).exec_())
        window.menus.help.insertAction(window.menus.help.actions()[0], self.guide)

    def show_shortcuts(self) -> None:
        """Show all shortcuts of the window."""
        ShortcutsDialog(self.shortcuts(), self._window).exec_()

    def show_about(self) -> None:
        """Show both programs."""
        programs = [
            tr("Boxwright {version} trains detectors from the boxes. Apache-2.0.", version=_version("boxwright")),
            tr("labelImg {version} by Tzutalin and others draws the boxes. MIT.", version=_version("labelImg")),
            f"Python {platform.python_version()}, PyQt {PYQT_VERSION_STR}, {platform.platform()}",
        ]
        AboutDialog(programs, self._window).exec_()

    def shortcuts(self) -> dict[str, list[tuple[str, str]]]:
        """Return the shortcuts below the menus they are in; those of the tool bar alone come last."""
        window = self._window
        found: dict[str, list[tuple[str, str]]] = {}
        seen: set[QAction] = set()
        for top in window.menuBar().actions():
            rows = [action for action in _actions(top.menu()) if action not in seen and _is_shown(action)]
            seen.update(rows)
            if rows:
                found[_plain(top.text())] = [(_plain(action.text()), _keys(action)) for action in rows]
        others = [action for action in window.findChildren(QAction) if action not in seen and _is_shown(action)]
        of_menus = {row for rows in found.values() for row in rows}
        rest = dict.fromkeys((_plain(action.text()), _keys(action)) for action in others)
        found[tr("Elsewhere")] = [row for row in rest if row not in of_menus]
        return found


def _actions(menu: QMenu | None) -> Iterator[QAction]:
    for action in menu.actions() if menu is not None else ():
        yield action
        yield from _actions(action.menu())


def _keys(action: QAction) -> str:
    return ", ".join(key.toString() for key in action.shortcuts() if key.toString() not in ("", "Ctrl+"))


def _is_shown(action: QAction) -> bool:
    return bool(action.text() and _keys(action) and action.isVisible())


def _plain(text: str) -> str:
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"
