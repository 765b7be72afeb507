"""YOLO text files and their class names: what is read, and what is a finding."""

from __future__ import annotations

import codecs

import pytest

from boxwright.annotations import AnnotationError, Box
from boxwright.annotations.class_names import parse_class_names
from boxwright.annotations.model import Frame
from boxwright.annotations.yolo import MAX_OBJECTS, parse_yolo, with_class_names
from boxwright.findings import Severity

GOOD = "0 0.5 0.5 0.5 0.25"


def test_boxes_are_fractions_and_get_names_by_class_number() -> None:
    annotation = parse_yolo(f"{GOOD}\r\n1 0.5 0.5 1 1\r\n".encode())
    assert (annotation.frame, annotation.has_class_numbers) == (Frame.FRACTIONS, True)
    named = with_class_names(annotation, ("dog", "cat"), "classes.txt")
    assert named.boxes == (Box("dog", 0.25, 0.375, 0.75, 0.625), Box("cat", 0, 0, 1, 1))
    assert not named.has_class_numbers and named.findings == ()


@pytest.mark.parametrize(
    "line",
    [
        "0 0,5 0,5 0,5 0,25",
        "0\t.5\t.5\t.5\t.25",
        "0.0 5e-1 0.5 0.5 0.25",
        "0 0.25 0.375 0.75 0.375 0.75 0.625 0.25 0.625",
        "\n\n  0 0.5 0.5 0.5 0.25  \n\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_other_writings_of_the_same_box(line: str, encoding: str) -> None:
    assert parse_yolo(line.encode(encoding)).boxes == (Box("0", 0.25, 0.375, 0.75, 0.625),)


def test_what_rounding_leaves_beyond_the_edge_is_taken_away() -> None:
    (box,) = parse_yolo(b"0 0.166667 0.5 0.333335 1.000001").boxes
    assert (box.xmin, box.ymin, box.ymax) == (0, 0, 1)


def test_polygons_give_their_boxes_and_one_warning() -> None:
    annotation = parse_yolo(b"0 .1 .2 .3 .2 .2 .4\n0 .5 .5 .6 .5 .6 .7 .5 .7\n")
    assert annotation.boxes == (Box("0", 0.1, 0.2, 0.3, 0.4), Box("0", 0.5, 0.5, 0.6, 0.7))
    (finding,) = annotation.findings
    assert (finding.rule, finding.severity, finding.object_number) == ("yolo-polygons", Severity.WARNING, None)
    assert annotation.box_numbers() == (1, 2)


def test_an_empty_file_is_a_negative_example() -> None:
    assert parse_yolo(b"").boxes == parse_yolo(b" \r\n\n").boxes == ()


@pytest.mark.parametrize(
    "data", [b"Photos of dogs.\nTaken 2019.\n", b"dog\ncat\n", b"\xff\xfe0", b"numpy==1.26\n", b"images/a.jpg\n", b"\0"]
)
def test_a_text_that_is_not_yolo_is_an_error(data: bytes) -> None:
    with pytest.raises(AnnotationError) as caught:
        parse_yolo(data)
    assert caught.value.finding.rule == "txt-not-yolo"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("0 0.5 0.5 inf 0.1", "coordinate-no-number"),
        ("0 0.5 0.5 nan 0.1", "coordinate-no-number"),
        ("0 0.5 0.5 1_0 0.1", "coordinate-no-number"),
        ("0 0.5 0.5 1,0,0 0.1", "coordinate-no-number"),
        ("0 0.5 0.5 0.1", "yolo-fields"),
        ("0 0.5 0.5 0.1 0.1 0.99", "yolo-fields"),
        ("0", "yolo-fields"),
        ("dog 0.5 0.5 0.1 0.1", "yolo-class-unknown"),
        ("-1 0.5 0.5 0.1 0.1", "yolo-class-unknown"),
        ("0.5 0.5 0.5 0.1 0.1", "yolo-class-unknown"),
        ("1e300 0.5 0.5 0.1 0.1", "yolo-class-unknown"),
        ("0 320 240 100 80", "yolo-not-fractions"),
        ("0 1.7e308 0.5 1.7e308 0.1", "yolo-not-fractions"),
        ("7 0.5 0.5 0.1 0.1", "yolo-class-unknown"),
        ("1 0.5 0.5 0.1 0.1", "yolo-class-unknown"),
        ("2 0.5 0.5 0.1 0.1", "label-too-long"),
        ("3 0.5 0.5 0.1 0.1", "label-control-character"),
    ],
)
def test_a_bad_line_is_a_finding_with_its_number(line: str, rule: str) -> None:
    annotation = parse_yolo(f"{GOOD}\n\n{line}\n{GOOD}\n".encode())
    annotation = with_class_names(annotation, ("dog", "", "x" * 300, "a\x07b"), "classes.txt")
    (finding,) = annotation.findings
    assert (finding.rule, finding.object_number) == (rule, 2)
    assert annotation.box_numbers() == (1, 3)


