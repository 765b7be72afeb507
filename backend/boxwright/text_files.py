"""Text that people wrote with an editor, a spreadsheet or a word processor."""

from __future__ import annotations

import codecs

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_LOOK_ALIKES = (
    ("\u201c\u201d\u201e\u201f\u00ab\u00bb\u301d\u301e\uff02", "a typographic quote", 'Write a plain one: "'),
    ("\u2018\u2019\u201a\u201b\u2039\u203a\uff07\u00b4`", "a typographic quote", "Write a plain one: '"),
    ("\uff1a", "a full-width colon", "Write a plain one: :"),
    ("\u2013\u2014\u2212", "a typographic dash", "Write a plain hyphen: -"),
    ("\u200b\u200c\u200d\u2060\ufeff", "an invisible character", "Delete it, or type the line again"),
)
"""Characters that word processors and web pages put in the place of others, what they are, and what to do."""


def decode_text(data: bytes, *, errors: str = "strict") -> str:
    """Return the text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one.

    Args:
        data: The file's bytes.
        errors: As of bytes.decode, for UTF-8.

    Raises:
        UnicodeDecodeError: It is neither.
    """
    if data.startswith(_UTF16):  # "Unicode text" of spreadsheets and Notepad
        return data.decode("utf-16")
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors)


def explain_look_alike(text: str) -> str:
    """Return what is wrong with a line that holds typographic characters, and what to do; "" when it holds none."""
    for characters, what, advice in _LOOK_ALIKES:
        found = [character for character in text if character in characters]
        if found:
            shown = found[0] if found[0].isprintable() else f"U+{ord(found[0]):04X}"
            return f"{shown} is {what}, as word processors and web pages make it. {advice}"
    return ""
