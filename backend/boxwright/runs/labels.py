"""labels.csv: the labels that a run was trained on and measured on, one row per object.

Records change as boxes are drawn, and their fingerprint says only that they did. So each run keeps its labels: 70 bytes
an object, which is a thousandth of the images.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from boxwright.errors import BoxwrightError
from boxwright.workspace import SPLITS

LABELS_FILE = "labels.csv"
COLUMNS = ("split", "filename", "class", "xmin", "ymin", "xmax", "ymax")
OLDER_COLUMNS = ("side", *COLUMNS[1:])  # earlier versions called the split so


class LabelledBox(NamedTuple):
    """An object as a record has it.

    Attributes:
        label: Class name.
        xmin, ymin, xmax, ymax: Edges as shares of the image's width and height, from its upper left corner. Each is the
            shortest decimal fraction that is the record's float32, so that equal ones are equal.
    """

    label: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float


Labels = Mapping[tuple[str, str], Sequence[LabelledBox]]
"""The boxes of each image, in the record's order, by split ("train" or "test") and file name."""


def render_labels(labels: Labels) -> bytes:
    """Return the file: train before test, images by name, an image without an object as a row without a class."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for split, filename in sorted(labels, key=lambda image: (SPLITS.index(image[0]), image[1])):
        boxes = labels[split, filename]
        writer.writerows([split, filename, *box] for box in boxes)
        if not boxes:
            writer.writerow([split, filename, "", "", "", "", ""])
    return stream.getvalue().encode("utf-8", "surrogateescape")


def read_labels(path: Path) -> Labels:
    """Read a labels.csv.

    Raises:
        BoxwrightError: A row is none of a labels.csv; the message names it.
        OSError: There is no such file, or it cannot be read.
    """
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    labels: dict[tuple[str, str], list[LabelledBox]] = {}
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        if tuple(next(rows, ())) not in (COLUMNS, OLDER_COLUMNS):
            raise ValueError(f"the first row is not {','.join(COLUMNS)}")
        for split, filename, label, *edges in rows:
            boxes = labels.setdefault((SPLITS[SPLITS.index(split)], filename), [])
            if label or any(edges):
                xmin, ymin, xmax, ymax = map(float, edges)
                boxes.append(LabelledBox(label, xmin, ymin, xmax, ymax))
    except (ValueError, csv.Error) as error:
        raise BoxwrightError(
            f"{path}: row {rows.line_num} cannot be read ({error}). Boxwright writes this file when a training starts; "
            "restore what it wrote, or delete the file to compare without it."
        ) from None
    return labels
