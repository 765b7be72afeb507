"""The interface's words, in the language that labelImg speaks; in English where there is no translation."""

from __future__ import annotations

import locale
import os
import re

from boxwright_labelimg.translations import TRANSLATIONS

_chosen: dict[str, str] = {}


def choose_language(tag: str | None = None) -> None:
    """Speak a language from now on.

    Args:
        tag: For example "zh_CN.UTF-8"; by default the locale, as labelImg asks for it.
    """
    if tag is None:
        tag = _locale() or os.getenv("LANG") or ""
    parts = re.split("[^a-zA-Z]", tag)[:2]
    _chosen.clear()
    _chosen.update(TRANSLATIONS.get("-".join(parts), {}))


def _locale() -> str | None:
    try:
        return locale.getlocale()[0]
    except ValueError:  # one that Python does not know, as LC_CTYPE=UTF-8 on a Mac
        return None


def say(english: str, **values: object) -> str:
    """Return a text in the chosen language, with its {names} filled in."""
    text = _chosen.get(english, english)
    return text.format(**values) if values else text
