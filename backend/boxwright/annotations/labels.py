"""What a label must be in every annotation format, and how findings show a received value."""

from __future__ import annotations

import unicodedata

from boxwright.findings import Finding

MAX_LABEL = 200  # characters
_UNUSABLE = frozenset({"Cc", "Cs"})  # control characters, and halves of a character, which JSON can hold
SHOWN = 60  # characters of a received value that a finding repeats


def label_problem(label: str) -> Finding | None:
    """Return why the label cannot be a class name, None when it can."""
    advice = "Give the object a name in labelImg (Ctrl+E)."
    if not label:
        return Finding(rule="label-empty", message="The object has no label", advice=advice)
    if len(label) > MAX_LABEL:
        message = f"The label is longer than {MAX_LABEL} characters"
        return Finding(rule="label-too-long", value=shortened(label), message=message, advice=advice)
    if not label.isprintable() and any(unicodedata.category(character) in _UNUSABLE for character in label):
        message = "The label has a control character"
        return Finding(rule="label-control-character", value=ascii(label)[:SHOWN], message=message, advice=advice)
    return None


def shortened(text: str, *, quoted: bool = True) -> str:
    """Return the first SHOWN characters of a received text, quoted unless told otherwise."""
    short = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return repr(short) if quoted else short
