"""The menu "Help": guide, shortcuts, and both programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Opener = Callable[..., Any]


def test_the_guide_opens_with_f1(open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import answering, press

    texts: list[str] = []

    def read(dialog: Any) -> None:
        texts.append(dialog.text.toPlainText())
        dialog.reject()

    window = open_window()
    with answering("GuideDialog", read):
        press(window, Qt.Key_F1)
    assert "1. Draw boxes" in texts[0]
    assert "Train > Train…" in texts[0]


def test_the_shortcuts_are_those_of_the_window(open_window: Opener) -> None:
    from robot import answering

    shown: dict[str, dict[str, str]] = {}

    def read(dialog: Any) -> None:
        for number in range(dialog.tree.topLevelItemCount()):
            item = dialog.tree.topLevelItem(number)
            rows = [item.child(row) for row in range(item.childCount())]
            shown[item.text(0)] = {row.text(0): row.text(1) for row in rows}
        dialog.reject()

    window = open_window()
    with answering("ShortcutsDialog", read):
        next(action for action in window.menus.help.actions() if "hortcut" in action.text()).trigger()
    assert shown["Edit"]["Undo"] == "Ctrl+Z"
    assert shown["Train"]["Train…"] == "Ctrl+Shift+T"
    assert shown["Elsewhere"]["Next Image"] == "D"


def test_both_programs_are_named(open_window: Opener) -> None:
    from robot import answering

    texts: list[str] = []

    def read(dialog: Any) -> None:
        texts.append(dialog.text.text())
        dialog.reject()

    window = open_window()
    with answering("AboutDialog", read):
        window.show_info_dialog()
    assert "Boxwright 0." in texts[0]
    assert "labelImg 1." in texts[0]
