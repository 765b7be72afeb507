"""Pascal VOC XML, as labelImg and others write it.

Source of the format: the Pascal VOC 2012 development kit; labelImg 1.8.6 for what is written here.
"""

from __future__ import annotations

import math
import re
import sys
from dataclasses import dataclass, field, replace

from boxwright.annotations.labels import SHOWN, label_problem, shortened
from boxwright.annotations.model import Annotation, AnnotationError, Box
from boxwright.annotations.xml_stream import SAVE_AGAIN, stream_elements
from boxwright.findings import Finding, Severity

MAX_BYTES = 16 * 1024 * 1024  # of an XML file; labelImg writes 400 bytes and 300 for each box
MAX_OBJECTS = 20_000  # in one image

_EDGES = ("xmin", "ymin", "xmax", "ymax")
_TEXTS = frozenset({"name", "pose", "truncated", "difficult"})
_TRUE = frozenset({"1", "true", "yes"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REDRAW = "Draw the box again in labelImg."


def parse_voc(data: bytes) -> Annotation:
    """Parse the bytes of a Pascal VOC XML file.

    Elements may stand in any order, and all but `name` and `bndbox` of an object may be missing.

    Args:
        data: The file, in any encoding that it declares; UTF-8 or UTF-16 by its byte order mark otherwise.

    Returns:
        The annotation with its usable boxes, coordinates as the file has them, and a finding for each object
        that gives no box. Objects are numbered from 1 in the file's order.

    Raises:
        AnnotationError: The file is empty, no well-formed XML, no annotation, or hostile.
    """
    if len(data) > MAX_BYTES:
        raise too_large(f"{len(data)} bytes")
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise AnnotationError(
            rule="xml-empty",
            value=f"{len(data)} bytes",
            message="The annotation is empty, as after an interrupted save or a label with a control character",
            advice=SAVE_AGAIN,
        )
    reader = _VocReader()
    stream_elements(data, reader.start, reader.end)
    boxes: list[Box] = []
    for number, fields in enumerate(reader.objects, start=1):
        box = _to_box(fields, number)
        if isinstance(box, Box):
            boxes.append(box)
        else:
            reader.findings.append(box)
    return Annotation(
        filename=reader.filename,
        width=reader.size.get("width"),
        height=reader.size.get("height"),
        boxes=tuple(boxes),
        verified=reader.verified,
        findings=tuple(reader.findings),
        folder=reader.folder,
    )


def too_large(value: str) -> AnnotationError:
    """Return the error for a file of more than MAX_BYTES or MAX_OBJECTS."""
    return AnnotationError(
        rule="xml-too-large",
        value=value,
        message=f"The annotation is larger than {MAX_BYTES // 1024**2} MiB or has more than {MAX_OBJECTS} objects",
        advice="Delete the file, or split the image into tiles and annotate each.",
    )


@dataclass
class _VocReader:
    """Gathers what an annotation needs from the stream of elements."""

    filename: str = ""
    folder: str = ""
    verified: bool = False
    size: dict[str, int | None] = field(default_factory=dict)
    objects: list[dict[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    _section: str = ""  # the element below the root that is open
    _part: str = ""  # the element below that one

    def start(self, depth: int, name: str, attributes: dict[str, str]) -> None:
        if depth == 3:
            self._part = name
            if name == "bndbox" and self._section == "object":
                self.objects[-1].setdefault("bndbox", "")
        elif depth == 2:
            self._section = name
            if name == "object":
                if len(self.objects) == MAX_OBJECTS:
                    raise too_large(f"more than {MAX_OBJECTS} objects")
                self.objects.append({})
        elif depth == 1:
            if name.lower() != "annotation":
                raise AnnotationError(
                    rule="xml-not-voc",
                    value=f"<{name[:SHOWN]}>",
                    message="The XML is no Pascal VOC annotation: its first element is not <annotation>",
                    advice="Move the file out of the images folder, or convert it to Pascal VOC.",
                )
            self.verified = attributes.get("verified", "").strip().lower() in _TRUE

    def end(self, depth: int, name: str, text: str) -> None:
        if depth == 4:
            if self._part == "bndbox" and self._section == "object" and name in _EDGES:
                self.objects[-1].setdefault(name, text)
        elif depth == 3:
            if self._section == "object":
                if name in _TEXTS:
                    self.objects[-1].setdefault(name, text)
            elif self._section == "size" and name in ("width", "height") and name not in self.size:
                self._add_size(name, text)
        elif depth == 2 and name == "filename" and not self.filename:
            # labelImg writes two spaces as a tab, everywhere.
            self.filename = text.strip().replace("\t", "  ")
        elif depth == 2 and name == "folder" and not self.folder:
            self.folder = sys.intern(text.strip().replace("\t", "  "))

    def _add_size(self, name: str, text: str) -> None:
        number = _number(text)
        self.size[name] = None if number is None else int(number)
        if number is None:
            self.findings.append(
                Finding(
                    rule="size-unreadable",
                    value=f"{name} {shortened(text)}",
                    message=f"The {name} in the XML is no number",
                    advice="Nothing is lost: the image's own size is used. Save the image again in labelImg to fix "
                    "the XML.",
                    severity=Severity.WARNING,
                )
            )


def _to_box(fields: dict[str, str], number: int) -> Box | Finding:
    """Turn the texts of one object into a box, or into what is wrong with it."""
    # interned as the pose and the folder are: one object for each of 100,000 images would take 17 MB
    label = sys.intern(" ".join(fields.get("name", "").split()))
    problem = label_problem(label) or _edges_problem(fields)
    if problem is not None:
        return replace(problem, object_number=number, label=shortened(label, quoted=False))
    return Box(
        label,
        **{edge: float(fields[edge]) for edge in _EDGES},
        difficult=_flag(fields.get("difficult", "")),
        truncated=_flag(fields.get("truncated", "")),
        pose=sys.intern(" ".join(fields.get("pose", "").split()) or "Unspecified"),
    )


def _edges_problem(fields: dict[str, str]) -> Finding | None:
    """Return why the object has no box, None when it has one."""
    if "bndbox" not in fields:
        message = "The object has no <bndbox>; polygons and rotated boxes are not read"
        return Finding(rule="box-missing", message=message, advice=_REDRAW)
    for edge in _EDGES:
        if edge not in fields:
            return Finding(rule="coordinate-missing", value=edge, message=f"The box has no {edge}", advice=_REDRAW)
        if _number(fields[edge]) is None:
            return Finding(
                rule="coordinate-no-number",
                value=f"{edge} {shortened(fields[edge])}",
                message=f"The box's {edge} is no number",
                advice=_REDRAW,
            )
    return None


def _number(text: str) -> float | None:
    """Return the finite number that `text` is, else None; "1_000", which Python would take, is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _flag(text: str) -> bool:
    """Return whether a 0/1 field is set; Pascal VOC's own files have 0 and 1, others true, yes or a fraction."""
    number = _number(text)
    return number > 0 if number is not None else text.strip().lower() in _TRUE


def render_voc(annotation: Annotation, *, folder: str, path: str, depth: int = 3, exact: bool = False) -> bytes:
    r"""Render an annotation as labelImg 1.8.6 writes it, byte for byte.

    Coordinates are truncated to integers, xmin and ymin raised to 1, an object that touches the image's edge is marked
    truncated, and two spaces become a tab, all as labelImg does.

    Args:
        annotation: With width and height.
        folder: Name of the folder that holds the image.
        path: Path of the image.
        depth: Channels, 1 or 3.
        exact: Keep fractions of pixels and edges below 1, which labelImg reads but does not write. The size may then be
            missing.

    Returns:
        UTF-8, indented with tabs, Unix line ends, no XML declaration.

    Raises:
        AnnotationError: A text has a character that XML cannot hold (labelImg would leave an empty file).
        ValueError: The annotation has no size, or a coordinate is not finite.
    """
    size = annotation.width, annotation.height
    if None in size and not exact:
        raise ValueError("an annotation without width and height has no Pascal VOC form")
    lines = [
        '<annotation verified="yes">' if annotation.verified else "<annotation>",
        "  " + _leaf("folder", folder),
        "  " + _leaf("filename", annotation.filename),
        "  " + _leaf("path", path),
        "  <source>",
        "    <database>Unknown</database>",
        "  </source>",
        *([] if None in size else ["  <size>", *_size_lines(size, depth), "  </size>"]),
        "  <segmented>0</segmented>",
    ]
    for box in annotation.boxes:
        lines += _render_object(box, size, exact=exact)
    lines += ["</annotation>", ""]
    return "\n".join(lines).replace("  ", "\t").encode("utf-8")


_Size = tuple[int | None, int | None]


def _size_lines(size: _Size, depth: int) -> list[str]:
    values = {"width": size[0], "height": size[1], "depth": depth}
    return [f"    <{name}>{value}</{name}>" for name, value in values.items()]


def _render_object(box: Box, size: _Size, *, exact: bool) -> list[str]:
    """Return the lines of one object, indented with two spaces a level."""
    if exact:
        xmin, ymin, xmax, ymax = (f"{edge:.10g}" for edge in (box.xmin, box.ymin, box.xmax, box.ymax))
        truncated = box.truncated
    else:
        left, top, right, bottom = max(int(box.xmin), 1), max(int(box.ymin), 1), int(box.xmax), int(box.ymax)
        truncated = box.truncated or left == 1 or top == 1 or right == size[0] or bottom == size[1]
        xmin, ymin, xmax, ymax = map(str, (left, top, right, bottom))
    return [
        "  <object>",
        "    " + _leaf("name", box.label),
        "    " + _leaf("pose", box.pose),
        f"    <truncated>{int(truncated)}</truncated>",
        f"    <difficult>{int(box.difficult)}</difficult>",
        "    <bndbox>",
        f"      <xmin>{xmin}</xmin>",
        f"      <ymin>{ymin}</ymin>",
        f"      <xmax>{xmax}</xmax>",
        f"      <ymax>{ymax}</ymax>",
        "    </bndbox>",
        "  </object>",
    ]


def _leaf(name: str, text: str) -> str:
    """Return an element that holds a text, escaped as lxml escapes it."""
    if not text:
        return f"<{name}/>"
    bad = _NOT_XML.search(text)
    if bad:
        raise AnnotationError(
            rule="text-not-xml",
            label=name,
            value=ascii(text)[:SHOWN],
            message="The text has a character that XML cannot hold",
            advice="Remove it from the label or from the file's name.",
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{text}</{name}>"
