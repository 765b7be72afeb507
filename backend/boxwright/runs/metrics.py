"""metrics.csv: the curves of a run, one row a logged step and one row an evaluation.

The file is only appended to, a whole row with one write, so that kill -9 costs at most the last row. A run that
resumes drops the rows after its checkpoint, because those steps are made again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

from boxwright.files import atomic_write

METRICS_FILE = "metrics.csv"


@dataclass(frozen=True)
class MetricsRow:
    """A row of metrics.csv; None stands for an empty cell.

    Attributes:
        step: The global step, from 1.
        seconds: Time trained up to this step, earlier parts of a resumed run included.
        total_loss: Sum of the three losses; None in the row of an evaluation, as the others up to images_per_second.
        classification_loss: Of the classes.
        localization_loss: Of the boxes.
        regularization_loss: Of the weights.
        learning_rate: That the step's update used.
        images_per_second: Mean since the row before; None for the first step of a process, which builds the graph.
        ap: AP@[.50:.95] on the test split; None in the row of a step.
        ap50: AP@.50 on the test split; None in the row of a step.
    """

    step: int
    seconds: float
    total_loss: float | None = None
    classification_loss: float | None = None
    localization_loss: float | None = None
    regularization_loss: float | None = None
    learning_rate: float | None = None
    images_per_second: float | None = None
    ap: float | None = None
    ap50: float | None = None


COLUMNS = tuple(field.name for field in fields(MetricsRow))
_HEADER = ",".join(COLUMNS).encode() + b"\n"


class MetricsWriter:
    """Appends to the metrics.csv of a run.

    Args:
        train_dir: The run's folder, which exists.
        step: The step that the run starts or resumes from. Rows after it are dropped; at 0 the file starts over.
    """

    def __init__(self, train_dir: Path, step: int) -> None:
        self._path = train_dir / METRICS_FILE
        kept = [row for row in read_metrics(train_dir) if row.step <= step]
        with atomic_write(self._path) as stream:
            stream.write(_HEADER + b"".join(map(_line, kept)))

    def append(self, row: MetricsRow) -> None:
        """Write a row.

        Raises:
            OSError: The file cannot be written, for example because the disk is full.
        """
        with self._path.open("ab", buffering=0) as stream:
            stream.write(_line(row) if stream.tell() else _HEADER + _line(row))


class MetricsReader:
    """Reads a metrics.csv again and again while it grows; each time only what was added.

    Args:
        train_dir: The run's folder.
    """

    def __init__(self, train_dir: Path) -> None:
        self._path = train_dir / METRICS_FILE
        self._file = (0, 0)  # device and inode: a run that resumes or starts over replaces the file
        self._read = 0  # bytes
        self._rows: list[MetricsRow] = []

    def rows(self) -> tuple[MetricsRow, ...]:
        """Return all rows that are there now, by step; none when there is no such file or it is not a metrics.csv.

        A last row without its line end, and a row that is not one of numbers, are left out.
        """
        try:
            with self._path.open("rb") as stream:
                self._read_added(stream)
        except OSError:
            self._file, self._read, self._rows = (0, 0), 0, []
        return tuple(self._rows)

    def _read_added(self, stream: BinaryIO) -> None:
        state = os.fstat(stream.fileno())
        if (state.st_dev, state.st_ino) != self._file or state.st_size < self._read:
            self._file, self._read, self._rows = (state.st_dev, state.st_ino), 0, []
        if not self._read:
            if stream.readline() != _HEADER:
                return
            self._read = len(_HEADER)
        stream.seek(self._read)
        added = stream.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._read += len(whole)
        self._rows += filter(None, map(_parsed, whole.splitlines()))


def read_metrics(train_dir: Path) -> tuple[MetricsRow, ...]:
    """Return the rows of a run's metrics.csv, as MetricsReader does."""
    return MetricsReader(train_dir).rows()


def total_loss(row: MetricsRow) -> float | None:
    """Return the curve that the Training dock draws first."""
    return row.total_loss


def thin(
    rows: Sequence[MetricsRow], limit: int, value: Callable[[MetricsRow], float | None] = total_loss
) -> tuple[MetricsRow, ...]:
    """Return the rows that a drawn curve needs: the shape over the whole run, with its peaks, stays.

    The steps are divided into ranges of equal width. Of each range the rows with the lowest and the highest value are
    kept, and so are the very first and the very last row.

    Args:
        rows: By step.
        limit: The largest number of rows to return, at least 4.
        value: The number that is drawn; rows without it are left out.

    Returns:
        By step.
    """
    points = [(row, number) for row in rows if (number := value(row)) is not None]
    if len(points) <= limit:
        return tuple(row for row, _ in points)
    first, last = points[0][0].step, points[-1][0].step
    ranges = max((limit - 2) // 2, 1)
    lowest: dict[int, int] = {}
    highest: dict[int, int] = {}
    for index, (row, number) in enumerate(points):
        place = min((row.step - first) * ranges // max(last - first, 1), ranges - 1)
        if number < points[lowest.setdefault(place, index)][1]:
            lowest[place] = index
        if number > points[highest.setdefault(place, index)][1]:
            highest[place] = index
    kept = sorted({0, len(points) - 1, *lowest.values(), *highest.values()})
    return tuple(points[index][0] for index in kept)


def _line(row: MetricsRow) -> bytes:
    values = (getattr(row, name) for name in COLUMNS[1:])
    cells = ("" if value is None else f"{value:.9g}" for value in values)
    return ",".join([str(row.step), *cells]).encode() + b"\n"


def _parsed(line: bytes) -> MetricsRow | None:
    step, *cells = line.split(b",")
    if len(cells) != len(COLUMNS) - 1:
        return None
    try:
        return MetricsRow(int(step), float(cells[0]), *(float(cell) if cell else None for cell in cells[1:]))
    except ValueError:
        return None
