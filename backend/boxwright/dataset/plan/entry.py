"""One image of the dataset, with everything that its record says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from boxwright.annotations.model import Box
from boxwright.dataset.sources.file_info import ImageInfo

RECORD_VERSION = "1"
"""Of the way from an Entry to its bytes; records of another version are written again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of the dataset, with everything that its record says.

    Attributes:
        key: Path relative to images/, with forward slashes; the image's name for shards, records and split.csv.
        annotation_file: Path of its annotation file relative to the workspace.
        image: What its file holds.
        boxes: Usable ones in pixels of the upright image, labels as in the label map. Empty for a negative example.
        class_ids: One a box.
        fingerprint: Of all that its record is made from.
    """

    key: str
    annotation_file: str
    image: ImageInfo
    boxes: tuple[Box, ...]
    class_ids: tuple[int, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image whose boxes are known and whose labels and split are not yet.

    Attributes:
        key: As in Entry.
        annotation_file: Path relative to the workspace.
        image: What its file holds.
        boxes: Usable ones, labels as annotated.
        numbers: The place of each box in the annotation file, from 1.
    """

    key: str
    annotation_file: str
    image: ImageInfo
    boxes: tuple[Box, ...]
    numbers: tuple[int, ...]


def record_fingerprint(key: str, image: ImageInfo, boxes: tuple[Box, ...], class_ids: tuple[int, ...]) -> str:
    """Return what is equal for records of equal bytes."""
    values = [
        RECORD_VERSION,
        key,
        image.encoded_sha256,
        image.width,
        image.height,
        image.format,
        [_box_values(box) for box in boxes],
        class_ids,
    ]
    return hashlib.sha256(ascii(values).encode("ascii")).hexdigest()[:32]


def _box_values(box: Box) -> list[str | float | bool]:
    return [box.label, box.xmin, box.ymin, box.xmax, box.ymax, box.difficult, box.truncated, box.pose]
