"""CreateML files: what is read, and what is a finding."""

from __future__ import annotations

import json

import pytest

from boxwright.annotations import AnnotationError, Box
from boxwright.annotations.create_ml import MAX_OBJECTS, MAX_VALUES, parse_create_ml
from boxwright.annotations.model import Frame

GOOD = {"label": "dog", "coordinates": {"x": 5, "y": 5, "width": 2, "height": 4.5}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_each_image_has_its_boxes(encoding: str) -> None:
    content = [
        {"image": "é.jpg", "annotations": [GOOD]},
        {"image": "b.jpg", "annotations": []},
        {"image": "é.jpg", "annotations": [GOOD], "verified": True},
    ]
    first, second = parse_create_ml(json.dumps(content, ensure_ascii=False).encode(encoding))
    box = Box("dog", 4, 2.75, 6, 7.25)
    assert (first.filename, first.boxes, first.frame) == ("é.jpg", (box, box), Frame.UPRIGHT)
    assert (second.filename, second.boxes, second.findings) == ("b.jpg", (), ())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[",
        b"{}",
        b"[]",
        b"[1]",
        b"7",
        b'[{"image": 1, "annotations": []}]',
        b'[{"image": "x"}]',
        b"[" * 100_000,
        b"[" + b"9" * 5000 + b"]",
        b"\xff",
        b"[" + b"1," * MAX_VALUES + b"1]",
    ],
)
def test_a_json_that_is_not_create_ml_is_an_error(data: bytes) -> None:
    with pytest.raises(AnnotationError):
        parse_create_ml(data)


def test_too_many_objects_are_an_error() -> None:
    content = [{"image": "a.jpg", "annotations": [{}] * (MAX_OBJECTS + 1)}]
    with pytest.raises(AnnotationError, match="objects"):
        parse_create_ml(json.dumps(content).encode())


@pytest.mark.parametrize(
    ("label", "coordinates", "rule"),
    [
        ("dog", {"x": 1, "y": 1, "width": 1}, "coordinate-missing"),
        ("dog", {"x": float("nan"), "y": 1, "width": 1, "height": 1}, "coordinate-no-number"),
        ("dog", {"x": 10**400, "y": 1, "width": 1, "height": 1}, "coordinate-no-number"),
        ("dog", {"x": 1.7e308, "y": 1, "width": 1.7e308, "height": 1}, "coordinate-no-number"),
        ("dog", {"x": True, "y": 1, "width": 1, "height": 1}, "coordinate-no-number"),
        ("dog", {"x": "1", "y": 1, "width": 1, "height": 1}, "coordinate-no-number"),
        ("dog", [], "box-missing"),
        (7, {}, "label-empty"),
        ("x" * 300, {}, "label-too-long"),
        ("half \ud800 character", {}, "label-control-character"),
    ],
)
def test_a_bad_object_is_a_finding_with_its_number(label: object, coordinates: object, rule: str) -> None:
    bad = {"label": label, "coordinates": coordinates}
    (annotation,) = parse_create_ml(json.dumps([{"image": "x\ud800.jpg", "annotations": [GOOD, bad, GOOD]}]).encode())
    (finding,) = annotation.findings
    assert (finding.rule, finding.object_number) == (rule, 2)
    assert annotation.box_numbers() == (1, 3)
    json.dumps([annotation.filename, str(finding)], ensure_ascii=False).encode("utf-8")
