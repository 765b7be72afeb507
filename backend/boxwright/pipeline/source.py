"""Finding the field at a position in the text of a pipeline.config."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\#[^\n]*                               # a comment
    | "(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'?  # a string, closed or not
    | [A-Za-z_][A-Za-z0-9_]*
    | [{}<>]
    | \n""",
    re.VERBOSE,
)


def field_path_at(text: str, line: int, column: int) -> str:
    """Return the dotted path of the field at a position in a text format file.

    Repeated fields have no index in the path: the line tells which element it is.

    Args:
        text: The whole file.
        line: Counted from 1.
        column: Counted from 1.

    Returns:
        For example "model.ssd.num_classes"; "" when the position is before the first field.
    """
    open_fields: list[str] = []
    name = ""
    row, row_start = 1, 0
    for token in _TOKEN.finditer(text):
        if (row, token.start() - row_start + 1) > (line, column):
            break
        word = token.group()
        if word == "\n":
            row, row_start = row + 1, token.end()
        elif word in "{<":
            open_fields.append(name)
            name = ""
        elif word in "}>":
            name = ""
            if open_fields:
                open_fields.pop()
        elif word[0] not in "#\"'" and _is_field(text, token.end()):
            name = word
    return ".".join(part for part in (*open_fields, name) if part)


def _is_field(text: str, end: int) -> bool:
    """A word is a field, not an enum's value, when a colon or a brace follows it."""
    return re.compile(r"\s*[:{<]").match(text, end) is not None
