"""The tutorial's tables: one row an object, columns as its xml_to_csv.py writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from boxwright.annotations.model import Box
from boxwright.dataset.plan.entry import Entry
from boxwright.dataset.plan.split import folder_split
from boxwright.dataset.store.table_csv import Row, rows_to_csv


@dataclass(frozen=True)
class LabelledImage:
    """What the rows of one image say.

    Attributes:
        filename: The image's path from the folder that the tutorial's scripts are given.
        width, height: In pixels.
        boxes: In the file's order.
    """

    filename: str
    width: int
    height: int
    boxes: Sequence[Box]


def rows_of(images: Iterable[LabelledImage]) -> list[Row]:
    """Return a row for each object. Whole coordinates are whole numbers, as the tutorial's script has them."""
    return [
        (
            image.filename,
            image.width,
            image.height,
            box.label,
            *(_whole(edge) for edge in (box.xmin, box.ymin, box.xmax, box.ymax)),
        )
        for image in images
        for box in image.boxes
    ]


def images_of(split: str, entries: Iterable[Entry]) -> Iterable[LabelledImage]:
    """Yield what the table of a split says: names from images/SPLIT for images in it, from images/ for the others."""
    for entry in entries:
        name = entry.key[len(split) + 1 :] if folder_split(entry.key) else entry.key
        yield LabelledImage(name, entry.image.width, entry.image.height, entry.boxes)


class TableCache:
    """The tables' lines by image, so that a table of which one image changed is not made again."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, str]] = {}

    def text(self, split: str, entries: Sequence[Entry]) -> str:
        """Return the table of a split."""
        known = self._lines.get(split, {})
        new = [entry for entry in entries if entry.fingerprint not in known]
        header, lines = _lines_of(images_of(split, new))
        made = dict(zip((entry.fingerprint for entry in new), lines, strict=True))
        self._lines[split] = {
            entry.fingerprint: made.get(entry.fingerprint) or known.get(entry.fingerprint, "") for entry in entries
        }
        return header + "".join(self._lines[split].values())


def _lines_of(images: Iterable[LabelledImage]) -> tuple[str, list[str]]:
    """Return the header, and the lines of each image, "" of one without an object; all with their ends."""
    rows = [rows_of([image]) for image in images]
    text = rows_to_csv([row for its_rows in rows for row in its_rows])
    header, *lines = text.removesuffix("\n").split("\n")
    header += "\n"
    if len(lines) != sum(map(len, rows)):  # a name holds a line end, so that a line is no row
        return header, [rows_to_csv(its_rows)[len(header) :] for its_rows in rows]
    places = accumulate(map(len, rows), initial=0)
    return header, ["".join(f"{line}\n" for line in lines[start:end]) for start, end in pairwise(places)]


def table_fingerprint(split: str, entries: Iterable[Entry]) -> str:
    """Return what is equal for equal tables, without making one."""
    fingerprints = "".join([entry.fingerprint for entry in entries])
    return hashlib.sha256(f"{split} 1\n{fingerprints}".encode("ascii")).hexdigest()


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() else value
