"""The tutorial's tables: one row an object, columns as its xml_to_csv.py writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from boxwright.annotations.model import Box
from boxwright.dataset.plan import Entry

COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
"""Pixels of the upright image; the classes are names."""


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


def render_table(images: Iterable[LabelledImage]) -> bytes:
    """Return the table as CSV. Whole coordinates are written as whole numbers, as the tutorial's script does."""
    import pandas  # noqa: PLC0415 - half a second, needed only when something changed

    rows = [
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
    table = pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    text: str = table.to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8", "surrogateescape")


def images_of(side: str, entries: Iterable[Entry]) -> Iterable[LabelledImage]:
    """Yield what the table of a side says: names from images/SIDE for images in it, from images/ for the others."""
    for entry in entries:
        name = entry.key.removeprefix(f"{side}/")
        yield LabelledImage(name, entry.facts.width, entry.facts.height, entry.boxes)


def table_fingerprint(side: str, entries: Iterable[Entry]) -> str:
    """Return what is equal for equal tables, without making one."""
    digest = hashlib.sha256(f"{side} 1\n".encode())
    for entry in entries:
        digest.update(entry.fingerprint.encode("ascii"))
    return digest.hexdigest()


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() else value
