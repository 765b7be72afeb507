"""Pascal VOC XML: what labelImg and others write is read, and what is written is labelImg's."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.annotations import Annotation, AnnotationError, Box
from boxwright.annotations.readers import read_annotation
from boxwright.annotations.voc import MAX_BYTES, parse_voc, render_voc

# Written by labelImg 1.8.6's own PascalVocWriter; folder and path as it was given them.
GOLDEN = {
    "two_boxes": ("images", "/home/ann/images/a photo.jpg", 3),
    "verified_negative": ("", "C:\\Fotos  2019\\ünï  two spaces.JPG", 1),
    "degenerate": ("x", "/x/犬.png", 3),
}


def voc(inside: str) -> bytes:
    return f"<annotation>{inside}</annotation>".encode()


def an_object(inside: str = "", *, name: str = "<name>dog</name>", box: str | None = None) -> str:
    corners = "<xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>" if box is None else box
    return f"<object>{name}{inside}<bndbox>{corners}</bndbox></object>"


@pytest.mark.parametrize("name", GOLDEN)
def test_labelimgs_own_files_come_out_byte_for_byte(name: str) -> None:
    data = (Path(__file__).parent / "golden" / f"{name}.xml").read_bytes()
    folder, path, depth = GOLDEN[name]
    annotation = parse_voc(data)
    assert annotation.findings == ()
    if name == "degenerate":  # labels lose labelImg's tab on the way in
        assert annotation.boxes[1].label == "two spaces"
        data = data.replace(b"two\tspaces", b"two spaces")
    assert render_voc(annotation, folder=folder, path=path, depth=depth) == data


def test_every_field_of_labelimgs_file_is_read() -> None:
    data = (Path(__file__).parent / "golden" / "two_boxes.xml").read_bytes()
    annotation = parse_voc(data)
    assert annotation == Annotation(
        "a photo.jpg",
        60,
        40,
        (Box("raccoon", 10, 20, 30, 40, truncated=True), Box("Füchslein <&> \"quoted\" 'x'", 1, 1, 60, 40, True, True)),
        folder="images",
    )


def test_texts_that_many_files_share_are_one_object() -> None:
    data = (Path(__file__).parent / "golden" / "two_boxes.xml").read_bytes()
    one, other = parse_voc(data), parse_voc(data)  # 100,000 files would hold 17 MB of them
    assert one.folder is other.folder
    for its_box, box in zip(one.boxes, other.boxes, strict=True):
        assert its_box.label is box.label
        assert its_box.pose is box.pose


def test_a_verified_negative_keeps_its_two_spaces() -> None:
    annotation = read_annotation(Path(__file__).parent / "golden" / "verified_negative.xml")
    assert annotation == Annotation("ünï  two spaces.JPG", 60, 40, (), verified=True)
    assert annotation.findings == ()


def test_only_name_and_bndbox_are_needed_and_order_does_not_matter() -> None:
    annotation = parse_voc(
        voc(
            "<object><bndbox><ymax>4.5</ymax><xmax> 3e1 </xmax><ymin>\n2.25</ymin><xmin>1.0</xmin></bndbox>"
            "<difficult>1</difficult><name>\n  dog \n</name></object>"
            "<size><height>40.0</height></size><filename>a</filename>"
        )
    )
    assert annotation == Annotation("a", None, 40, (Box("dog", 1.0, 2.25, 30.0, 4.5, difficult=True),))
    assert annotation.findings == ()


def test_parts_of_an_object_are_not_taken_for_it() -> None:
    part = "<part><name>head</name><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></part>"
    annotation = parse_voc(voc(f"<object>{part}<name>person</name>{an_object()[8:-9]}</object>"))
    assert annotation.boxes == (Box("person", 1, 2, 3, 4),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
def test_byte_order_marks_are_understood(encoding: str) -> None:
    text = voc(an_object(name="<name>Füchsin 犬</name>")).decode()
    if encoding.endswith("-bom"):
        codec = encoding.removesuffix("-bom")
        data = "\ufeff".encode(codec) + text.encode(codec)
    else:
        data = text.encode(encoding)
    assert parse_voc(data).boxes[0].label == "Füchsin 犬"


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "gbk", "shift_jis", "EUC-KR", "UTF-16"])
def test_declared_encodings_are_understood(encoding: str) -> None:
    label = "für" if encoding in ("iso-8859-1", "windows-1252") else "犬"
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + voc(an_object(name=f"<name>{label}</name>")).decode()
    assert parse_voc(text.encode(encoding)).boxes[0].label == label


@pytest.mark.parametrize("encoding", ["punycode", "idna", "unicode_escape", "zlib_codec", "no-such-thing", "utf-7"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(AnnotationError) as raised:
        parse_voc(f'<?xml version="1.0" encoding="{encoding}"?><annotation>é</annotation>'.encode())
    assert raised.value.finding.rule == "xml-malformed"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "xml-empty"),
        (b"\xef\xbb\xbf \r\n", "xml-empty"),
        (b"\0" * 4096, "xml-empty"),
        (b"<annotation><object>", "xml-truncated"),
        (b"<annotation><obj", "xml-truncated"),
        (b"<annotation></object></annotation>", "xml-malformed"),
        (b"<annotation><name>\x01</name></annotation>", "xml-malformed"),
        (b"<annotation>&#1;</annotation>", "xml-malformed"),
        (b"<annotation>&nbsp;</annotation>", "xml-malformed"),
        ("<annotation>ü</annotation>".encode("latin-1"), "xml-malformed"),
        (b"0 0.5 0.5 0.1 0.1\n", "xml-malformed"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "xml-not-voc"),
        (b"<!DOCTYPE annotation><annotation/>", "xml-doctype"),
    ],
)
def test_what_is_no_annotation_says_so(data: bytes, rule: str) -> None:
    with pytest.raises(AnnotationError) as raised:
        parse_voc(data)
    assert raised.value.finding.rule == rule
    assert raised.value.finding.message in str(raised.value)
    assert raised.value.finding.advice in str(raised.value)
    finding = raised.value.finding.in_file("images/a.xml")
    assert (finding.file, finding.rule) == ("images/a.xml", rule)


@pytest.mark.parametrize(
    ("bad", "rule", "value"),
    [
        (an_object(name=""), "label-empty", ""),
        (an_object(name="<name> \n\t </name>"), "label-empty", ""),
        (an_object(name="<name>do\x7fg</name>"), "label-control-character", "'do\\x7fg'"),
        (an_object(name=f"<name>{'x' * 201}</name>"), "label-too-long", repr("x" * 59 + "…")),
        ("<object><name>dog</name><polygon/></object>", "box-missing", ""),
        (an_object(box="<xmin>1</xmin><ymin>2</ymin><xmax>3</xmax>"), "coordinate-missing", "ymax"),
        *(
            (
                an_object(box=f"<xmin>{x}</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax>"),
                "coordinate-no-number",
                f"xmin {x!r}",
            )
            for x in ("", "nan", "inf", "-Infinity", "1_0", "12,5", "0x10", "ten", "1e999")
        ),
    ],
)
def test_a_problem_of_one_object_spares_the_others(bad: str, rule: str, value: str) -> None:
    annotation = parse_voc(voc(an_object() + bad + an_object(name="<name>cat</name>")))
    assert [box.label for box in annotation.boxes] == ["dog", "cat"]
    (finding,) = annotation.findings
    assert (finding.rule, finding.value, finding.object_number) == (rule, value, 2)


def test_a_size_that_is_no_number_is_said() -> None:
    annotation = parse_voc(voc("<size><width>wide</width><height>40</height></size>"))
    assert (annotation.width, annotation.height) == (None, 40)
    (finding,) = annotation.findings
    assert (finding.rule, finding.value, finding.object_number) == ("size-unreadable", "width 'wide'", None)


@pytest.mark.parametrize(
    ("text", "flag"),
    [("1", True), ("0", False), ("", False), (" yes ", True), ("True", True), ("0.4", True), ("no", False)],
)
def test_flags_are_read_as_others_write_them(text: str, flag: bool) -> None:
    box = parse_voc(voc(an_object(f"<difficult>{text}</difficult><truncated>{text}</truncated>"))).boxes[0]
    assert (box.difficult, box.truncated) == (flag, flag)


def test_white_space_within_a_label_is_one_space() -> None:
    assert parse_voc(voc(an_object(name="<name> big\t \ndog </name>"))).boxes[0].label == "big dog"


def test_a_label_split_by_a_comment_or_cdata_is_whole() -> None:
    assert parse_voc(voc(an_object(name="<name>d<!-- x --><![CDATA[o&]]>g</name>"))).boxes[0].label == "do&g"


def test_a_file_that_is_gone_or_no_file_is_a_finding(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.xml", tmp_path):
        with pytest.raises(AnnotationError) as raised:
            read_annotation(path)
        assert raised.value.finding.rule == "xml-unreadable"


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.xml"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(AnnotationError) as raised:
        read_annotation(path)
    assert raised.value.finding.rule == "xml-too-large"


def test_real_annotations_parse_and_come_out_unchanged_but_for_the_path(shared: Path) -> None:
    files = sorted((shared / "data/raccoon/annotations").glob("*.xml"))
    assert files
    for file in files:
        data = file.read_bytes()
        annotation = read_annotation(file)
        assert annotation.findings == ()
        folder = data.split(b"<folder>")[1].split(b"</folder>")[0].decode()
        path = data.split(b"<path>")[1].split(b"</path>")[0].decode()
        depth = int(data.split(b"<depth>")[1].split(b"</depth>")[0])
        rendered = render_voc(annotation, folder=folder, path=path, depth=depth)
        # Some were written by older versions, which set <truncated> by another rule.
        assert parse_voc(rendered).boxes == tuple(
            Box(b.label, b.xmin, b.ymin, b.xmax, b.ymax, b.difficult, r.truncated)
            for b, r in zip(annotation.boxes, parse_voc(rendered).boxes, strict=True)
        )


_text = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=20)
_label = _text.map(lambda text: " ".join(text.split())).filter(bool)
_edge = st.floats(-50, 5000, allow_nan=False)
_boxes = st.lists(
    st.builds(Box, _label, _edge, _edge, _edge, _edge, st.booleans(), st.booleans(), _label), max_size=5
).map(tuple)
_annotations = st.builds(
    Annotation, _text.map(str.strip), st.integers(1, 9999), st.integers(1, 9999), _boxes, st.booleans()
)


def as_labelimg_keeps_it(box: Box, width: int, height: int) -> Box:
    xmin, ymin = max(math.trunc(box.xmin), 1), max(math.trunc(box.ymin), 1)
    xmax, ymax = math.trunc(box.xmax), math.trunc(box.ymax)
    at_edge = xmin == 1 or ymin == 1 or xmax == width or ymax == height
    return Box(box.label, xmin, ymin, xmax, ymax, box.difficult, box.truncated or at_edge, box.pose)


@given(annotation=_annotations, folder=_text, path=_text)
def test_what_is_written_is_read_back(annotation: Annotation, folder: str, path: str) -> None:
    data = render_voc(annotation, folder=folder, path=path)
    again = parse_voc(data)
    assert annotation.width is not None and annotation.height is not None
    kept = tuple(as_labelimg_keeps_it(box, annotation.width, annotation.height) for box in annotation.boxes)
    assert annotation.findings == ()
    assert again == replace(annotation, boxes=kept, folder=again.folder)
    assert again.folder.split() == folder.split()
    assert render_voc(again, folder=folder, path=path) == data


@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_annotation_error_or_an_annotation(data: bytes) -> None:
    try:
        parse_voc(data)
    except AnnotationError as error:
        assert error.finding.rule.startswith("xml-")


@given(st.data())
def test_a_damaged_annotation_ends_in_an_annotation_error_or_an_annotation(data: st.DataObject) -> None:
    whole = (Path(__file__).parent / "golden" / "two_boxes.xml").read_bytes()
    place = data.draw(st.integers(0, len(whole)))
    damaged = whole[:place] + data.draw(st.binary(max_size=4)) + whole[data.draw(st.integers(place, len(whole))) :]
    try:
        parse_voc(damaged)
    except AnnotationError as error:
        assert error.finding.rule.startswith("xml-")


@pytest.mark.parametrize("label", ["a\0b", "a\x0bb", "\ud800", "\ufffe"])
def test_a_label_that_xml_cannot_hold_is_refused_before_a_file_is_spoiled(label: str) -> None:
    with pytest.raises(AnnotationError) as raised:
        render_voc(Annotation("a.jpg", 9, 9, (Box(label, 1, 1, 2, 2),)), folder="", path="")
    assert raised.value.finding.rule == "text-not-xml"


def test_an_annotation_without_a_size_is_not_written() -> None:
    with pytest.raises(ValueError, match="width and height"):
        render_voc(Annotation("a.jpg", None, 9, ()), folder="", path="")
