"""The texts of the interface in labelImg's language; in English where there is no translation."""

from __future__ import annotations

import gettext
import locale

from boxwright_labelimg.translations import language_of, load

_catalogue = gettext.NullTranslations()


def choose_language(tag: str | None = None) -> str | None:
    """Choose the language of `tr`.

    Args:
        tag: For example "zh_CN.UTF-8"; by default the locale, determined as labelImg does.

    Returns:
        For example "zh_CN"; None for English.
    """
    global _catalogue  # noqa: PLW0603  # as in the standard library's gettext.install
    language = language_of(_locale() if tag is None else tag)
    _catalogue = gettext.NullTranslations() if language is None else load(language)
    return language


def tr(english: str, **values: object) -> str:
    """Return a text in the chosen language, with its {names} filled in."""
    text = _catalogue.gettext(english) if english else ""  # "" is the catalogue's header
    return text.format(**values) if values else text


def N_(english: str) -> str:
    """Mark a text that is translated later, by `tr` of a variable; return it unchanged."""
    return english


def plain(text: str) -> str:
    """Return a text of the backend with quotation marks instead of the backticks that mark commands in a terminal."""
    parts = text.split("`")
    quoted = (f"“{part}”" if number % 2 and number < len(parts) - 1 else part for number, part in enumerate(parts))
    return "".join(quoted)


def _locale() -> str:
    """Return the locale as labelImg asks for it: Python's, which is that of LANG only where the system has it."""
    try:
        return locale.getlocale()[0] or ""
    except ValueError:  # macOS may call its locale just "UTF-8"
        return ""
