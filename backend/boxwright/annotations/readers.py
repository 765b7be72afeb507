"""Which annotation formats are read, by suffix, and reading one file.

A format is added by an entry in FORMATS: its parser returns Annotations, whatever the format.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boxwright.annotations import create_ml, voc, yolo
from boxwright.annotations.model import Annotation, AnnotationError


@dataclass(frozen=True)
class AnnotationFormat:
    """One format of annotation files.

    Attributes:
        name: As labelImg names it.
        suffix: Of its files, in lower case with the dot.
        max_bytes: A larger file is refused without being read.
        parse: Takes a file's bytes and returns what it says of each image that it speaks of, at least one; raises
            AnnotationError when it cannot be used at all.
        too_large: Takes what was received, for example "20000000 bytes", and returns the error to raise.
        is_known_by_suffix: A file of this suffix is an annotation, so that one that cannot be used is a finding. Files
            of the other suffixes are annotations if they read so, or if they have the name of an image.
    """

    name: str
    suffix: str
    max_bytes: int
    parse: Callable[[bytes], tuple[Annotation, ...]]
    too_large: Callable[[str], AnnotationError]
    is_known_by_suffix: bool = True


PASCAL_VOC = AnnotationFormat("PascalVOC", ".xml", voc.MAX_BYTES, lambda data: (voc.parse_voc(data),), voc.too_large)
YOLO = AnnotationFormat(
    "YOLO", ".txt", yolo.MAX_BYTES, lambda data: (yolo.parse_yolo(data),), yolo.too_large, is_known_by_suffix=False
)
CREATE_ML = AnnotationFormat(
    "CreateML", ".json", create_ml.MAX_BYTES, create_ml.parse_create_ml, create_ml.too_large, is_known_by_suffix=False
)

FORMATS = {annotation_format.suffix: annotation_format for annotation_format in (PASCAL_VOC, YOLO, CREATE_ML)}
"""Suffix, in lower case with the dot, to its format; in the order in which labelImg looks for a photo's file."""


def format_of(name: str) -> AnnotationFormat | None:
    """Return the format of a file by its name or path, None when it is no annotation file."""
    stem, dot, suffix = name.rpartition(".")
    return FORMATS.get(f".{suffix.lower()}") if dot and stem else None


def has_annotation(path: Path) -> bool:
    """Return whether a file of any format has the folder and the stem of `path`; a new one would count instead."""
    return any(os.path.lexists(path.with_suffix(suffix)) for suffix in FORMATS)


def read_annotation(path: Path) -> Annotation:
    """Read an annotation file of any format; of one that speaks of several images, the first.

    Args:
        path: Its suffix chooses the format; Pascal VOC is assumed for an unknown one.

    Raises:
        AnnotationError: The file cannot be read, is too large, or is not of its format.
    """
    annotation_format = format_of(path.name) or PASCAL_VOC
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise AnnotationError(
                rule="xml-unreadable",
                message="The path is no regular file",
                advice="Put the annotation itself there, or remove it.",
            )
        if status.st_size > annotation_format.max_bytes:
            raise annotation_format.too_large(f"{status.st_size} bytes")
        with path.open("rb") as stream:
            data = stream.read(status.st_size)  # no more, should it grow meanwhile
    except OSError as error:
        raise AnnotationError(
            rule="xml-unreadable",
            value=error.strerror or type(error).__name__,
            message="The annotation cannot be read",
            advice="Check that the file is there and that you may read it.",
        ) from error
    return annotation_format.parse(data)[0]
