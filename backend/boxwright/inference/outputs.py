"""Detections written down: JSON, CSV, drawings, and labelImg's XML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.annotations.model import Annotation, Box
from boxwright.annotations.readers import has_annotation
from boxwright.annotations.voc import render_voc
from boxwright.files import atomic_write
from boxwright.findings import Finding, findings_to_json
from boxwright.inference.detections import Detections
from boxwright.inference.drawing import draw_detections
from boxwright.inference.image_files import DRAWING_SUFFIX, ImageFile
from boxwright.inference.thresholds import Thresholds

CSV_COLUMNS = (
    *("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"),
    *("score", "class_id", "ymin_normalised", "xmin_normalised", "ymax_normalised", "xmax_normalised"),
)
"""The tutorial's columns, in pixels, then what is known besides; of a clip's frames, also the time in seconds."""

Found = Sequence[tuple[ImageFile, Detections]]


def write_json(path: Path, found: Found, findings: Sequence[Finding], *, model: str, thresholds: Thresholds) -> None:
    """Write every detection as JSON, an image a line: pixel boxes, and normalised ones as [ymin, xmin, ymax, xmax]."""
    head = {"model": model, "min_score": thresholds.other, "min_scores": dict(thresholds.by_label)}
    tail = {"findings": findings_to_json(findings)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as stream:  # an image at a time: 10,000 need no more memory than one
        stream.write(_json(head)[:-1] + b',\n "images": [')
        for number, (file, detections) in enumerate(found):
            entry = {
                "file": file.name,
                **({} if file.time is None else {"time": round(file.time, 3)}),
                "width": detections.width,
                "height": detections.height,
                "detections": _as_dicts(detections),
            }
            stream.write((b",\n  " if number else b"\n  ") + _json(entry))
        stream.write(b"\n ],\n " + _json(tail)[1:] + b"\n")


def write_csv(path: Path, found: Found) -> None:
    """Write one row for each detection, CSV_COLUMNS."""
    is_clip = any(file.time is not None for file, _ in found[:1])
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as binary:
        stream = io.TextIOWrapper(binary, "utf-8", "surrogateescape", newline="")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*CSV_COLUMNS, "time") if is_clip else CSV_COLUMNS)
        for file, detections in found:
            time = () if file.time is None else (f"{file.time:.3f}",)
            for row in _as_dicts(detections):
                box, size = row["box"], (detections.width, detections.height)
                edges = (box["xmin"], box["ymin"], box["xmax"], box["ymax"])
                writer.writerow(
                    [file.name, *size, row["label"], *edges, row["score"], row["class"], *row["box_normalised"], *time]
                )
        stream.flush()
        stream.detach()  # atomic_write has yet to close it


def save_drawing(folder: Path, file: ImageFile, image: npt.NDArray[np.uint8], detections: Detections) -> Path:
    """Save a PNG of the image with its boxes in `folder`, under the image's name; an earlier drawing is replaced."""
    path = folder / PurePosixPath(file.name + DRAWING_SUFFIX)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as stream:
        draw_detections(image, detections).save(stream, format="PNG", compress_level=1)  # twice as fast, 10% larger
    return path


def save_voc(folder: Path, file: ImageFile, detections: Detections) -> Path | None:
    """Save the detections as an XML that labelImg opens, named after the image; an annotation that is there is kept.

    Returns:
        Its path; None when a file of any format was there already, which was left as it is.
    """
    path = (folder / PurePosixPath(file.name)).with_suffix(".xml")
    if has_annotation(path):
        return None
    boxes = tuple(
        Box(label=label, xmin=float(left), ymin=float(top), xmax=float(right), ymax=float(bottom))
        for label, (top, left, bottom, right) in zip(detections.labels, detections.pixel_boxes(), strict=True)
    )
    annotation = Annotation(filename=file.path.name, width=detections.width, height=detections.height, boxes=boxes)
    source = file.path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as stream:
        stream.write(render_voc(annotation, folder=source.parent.name, path=str(source)))
    return path


def _json(value: dict[str, Any]) -> bytes:
    # what is no Unicode in a file's name becomes an escape that JSON reads
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _as_dicts(detections: Detections) -> list[dict[str, Any]]:
    """Return JSON-ready detections: coordinates to a hundredth of a pixel, scores to five decimals."""
    rows = []
    columns = (detections.labels, detections.classes.tolist(), detections.scores.tolist())
    pixels, normalised = detections.pixel_boxes().tolist(), detections.boxes.tolist()
    for label, number, score, edges, box in zip(*columns, pixels, normalised, strict=True):
        top, left, bottom, right = (round(edge, 2) for edge in edges)
        rows.append(
            {
                "label": label,
                "class": number,
                "score": round(score, 5),
                "box": {"xmin": left, "ymin": top, "xmax": right, "ymax": bottom},
                "box_normalised": [round(edge, 6) for edge in box],
            }
        )
    return rows
