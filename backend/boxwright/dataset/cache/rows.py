"""Cache rows: what was read from one file, and the one form in which the manifest keeps it."""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from boxwright.annotations.model import Annotation, Box, Frame
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo
from boxwright.dataset.sources.scan import FileStat
from boxwright.findings import Finding, findings_from_json, findings_to_json, shared

Info = TypeVar("Info", ImageInfo, AnnotationInfo)

ROW_VERSION = "6"
"""Of what is read from a file and of its encoding below; files of another version's rows are read again."""


@dataclass(frozen=True, slots=True)
class CacheRow(Generic[Info]):
    """What was read from one file.

    Attributes:
        info: What the file said, with its stat.
        trusted: The file was old enough when it was read that a later write must have changed its stat.
    """

    info: Info
    trusted: bool


@dataclass(frozen=True)
class RowKind(Generic[Info]):
    """One kind of cache rows.

    Attributes:
        name: In the manifest.
        encode: Takes what was read and returns its text, without the stat.
        decode: Takes stat and text and returns what was read.
    """

    name: str
    encode: Callable[[Info], str]
    decode: Callable[[FileStat, str], Info]


def _encode_image(info: ImageInfo) -> str:
    return json.dumps(
        {
            "sha256": info.sha256,
            "width": info.width,
            "height": info.height,
            "format": info.format,
            "reencoded": info.reencoded,
            "encoded_size": info.encoded_size,
            "encoded_sha256": info.encoded_sha256,
            "finding": _encode_finding(info.finding),
            "orientation": info.orientation,
            "appearance": None if info.appearance is None else b64encode(info.appearance).decode("ascii"),
        }
    )


def _decode_image(stat: FileStat, text: str) -> ImageInfo:
    content: dict[str, Any] = json.loads(text)
    sha256, encoded_sha256 = content["sha256"], content["encoded_sha256"]
    return ImageInfo(
        stat,
        sha256,
        content["width"],
        content["height"],
        sys.intern(content["format"]),
        sys.intern(content["reencoded"]),
        content["encoded_size"],
        sha256 if encoded_sha256 == sha256 else encoded_sha256,  # one string instead of two, in most images
        _decode_finding(content["finding"]),
        content["orientation"],
        None if content["appearance"] is None else b64decode(content["appearance"]),
    )


def _encode_annotation(info: AnnotationInfo) -> str:
    content: dict[str, Any] = {
        "annotation": None if info.annotation is None else _annotation_to_json(info.annotation),
        "finding": _encode_finding(info.finding),
    }
    if info.further:
        content["further"] = [_annotation_to_json(annotation) for annotation in info.further]
    return json.dumps(content)


def _decode_annotation(stat: FileStat, text: str) -> AnnotationInfo:
    row: dict[str, Any] = json.loads(text)
    content = row["annotation"]
    annotation = None if content is None else _annotation_from_json(content)
    further = tuple(_annotation_from_json(other) for other in row.get("further", ()))
    return AnnotationInfo(stat, annotation, _decode_finding(row["finding"]), further)


def _annotation_to_json(annotation: Annotation) -> dict[str, Any]:
    content: dict[str, Any] = {
        "filename": annotation.filename,
        "folder": annotation.folder,
        "width": annotation.width,
        "height": annotation.height,
        "verified": annotation.verified,
        "boxes": [_encode_box(box) for box in annotation.boxes],
        "findings": findings_to_json(annotation.findings),
    }
    if annotation.frame is not Frame.STORED_OR_UPRIGHT:
        content["frame"] = annotation.frame.value
    if annotation.has_class_numbers:
        content["has_class_numbers"] = True
    return content


def _annotation_from_json(content: dict[str, Any]) -> Annotation:
    return Annotation(
        filename=content["filename"],
        folder=content["folder"],
        width=content["width"],
        height=content["height"],
        boxes=tuple([_decode_box(box) for box in content["boxes"]]),
        verified=content["verified"],
        findings=findings_from_json(content["findings"]),
        frame=Frame(content["frame"]) if "frame" in content else Frame.STORED_OR_UPRIGHT,
        has_class_numbers=content.get("has_class_numbers", False),
    )


def _encode_box(box: Box) -> list[str | float]:
    """Return a list, because names would double the manifest: label, edges, then what differs from the default."""
    row: list[str | float] = [box.label, box.xmin, box.ymin, box.xmax, box.ymax]
    if box.difficult or box.truncated or box.pose != "Unspecified":
        row += [box.difficult, box.truncated, box.pose]
    return row


def _decode_box(row: Sequence[Any]) -> Box:
    label, xmin, ymin, xmax, ymax, *flags = row
    if not flags:
        return Box(sys.intern(label), xmin, ymin, xmax, ymax)
    difficult, truncated, pose = flags
    return Box(sys.intern(label), xmin, ymin, xmax, ymax, difficult, truncated, sys.intern(pose))


def _encode_finding(finding: Finding | None) -> dict[str, Any] | None:
    return None if finding is None else finding.to_json()


def _decode_finding(content: dict[str, Any] | None) -> Finding | None:
    return None if content is None else shared(Finding.from_json(content))


IMAGES: RowKind[ImageInfo] = RowKind("image", _encode_image, _decode_image)
ANNOTATIONS: RowKind[AnnotationInfo] = RowKind("annotation", _encode_annotation, _decode_annotation)
