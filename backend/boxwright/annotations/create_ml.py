"""CreateML JSON files, as labelImg writes them: a list of images, each with its boxes' centres and sizes in pixels.

Source of the format: labelImg 1.8.6, libs/create_ml_io.py. It adds to a file that is there, so that a file may speak of
several images, as those of Roboflow do, and it writes no `verified`.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace

from boxwright.annotations.labels import label_problem, shortened
from boxwright.annotations.model import Annotation, AnnotationError, Box, Frame
from boxwright.findings import Finding

MAX_BYTES = 16 * 1024 * 1024  # of one file; labelImg writes about 150 bytes for each box
MAX_OBJECTS = 20_000  # in one image
MAX_VALUES = 1_000_000  # in one file; a box has 8. What is parsed takes about 100 bytes each.
_COORDINATES = ("x", "y", "width", "height")
_REDRAW = "Draw the box again in labelImg."


def parse_create_ml(data: bytes) -> tuple[Annotation, ...]:
    """Parse the bytes of a CreateML file.

    Args:
        data: UTF-8 or UTF-16.

    Returns:
        One annotation for each image, in the file's order, at least one, without the image's size, with a finding for
        each object that gives no box. Objects are numbered from 1 within their image.

    Raises:
        AnnotationError: The file is empty, too large, no JSON, or not of this format.
    """
    if len(data) > MAX_BYTES:
        raise too_large(f"{len(data)} bytes")
    values = sum(data.count(sign) for sign in (b",", b"[", b"{"))
    if values > MAX_VALUES:
        raise too_large(f"{values} values")
    if data.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{"):
        raise _not_create_ml("the file is no list of images")  # the settings of some program: not worth parsing
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        raise AnnotationError(
            rule="json-unreadable",
            value=type(error).__name__ if data.strip() else "0 bytes",
            message="The annotation is empty or no JSON, as after an interrupted save",
            advice="Save the image again in labelImg.",
        ) from error
    if not isinstance(document, list) or not document:
        raise _not_create_ml("the file is no list of images")
    of_image: dict[str, list[object]] = {}
    for number, image in enumerate(document, start=1):
        name, objects = (image.get("image"), image.get("annotations")) if isinstance(image, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(objects, list):
            raise _not_create_ml(f"item {number} has no image or no list of annotations")
        of_image.setdefault(name, []).extend(objects)
    return tuple(_to_annotation(name, objects) for name, objects in of_image.items())


def too_large(value: str) -> AnnotationError:
    """Return the error for a file that is larger than MAX_BYTES, MAX_VALUES or MAX_OBJECTS."""
    return AnnotationError(
        rule="json-too-large",
        value=value,
        message=f"The annotation is larger than {MAX_BYTES // 1024**2} MiB, or an image has more than {MAX_OBJECTS} "
        "objects",
        advice="Delete the file, or split it into one file for each image.",
    )


def _not_create_ml(value: str) -> AnnotationError:
    return AnnotationError(
        rule="json-not-create-ml",
        value=value,
        message="The JSON file has the name of an image, but is no CreateML annotation",
        advice="Save the image again in labelImg, or move the file elsewhere if it is no annotation.",
    )


def _to_annotation(name: str, objects: list[object]) -> Annotation:
    if len(objects) > MAX_OBJECTS:
        raise too_large(f"more than {MAX_OBJECTS} objects")
    boxes: list[Box] = []
    findings: list[Finding] = []
    for number, item in enumerate(objects, start=1):
        box = _to_box(item)
        if isinstance(box, Box):
            boxes.append(box)
        else:
            findings.append(replace(box, object_number=number))
    filename = name.encode("utf-8", "replace").decode()  # JSON can hold half a character
    return Annotation(filename, None, None, tuple(boxes), findings=tuple(findings), frame=Frame.UPRIGHT)


def _to_box(item: object) -> Box | Finding:
    """Turn one object into a box, or into what is wrong with it."""
    text = item.get("label") if isinstance(item, dict) else None
    label = " ".join(text.split()) if isinstance(text, str) else ""
    problem = label_problem(label)
    if problem is not None:
        shown = shortened(label, quoted=False).encode("utf-8", "replace").decode()
        return replace(problem, label=shown)
    coordinates = item.get("coordinates") if isinstance(item, dict) else None
    if not isinstance(coordinates, dict):
        return Finding(rule="box-missing", label=label, message="The object has no coordinates", advice=_REDRAW)
    numbers: list[float] = []
    for name in _COORDINATES:
        number = finite_number(coordinates.get(name))
        if number is None:
            return Finding(
                rule="coordinate-no-number" if name in coordinates else "coordinate-missing",
                label=label,
                value=name,
                message=f"The box's {name} is missing or no number",
                advice=_REDRAW,
            )
        numbers.append(number)
    x, y, width, height = numbers
    edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    if not all(math.isfinite(edge) for edge in edges):
        message = "The box's edges are too large to be numbers"
        return Finding(rule="coordinate-no-number", label=label, value="edges", message=message, advice=_REDRAW)
    return Box(label, *edges)


def finite_number(value: object) -> float | None:
    """Return the finite number that a JSON value is, else None; true, false and texts are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
