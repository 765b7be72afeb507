"""YOLO text files, as labelImg and others write them: one line `class cx cy width height` for each box.

The numbers are fractions of the upright image. The class is a place, from 0, in the class names of the folder, which
are in another file; see class_names. Source of the format: labelImg 1.8.6, libs/yolo_io.py; segmentation lines
(`class x1 y1 x2 y2 x3 y3 ...`) as Ultralytics documents them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from boxwright.annotations.labels import label_problem, shortened
from boxwright.annotations.model import Annotation, AnnotationError, Box, Frame
from boxwright.findings import Finding, Severity
from boxwright.text_files import decode_text

MAX_BYTES = 4 * 1024 * 1024  # of one file; labelImg writes about 40 bytes for each box
MAX_OBJECTS = 20_000  # in one image
MAX_LINE = 100_000  # characters
LIMITS = (-1.0, 2.0)  # a value beyond them is no fraction of the image, but a number of pixels
ROUNDING = 1e-4  # of the image: what rounding to four decimals or more leaves beyond its edge
_BOX_FIELDS = ("class", "cx", "cy", "width", "height")
_POLYGON_FIELDS = 7  # class and three corners
_REDRAW = "Draw the box again in labelImg."


def parse_yolo(data: bytes) -> Annotation:
    """Parse the bytes of a YOLO text file.

    Args:
        data: UTF-8, or UTF-16 with a byte order mark. Decimal commas are read.

    Returns:
        The annotation with its usable boxes, in fractions of the image and labelled by class number as text ("0"), and
        a finding for each line that gives no box. Objects are numbered from 1 by the lines that are not blank. A
        polygon gives its bounding box. An empty file is a negative example.

    Raises:
        AnnotationError: The file is too large, is no text, ends within a line, or no line of it is a YOLO line.
    """
    if len(data) > MAX_BYTES:
        raise too_large(f"{len(data)} bytes")
    try:
        text = decode_text(data)
    except UnicodeDecodeError as error:
        raise _not_yolo(f"byte {error.start}") from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if len(numbered) > MAX_OBJECTS:
        raise too_large(f"more than {MAX_OBJECTS} objects")
    if numbered and not any(_is_line(line) for _, line in numbered):
        raise _not_yolo(f"line {numbered[0][0]}: {shortened(numbered[0][1].strip())}")
    if numbered and 0 < len(lines[-1][:MAX_LINE].split()) < len(_BOX_FIELDS):
        raise _cut_off(f"line {len(lines)}: {shortened(lines[-1].strip())}")
    boxes: list[Box] = []
    findings: list[Finding] = []
    polygons = 0
    for object_number, (number, line) in enumerate(numbered, start=1):
        fields = line[:MAX_LINE].split()
        box = _to_box(fields, number)
        if isinstance(box, Box):
            boxes.append(box)
            polygons += len(fields) >= _POLYGON_FIELDS
        else:
            findings.append(replace(box, object_number=object_number))
    if polygons:
        findings.append(_polygons(polygons))
    frame = Frame.FRACTIONS
    return Annotation("", None, None, tuple(boxes), findings=tuple(findings), frame=frame, has_class_numbers=True)


def with_class_names(annotation: Annotation, names: Sequence[str], source: str) -> Annotation:
    """Return a YOLO annotation with class names in place of class numbers.

    Args:
        annotation: As parse_yolo returns it.
        names: The class names in their order; "" where there is none.
        source: The file that they are from, for findings.

    Returns:
        The annotation; an object whose class has no name is a finding.
    """
    boxes: list[Box] = []
    findings = list(annotation.findings)
    for number, box in zip(annotation.box_numbers(), annotation.boxes, strict=True):
        index = int(box.label)
        name = names[index] if index < len(names) else ""
        problem = label_problem(name) if name else _unknown_class(index, len(names), source)
        if problem is None:
            boxes.append(replace(box, label=name))
        else:
            findings.append(replace(problem, object_number=number, label=shortened(name, quoted=False)))
    return replace(annotation, boxes=tuple(boxes), findings=tuple(findings), has_class_numbers=False)


def too_large(value: str) -> AnnotationError:
    """Return the error for a file of more than MAX_BYTES or MAX_OBJECTS."""
    return AnnotationError(
        rule="txt-too-large",
        value=value,
        message=f"The annotation is larger than {MAX_BYTES // 1024**2} MiB or has more than {MAX_OBJECTS} objects",
        advice="Delete the file, or split the image into tiles and annotate each.",
    )


def _not_yolo(value: str) -> AnnotationError:
    return AnnotationError(
        rule="txt-not-yolo",
        value=value,
        message="The text file has the name of an image, but no line of it is a YOLO box (class cx cy width height)",
        advice="Save the image again in labelImg, or move the file elsewhere if it is no annotation.",
    )


def _cut_off(value: str) -> AnnotationError:
    return AnnotationError(
        rule="txt-cut-off",
        value=value,
        message="The annotation ends in the middle of a line, as after an interrupted save",
        advice="Save the image again in labelImg.",
    )


def _unknown_class(index: int, count: int, source: str) -> Finding:
    return Finding(
        rule="yolo-class-unknown",
        value=f"class {index}",
        message=f"{source} has {count} class names, counted from 0, and none for this class",
        advice="Put the class names that the file was saved with there, or draw the box again in labelImg.",
    )


def _polygons(count: int) -> Finding:
    return Finding(
        rule="yolo-polygons",
        value=f"{count} polygons",
        message="The file has polygons; the smallest box around each is used",
        advice="Nothing to do; look at one image in labelImg.",
        severity=Severity.WARNING,
    )


def _is_line(line: str) -> bool:
    """Return whether a line begins as that of a box does: with a class number and another number."""
    fields = line[:MAX_LINE].split()
    if len(fields) < 2:
        return False
    try:
        float(fields[1].replace(",", "."))
    except ValueError:
        return False
    return _class_number(fields[0]) is not None


def _to_box(fields: Sequence[str], line: int) -> Box | Finding:
    """Turn the fields of one line into a box, or into what is wrong with it."""
    if len(fields) != len(_BOX_FIELDS) and (len(fields) < _POLYGON_FIELDS or len(fields) % 2 == 0):
        message = "The line has not the five values of a box, nor is it a polygon; scores and key points are not read"
        return Finding(rule="yolo-fields", value=f"line {line}: {len(fields)} values", message=message, advice=_REDRAW)
    class_number = _class_number(fields[0])
    if class_number is None:
        message = "The class is no whole number from 0"
        value = f"line {line}: {shortened(fields[0])}"
        return Finding(rule="yolo-class-unknown", value=value, message=message, advice=_REDRAW)
    values: list[float] = []
    for text in fields[1:]:
        number = _number(text)
        if number is None:
            value = f"line {line}: {shortened(text)}"
            return Finding(rule="coordinate-no-number", value=value, message="The value is no number", advice=_REDRAW)
        if not LIMITS[0] <= number <= LIMITS[1]:
            return Finding(
                rule="yolo-not-fractions",
                value=f"line {line}: {shortened(text, quoted=False)}",
                message="The value is no fraction of the image's width or height, which are from 0 to 1",
                advice="Convert the file again if it is in pixels, or draw the box again in labelImg.",
            )
        values.append(number)
    if len(fields) == len(_BOX_FIELDS):
        cx, cy, width, height = values
        xmin, ymin, xmax, ymax = cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2
    else:
        xs, ys = values[::2], values[1::2]
        xmin, ymin, xmax, ymax = min(xs), min(ys), max(xs), max(ys)
    return Box(str(class_number), _within(xmin), _within(ymin), _within(xmax), _within(ymax))


def _within(edge: float) -> float:
    """Return the edge without what rounding leaves beyond the image."""
    if -ROUNDING <= edge < 0:
        return 0.0
    return 1.0 if 1 < edge <= 1 + ROUNDING else edge


def _class_number(text: str) -> int | None:
    number = _number(text)
    return int(number) if number is not None and number.is_integer() and 0 <= number < 1e9 else None


def _number(text: str) -> float | None:
    """Return the finite number that `text` is, with a decimal point or comma, else None."""
    try:
        number = float(text if "." in text else text.replace(",", ".", 1))
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None