def test_a_file_that_ends_within_a_line_was_not_written_whole() -> None:
    with pytest.raises(AnnotationError, match="line 2"):
        parse_yolo(f"{GOOD}\n0 0.5 0.".encode())
    assert len(parse_yolo(f"{GOOD}\n{GOOD}".encode()).boxes) == 2


def test_too_many_lines_are_an_error() -> None:
    with pytest.raises(AnnotationError, match="objects"):
        parse_yolo(b"0 .5 .5 .1 .1\n" * (MAX_OBJECTS + 1))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "big  dog\n\ncat é\n"),
        ("classes.txt", "big dog\r\n\r\ncat é\r\n\r\n"),
        ("obj.names", "big dog\n\ncat é"),
        ("data.yaml", "train: ../train/images\nnc: 3\nnames: ['big dog', '', 'cat é']\nroboflow:\n  license: x\n"),
        ("data.yaml", 'names: [big dog, "",\n  cat é]\n'),
        ("data.yaml", "names:\n- big dog\n- ''\n- cat é # comment\nnc: 3\n"),
        ("dataset.yaml", "names:\n  0: big dog\n  2: 'cat é'\ntrain: x\n"),
        ("data.yaml", "names: {0: big dog, 1: '', 2: cat é}\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_class_names(name: str, text: str, encoding: str) -> None:
    parsed = parse_class_names(name, text.encode(encoding))
    assert (parsed.names, parsed.finding) == (("big dog", "", "cat é"), None)


@pytest.mark.parametrize("data", [b"", b"\n\n", codecs.BOM_UTF8, b"\0" * 40])
@pytest.mark.parametrize("name", ["classes.txt", "data.yaml"])
def test_no_class_names(name: str, data: bytes) -> None:
    assert parse_class_names(name, data).names == ()


def test_class_names_that_are_not_utf8_are_read_as_labelimg_wrote_them(monkeypatch: pytest.MonkeyPatch) -> None:
    data = "小狗\n".encode("gbk")
    monkeypatch.setattr("locale.getpreferredencoding", lambda _: "gbk")
    parsed = parse_class_names("classes.txt", data)
    assert parsed.names == ("小狗",) and parsed.finding is not None
    assert (parsed.finding.rule, parsed.finding.severity) == ("classes-not-unicode", Severity.WARNING)
    monkeypatch.setattr("locale.getpreferredencoding", lambda _: "UTF-8")
    parsed = parse_class_names("classes.txt", data)
    assert parsed.names == () and parsed.finding is not None and parsed.finding.severity is Severity.ERROR


@pytest.mark.parametrize("data", [b"x\n" * 20_000, b"x" * 2_000_000, b"names: " + b"[" * 100_000])
def test_hostile_class_names(data: bytes) -> None:
    for name in ("classes.txt", "data.yaml"):
        assert len(parse_class_names(name, data).names) <= 1
