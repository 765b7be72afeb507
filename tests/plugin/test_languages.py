"""The window in labelImg's other languages: its words, Qt's words, and the same keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from boxwright_labelimg.actions import ACTIONS
from boxwright_labelimg.i18n import choose_language, tr
from boxwright_labelimg.translations import LANGUAGES


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, application: Any) -> Iterator[str]:
    """A language that the plugin and Qt speak, as in main()."""
    from boxwright_labelimg.main import qt_translator

    translator = qt_translator(request.param, application)
    choose_language(request.param)
    application.installTranslator(translator)
    yield request.param
    application.removeTranslator(translator)
    choose_language("C")


def test_the_window_speaks_it_and_keeps_its_keys(language: str, open_window: Callable[..., Any]) -> None:
    from PyQt5.QtWidgets import QDialogButtonBox

    window = open_window(size=(860, 640))
    for spec in ACTIONS:
        action = window.train_menu.actions[spec.name]
        assert action.text() == tr(spec.text) != spec.text
        assert action.shortcut().toString() == spec.shortcut
    assert window.actions.save.shortcut().toString() == "Ctrl+S"  # Qt reads it in the user's language
    assert window.docks.training.headline.text() == tr("No training yet")
    buttons = QDialogButtonBox(QDialogButtonBox.Cancel)
    assert buttons.button(QDialogButtonBox.Cancel).text() == tr("Cancel")


def test_the_tools_fit_into_a_small_window(language: str, open_window: Callable[..., Any]) -> None:
    window = open_window(size=(860, 640))
    assert (window.width(), window.height()) == (860, 640)
    hidden = [
        action.text() for action in window.train_menu.tools.actions() if not shown(window.train_menu.tools, action)
    ]
    assert hidden == []


def shown(tools: Any, action: Any) -> bool:
    button = tools.widgetForAction(action)
    return action.isSeparator() or (button.isVisible() and button.geometry().right() <= tools.width())
