"""The interface's words, in the language that labelImg speaks; in English where there is no translation."""

from __future__ import annotations

import locale

from boxwright_labelimg.translations import language_of, load

_chosen: dict[str, str] = {}


def choose_language(tag: str | None = None) -> str | None:
    """Speak a language from now on.

    Args:
        tag: For example "zh_CN.UTF-8"; by default the locale, as labelImg asks for it.

    Returns:
        For example "zh_cn"; None for English.
    """
    language = language_of(_locale() if tag is None else tag)
    _chosen.clear()
    if language is not None:
        _chosen.update(load(language))
    return language


def tr(english: str, **values: object) -> str:
    """Return a text in the chosen language, with its {names} filled in."""
    text = _chosen.get(english, english)
    return text.format(**values) if values else text


def _locale() -> str:
    """Return what labelImg asks: Python's locale (of LANG only what the system knows of), not what LANG says."""
    try:
        return locale.getlocale()[0] or ""
    except ValueError:  # macOS may call its locale just "UTF-8"
        return ""
