"""Rows to CSV through pandas."""

from __future__ import annotations

from collections.abc import Sequence

COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
"""Pixels of the upright image; the classes are names."""

Row = Sequence[str | int | float]


def rows_to_csv(rows: Sequence[Row]) -> str:
    """Return the tutorial's table with these rows."""
    import pandas  # noqa: PLC0415 - 0.4 s

    table = pandas.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text
