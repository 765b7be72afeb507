"""Formats by suffix, with one result type."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.annotations import readers
from boxwright.annotations.model import Annotation, AnnotationError, Box
from boxwright.annotations.readers import (
    CREATE_ML,
    FORMATS,
    PASCAL_VOC,
    YOLO,
    AnnotationFormat,
    format_of,
    read_annotation,
)
from boxwright.dataset.sources.file_info import read_annotation_info


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.xml", PASCAL_VOC),
        ("images/a.b.XML", PASCAL_VOC),
        ("a.txt", YOLO),
        ("a.JSON", CREATE_ML),
        ("a.jpg", None),
        ("xml", None),
        ("", None),
    ],
)
def test_the_suffix_chooses_the_format(name: str, expected: AnnotationFormat | None) -> None:
    assert format_of(name) is expected


def test_a_new_format_is_an_entry_in_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(data: bytes) -> tuple[Annotation, ...]:
        return (Annotation("a.jpg", None, None, (Box(data.decode(), 1, 2, 3, 4),)),)

    def too_large(received: str) -> AnnotationError:
        return AnnotationError(rule="line-too-large", value=received, message="It is too large", advice="Shorten it.")

    line = AnnotationFormat("Line", ".line", 10, parse, too_large)
    monkeypatch.setattr(readers, "FORMATS", {**FORMATS, ".line": line})
    path = tmp_path / "a.line"
    path.write_text("dog")
    assert read_annotation(path).boxes == (Box("dog", 1, 2, 3, 4),)
    info = read_annotation_info(str(path))
    assert info.annotation is not None and info.annotation.boxes[0].label == "dog"
    path.write_text("dog" * 10)
    with pytest.raises(AnnotationError, match="30 bytes"):
        read_annotation(path)
    finding = read_annotation_info(str(path)).finding
    assert finding is not None and finding.rule == "line-too-large"


@pytest.mark.parametrize(("name", "expected"), [("a.txt", True), ("a.json", True), ("a.xml", True), ("b.xml", False)])
def test_an_annotation_of_any_format_is_found(tmp_path: Path, name: str, expected: bool) -> None:
    (tmp_path / name).touch()
    assert readers.has_annotation(tmp_path / "a.xml") is expected
