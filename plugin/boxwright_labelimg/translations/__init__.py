"""The plugin's texts in the languages that labelImg has: a .po file to edit, and the .mo file compiled from it.

`python scripts/translations.py` collects the texts and compiles. A text without a translation is shown in English.
"""

from __future__ import annotations

import gettext
import re
from pathlib import Path

LANGUAGES = ("ja_JP", "zh_CN", "zh_TW")
_TRADITIONAL = {"tw", "hk", "mo", "hant", "traditional", "taiwan", "hong", "macao", "macau"}
_SIMPLIFIED = {"hans", "simplified"}


def language_of(tag: str) -> str | None:
    """Return the one of LANGUAGES that a locale means, None for English.

    labelImg itself knows only xx_YY: it is English on Windows, whose locales have names like "Japanese_Japan", and for
    the Chinese of Hong Kong or Singapore. The plugin is Japanese or Chinese there, too.

    Args:
        tag: For example "zh_CN.UTF-8", "zh-Hant-HK", "Chinese (Simplified)_China.936"; "C" and "" are English.
    """
    words = re.findall("[a-z]+", tag.lower())
    parts = set(words)
    if words[:1] in (["ja"], ["japanese"]):
        return "ja_JP"
    if words[:1] in (["zh"], ["chinese"]):
        return "zh_TW" if parts & _TRADITIONAL and not parts & _SIMPLIFIED else "zh_CN"
    return None


def load(language: str) -> gettext.NullTranslations:
    """Return the catalogue of one of LANGUAGES; one without texts when its file cannot be read."""
    try:
        with Path(__file__).with_name(f"{language}.mo").open("rb") as stream:
            return gettext.GNUTranslations(stream)
    except OSError:
        return gettext.NullTranslations()
