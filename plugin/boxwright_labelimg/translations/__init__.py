"""The plugin's texts in the languages that labelImg has strings for: a module a language, a dict by the English text.

A text that has no translation yet is said in English; `tests/plugin/test_i18n.py` names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module

LANGUAGES = ("ja_jp", "zh_cn", "zh_tw")
_TRADITIONAL = {"tw", "hk", "mo", "hant", "traditional", "taiwan", "hong", "macao", "macau"}
_SIMPLIFIED = {"hans", "simplified"}


def language_of(tag: str) -> str | None:
    """Return the one of LANGUAGES that a locale means, None for English.

    labelImg itself knows only xx_YY, so that it speaks English on Windows, whose locales are called "Japanese_Japan";
    and to the Chinese of Hong Kong or Singapore. Whoever reads Japanese or Chinese is spoken to in it all the same.

    Args:
        tag: For example "zh_CN.UTF-8", "zh-Hant-HK", "Chinese (Simplified)_China.936"; "C" and "" are English.
    """
    words = re.findall("[a-z]+", tag.lower())
    parts = set(words)
    if words[:1] in (["ja"], ["japanese"]):
        return "ja_jp"
    if words[:1] in (["zh"], ["chinese"]):
        return "zh_tw" if parts & _TRADITIONAL and not parts & _SIMPLIFIED else "zh_cn"
    return None


def load(language: str) -> Mapping[str, str]:
    """Return the texts of one of LANGUAGES, by the English text."""
    texts: Mapping[str, str] = import_module(f"{__name__}.{language}").TEXTS
    return texts
