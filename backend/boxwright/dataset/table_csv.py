"""Rows to CSV through pandas; also as a process of its own, so that pandas is imported beside other work.

Importing pandas holds the interpreter for 0.4 s, a fifth of a first sync of 5,000 images. As

    python -m boxwright.dataset.table_csv

this reads {"name": [row, ...], ...} as JSON from standard input, and writes {"name": "csv text", ...} to standard
output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
"""Pixels of the upright image; the classes are names."""

Row = Sequence[str | int | float]

MANY_ROWS = 2000
"""Below this a process costs more than it saves."""


def rows_to_csv(rows: Sequence[Row]) -> str:
    """Return the tutorial's table with these rows."""
    import pandas  # noqa: PLC0415 - see above

    table = pandas.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text


class TableProcess:
    """Makes tables in another process, started on entering the block; in this one when there is none."""

    def __init__(self, *, rows: int) -> None:
        """Plan for about so many rows in all."""
        self._wanted = rows >= MANY_ROWS and bool(sys.executable) and not getattr(sys, "frozen", False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> TableProcess:
        if self._wanted:
            folder = str(Path(__file__).resolve().parents[2])
            paths = [folder, *filter(None, [os.environ.get("PYTHONPATH")])]
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "boxwright.dataset.table_csv"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError:
                self._process = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def render(self, tables: Mapping[str, Sequence[Row]]) -> dict[str, str]:
        """Return the tables as CSV, by name; to be called once."""
        if self._process is not None:
            output, _ = self._process.communicate(json.dumps(tables).encode("ascii"))
            status, self._process = self._process.returncode, None
            if status == 0:
                return dict(json.loads(output))
        return {name: rows_to_csv(rows) for name, rows in tables.items()}


def _main() -> None:
    import pandas  # noqa: F401, PLC0415 - now, while the other process is busy

    tables = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps({name: rows_to_csv(rows) for name, rows in tables.items()}).encode("ascii"))


if __name__ == "__main__":
    _main()
