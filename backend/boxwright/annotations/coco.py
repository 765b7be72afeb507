"""COCO files of boxes: one JSON file for all images, with categories and annotations that name each other by id.

They are imported, not read by a dataset. Source of the format: https://cocodataset.org/#format-data, and what Roboflow
(`_annotations.coco.json`) and CVAT (`instances_default.json`) export.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from boxwright.annotations.create_ml import finite_number
from boxwright.annotations.labels import label_problem, shortened
from boxwright.annotations.model import Annotation, AnnotationError, Box
from boxwright.findings import Finding, Severity

MAX_BYTES = 1024 * 1024 * 1024  # of one file; instances_train2017.json has 450 MB
EXAMPLES = 3  # ids named in a finding about many


@dataclass(frozen=True)
class CocoFile:
    """What a COCO file says.

    Attributes:
        annotations: One for each image that has a name, `filename` being its `file_name`, perhaps with folders.
        findings: One for each cause that leaves something out, and about what else should be known.
    """

    annotations: tuple[Annotation, ...]
    findings: tuple[Finding, ...]


def looks_like_coco(data: bytes) -> bool:
    """Return whether the bytes are those of a COCO file, going by the names of its parts."""
    return all(part in data for part in (b'"images"', b'"annotations"', b'"categories"'))


def parse_coco(data: bytes) -> CocoFile:
    """Parse the bytes of a COCO file.

    Args:
        data: UTF-8 or UTF-16.

    Returns:
        The boxes in pixels, of the frame that the image's `width` and `height` are of. An object without `bbox` has the
        smallest box around its polygons. A crowd is a difficult object. An image without objects is a negative example.

    Raises:
        AnnotationError: The file is too large, no JSON, or not of this format.
    """
    if len(data) > MAX_BYTES:
        raise _not_coco(f"{len(data)} bytes")
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _not_coco(type(error).__name__ if data.strip() else "0 bytes") from error
    if not isinstance(document, dict):
        raise _not_coco("the file is no object")
    parts = [document.get(name) for name in ("images", "categories", "annotations")]
    images, categories, objects = (part if isinstance(part, list) else None for part in parts)
    if images is None or categories is None or objects is None:
        raise _not_coco("images, categories or annotations are missing")
    return _Reader(categories).read(images, objects)


def _not_coco(value: str) -> AnnotationError:
    return AnnotationError(
        rule="json-not-coco",
        value=value,
        message="The file is no COCO file of boxes (a JSON object with images, categories and annotations)",
        advice="Give the file of boxes, for example annotations/instances_default.json.",
    )


class _Reader:
    """Puts objects to their images, and counts why some cannot be used."""

    def __init__(self, categories: list[object]) -> None:
        self._names: dict[str, str] = {}
        self._problems: dict[str, list[str]] = defaultdict(list)
        self._crowds = 0
        for category in categories:
            number = _id(category, "id")
            name = category.get("name") if isinstance(category, dict) else None
            if number is not None and isinstance(name, str):
                self._names.setdefault(number, " ".join(name.split()))

    def read(self, images: list[object], objects: list[object]) -> CocoFile:
        entries: dict[str, list[Mapping[str, object]]] = {}  # by file name, which may occur twice
        file_of: dict[str, str] = {}
        for place, image in enumerate(images):
            number, name = _id(image, "id"), image.get("file_name") if isinstance(image, dict) else None
            if number is None or not isinstance(name, str) or not name.strip():
                self._problems["an image has no id or no file_name"].append(f"image {place}")
                continue
            name = name.encode("utf-8", "replace").decode()  # JSON can hold half a character
            file_of.setdefault(number, name)
            if isinstance(image, dict):
                entries.setdefault(name, []).append(image)
        boxes: dict[str, list[Box]] = defaultdict(list)
        for place, item in enumerate(objects):
            box = self._box(item)
            file = file_of.get(_id(item, "image_id") or "")
            if isinstance(box, Box) and file is not None:
                boxes[file].append(box)
            else:
                problem = box if isinstance(box, str) else "the image of an object is not in the file"
                number = _id(item, "id")
                self._problems[problem].append(f"annotation {place if number is None else number}")
        return CocoFile(
            tuple(_annotation(name, found, boxes[name]) for name, found in entries.items()),
            tuple(self._findings(sum(not boxes[name] for name in entries))),
        )

    def _box(self, item: object) -> Box | str:
        """Return the box of one object, or why it has none."""
        if not isinstance(item, dict):
            return "an object is no JSON object"
        label = self._names.get(_id(item, "category_id") or "")
        if label is None:
            return "the category of an object is not in the file"
        problem = label_problem(label)
        if problem is not None:
            return f"a category cannot be a class ({shortened(label).encode('utf-8', 'replace').decode()})"
        edges = _edges(item)
        if edges is None:
            return "an object has neither a bbox of four numbers nor polygons"
        if edges[0] >= edges[2] or edges[1] >= edges[3]:
            return "the box of an object has no area"
        is_crowd = item.get("iscrowd") in (1, True, "1")
        self._crowds += is_crowd
        return Box(label, *edges, difficult=is_crowd)

    def _findings(self, negatives: int) -> list[Finding]:
        findings = []
        for problem, examples in sorted(self._problems.items()):
            shown = ", ".join(examples[:EXAMPLES]) + (", ..." if len(examples) > EXAMPLES else "")
            findings.append(
                Finding(
                    rule="coco-left-out",
                    value=f"{len(examples)} times: {shown}",
                    message=f"What cannot be used is left out: {problem}",
                    advice="Export the file again, or correct it.",
                )
            )
        if self._crowds:
            message = "Crowds (iscrowd) are imported as difficult objects"
            findings.append(_told("coco-crowd", self._crowds, message, "Delete those that should not be learned."))
        if negatives:
            message = "Images without an object in the file are imported as background"
            advice = "Delete the XML of those that nobody has labelled yet."
            findings.append(_told("coco-background", negatives, message, advice))
        return findings


def _told(rule: str, count: int, message: str, advice: str) -> Finding:
    return Finding(rule=rule, value=str(count), message=message, advice=advice, severity=Severity.WARNING)


def _annotation(name: str, entries: list[Mapping[str, object]], boxes: list[Box]) -> Annotation:
    sizes = [finite_number(entries[0].get(side)) for side in ("width", "height")]
    width, height = (None if size is None or not 1 <= size < 1e6 else round(size) for size in sizes)
    return Annotation(name, width, height, tuple(boxes))


def _id(item: object, name: str) -> str | None:
    """Return an id as text: 1, 1.0 and "1" are the same; None when it is missing or anything else."""
    value = item.get(name) if isinstance(item, dict) else None
    if isinstance(value, str):
        return value
    number = finite_number(value)
    if number is None:
        return None
    return str(int(number)) if number.is_integer() else str(number)


def _edges(item: Mapping[str, object]) -> tuple[float, float, float, float] | None:
    """Return xmin, ymin, xmax, ymax of an object in pixels; None when it gives none."""
    bbox = item.get("bbox")
    if isinstance(bbox, list) and bbox:
        numbers = [number for value in bbox if (number := finite_number(value)) is not None]
        if len(numbers) != 4 or len(bbox) != 4:
            return None
        x, y, width, height = numbers
        edges = (x, y, x + width, y + height)
    else:
        polygons = item.get("segmentation")
        if not isinstance(polygons, list):  # run lengths, which are those of a mask
            return None
        values = [
            value for polygon in polygons if isinstance(polygon, list) for value in polygon[: len(polygon) // 2 * 2]
        ]
        xs, ys = ([finite_number(value) for value in values[start::2]] for start in (0, 1))
        known_xs, known_ys = [x for x in xs if x is not None], [y for y in ys if y is not None]
        if not known_xs or len(known_xs) != len(xs) or len(known_ys) != len(ys):
            return None
        edges = (min(known_xs), min(known_ys), max(known_xs), max(known_ys))
    return edges if all(finite_number(edge) is not None for edge in edges) else None
