"""Each rule has a case that it finds and one that it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.annotations import Annotation, Box
from boxwright.annotations.voc import parse_voc
from boxwright.dataset.plan.entry import Entry
from boxwright.dataset.plan.health import check_boxes, check_dataset
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.scan import FileStat
from boxwright.findings import Finding, Severity

WIDTH, HEIGHT = 100, 80


def check(*boxes: Box, size: tuple[int | None, int | None] = (WIDTH, HEIGHT)) -> tuple[list[Box], list[Finding]]:
    annotation = Annotation("a.jpg", *size, boxes)
    checked = check_boxes(annotation, file="images/a.xml", width=WIDTH, height=HEIGHT)
    assert all(finding.file == "images/a.xml" and finding.message and finding.advice for finding in checked.findings)
    return list(checked.boxes), list(checked.findings)


def rules(findings: list[Finding]) -> list[tuple[str, Severity]]:
    return [(finding.rule, finding.severity) for finding in findings]


def test_a_finding_is_one_line_and_no_terminal_obeys_it() -> None:
    finding = Finding(
        file="images/a\n\x1b[31mb.xml",
        rule="rule",
        label="cat\u200b",
        value="\udcff é",
        message="Message",
        advice="Advice.",
    )
    assert str(finding) == r"images/a\n\x1b[31mb.xml: cat\u200b: Message (got \udcff é). Advice. [rule]"


@pytest.mark.parametrize(
    "box",
    [
        Box("dog", 10, 10, 20, 20),
        Box("dog", 0, 0, WIDTH, HEIGHT),  # labelImg: xmax may equal the width, and nothing is subtracted
        Box("dog", 1, 1, 2, 2),  # one pixel
        Box("dog", 0.5, 0.5, 99.75, 79.5),
    ],
)
def test_a_box_within_the_image_is_used_as_it_is(box: Box) -> None:
    assert check(box) == ([box], [])


@pytest.mark.parametrize(
    ("corners", "clipped"),
    [
        ((-5, 10, 20, 20), (0, 10, 20, 20)),
        ((10, -5, 20, 20), (10, 0, 20, 20)),
        ((10, 10, 101, 20), (10, 10, 100, 20)),
        ((10, 10, 20, 999), (10, 10, 20, 80)),
        ((-1, -1, 1e6, 1e6), (0, 0, 100, 80)),
    ],
)
def test_a_box_that_reaches_out_is_clipped_with_a_warning(
    corners: tuple[float, ...], clipped: tuple[float, ...]
) -> None:
    usable, findings = check(Box("dog", *corners, difficult=True, pose="Left"))
    assert usable == [Box("dog", *clipped, difficult=True, pose="Left")]
    assert rules(findings) == [("box-outside", Severity.WARNING)]


def test_what_rounding_leaves_beyond_the_edge_is_clipped_silently() -> None:
    assert check(Box("dog", 10, 10, 100.0000001, 20)) == ([Box("dog", 10, 10, 100, 20)], [])


@pytest.mark.parametrize(
    ("corners", "rule"),
    [
        ((20, 10, 10, 20), "box-inverted"),
        ((10, 20, 20, 10), "box-inverted"),
        ((1, 1, 0, 1), "box-inverted"),  # labelImg writes it for a box of no width at the left edge
        ((10, 10, 10, 20), "box-zero"),
        ((10, 10, 20, 10), "box-zero"),
        ((100, 10, 120, 20), "box-outside"),
        ((-20, 10, 0, 20), "box-outside"),
        ((10, 200, 20, 300), "box-outside"),
        ((10, 10, 10.5, 20), "box-sub-pixel"),
        ((99.25, 10, 120, 20), "box-sub-pixel"),
    ],
)
def test_a_box_with_nothing_left_is_left_out_and_the_next_is_used(corners: tuple[float, ...], rule: str) -> None:
    good = Box("cat", 1, 2, 30, 40)
    usable, findings = check(Box("dog", *corners), good)
    assert usable == [good]
    assert rules(findings) == [(rule, Severity.ERROR)]
    assert findings[0].subject == "object 1 (dog)"
    assert f"xmin {corners[0]:g}" in findings[0].value


@given(*(st.floats(-1e6, 1e6) for _ in range(4)))
def test_a_usable_box_is_within_the_image_and_a_pixel_wide(x0: float, y0: float, x1: float, y1: float) -> None:
    usable, findings = check(Box("dog", x0, y0, x1, y1))
    assert bool(usable) != any(finding.severity is Severity.ERROR for finding in findings)
    for box in usable:
        assert 0 <= box.xmin < box.xmax <= WIDTH
        assert 0 <= box.ymin < box.ymax <= HEIGHT
        assert min(box.xmax - box.xmin, box.ymax - box.ymin) > 0.999


def test_a_duplicate_box_is_used_once() -> None:
    box, other_label, other_corners = Box("dog", 1, 2, 30, 40), Box("cat", 1, 2, 30, 40), Box("dog", 1, 2, 30, 41)
    usable, findings = check(box, other_label, box, other_corners)
    assert usable == [box, other_label, other_corners]
    assert rules(findings) == [("box-duplicate", Severity.WARNING)]
    assert findings[0].subject == "object 3 (dog)"
    assert "Object 1" in findings[0].message


@pytest.mark.parametrize(("size", "rule"), [((0, 0), "size-zero"), ((0, 80), "size-zero"), ((100, 80), None)])
def test_a_size_of_0_is_a_warning_and_boxes_keep_their_pixels(size: tuple[int, int], rule: str | None) -> None:
    box = Box("dog", 1, 2, 30, 40)
    usable, findings = check(box, size=size)
    assert usable == [box]
    assert rules(findings) == ([(rule, Severity.WARNING)] if rule else [])


def test_findings_number_objects_as_the_file_does() -> None:
    corners = "<bndbox><xmin>{0}</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>"
    objects = [
        "<object><name>dog</name></object>",  # 1: no box
        "<object><name>dog</name>" + corners.format(1) + "</object>",
        "<object>" + corners.format(1) + "</object>",  # 3: no label
        "<object><name>cat</name>" + corners.format(-5) + "</object>",  # 4: clipped
    ]
    xml = f"<annotation><size><width>w</width></size>{''.join(objects)}</annotation>"
    annotation = parse_voc(xml.encode())
    checked = check_boxes(annotation, file="a.xml", width=WIDTH, height=HEIGHT)
    assert [box.label for box in checked.boxes] == ["dog", "cat"]
    assert checked.numbers == (2, 4)
    assert [(finding.rule, finding.object_number, finding.severity.value) for finding in checked.findings] == [
        ("size-unreadable", None, "warning"),
        ("box-missing", 1, "error"),
        ("label-empty", 3, "error"),
        ("box-outside", 4, "warning"),
    ]


def entries(*rows: tuple[str, str, str, int]) -> dict[str, list[Entry]]:
    """Return an image a row: split, content, label, objects."""
    per_split: dict[str, list[Entry]] = {"train": [], "test": []}
    for number, (split, content, label, count) in enumerate(rows):
        image = ImageInfo(FileStat(0, 0, 0, 0), content, WIDTH, HEIGHT)
        boxes = tuple(Box(label, 1, 2, 3, 4) for _ in range(count))
        per_split[split].append(Entry(f"{number}.jpg", f"images/{number}.xml", image, boxes, (1,) * count, ""))
    return per_split


def dataset_rules(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    assert all(finding.severity is Severity.WARNING for finding in found)
    return [(finding.rule, finding.label) for finding in found]


def test_a_sound_dataset_has_no_findings() -> None:
    assert check_dataset(entries(("train", "a", "dog", 9), ("test", "b", "dog", 1))) == ()


def test_an_empty_dataset_has_no_findings() -> None:
    assert check_dataset(entries()) == ()


@pytest.mark.parametrize(("present", "absent", "why"), [("train", "test", "measured"), ("test", "train", "learnt")])
def test_a_class_absent_from_one_split_is_found(present: str, absent: str, why: str) -> None:
    rows = [("train", "a", "dog", 9), ("test", "b", "dog", 9), (present, "c", "cat", 10)]
    found = check_dataset(entries(*rows))
    assert dataset_rules(found) == [("class-absent-from-split", "cat")]
    assert why in found[0].message
    assert f"{absent} 0" in found[0].value


def test_an_empty_split_is_said_once_and_not_for_each_class() -> None:
    found = check_dataset(entries(("train", "a", "dog", 20), ("train", "b", "cat", 20)))
    assert dataset_rules(found) == [("split-empty", "")]


def test_advice_about_an_empty_split_knows_the_folders() -> None:
    (plain,) = check_dataset(entries(("train", "a", "dog", 20), ("train", "b", "cat", 20)))
    assert "split.csv" in plain.advice
    in_folder = {
        split: [replace(entry, key=f"test/{entry.key}") for entry in of_split]
        for split, of_split in entries(("test", "a", "dog", 20), ("test", "b", "dog", 20)).items()
    }
    (finding,) = check_dataset(in_folder)
    assert "All labelled images lie in images/test, and the folder decides: move some" in finding.advice
    (alone,) = check_dataset(entries(("train", "a", "dog", 20)))
    assert alone.advice.startswith("Label more images")


def test_objects_too_small_for_the_network_are_said_once_a_class() -> None:
    def sized(entry: Entry, size: float) -> Entry:
        small = tuple(replace(box, xmax=box.xmin + size, ymax=box.ymin + 20) for box in entry.boxes)
        return replace(entry, image=replace(entry.image, width=1000, height=1000), boxes=small)

    of_split = entries(
        ("train", "a", "dog", 20), ("test", "b", "dog", 20), ("train", "c", "cat", 20), ("test", "d", "cat", 20)
    )
    sizes = {"0.jpg": 10, "1.jpg": 10, "2.jpg": 20, "3.jpg": 20}
    found = check_dataset({split: [sized(one, sizes[one.key]) for one in of] for split, of in of_split.items()})
    (finding,) = [one for one in found if one.rule == "objects-too-small"]
    assert (finding.label, finding.value) == ("dog", "40 of 40 objects")
    assert "typically 3.0 pixels at 300, 6.4 at 640" in finding.message


def test_fewer_than_ten_examples_are_found() -> None:
    rows = [("train", "a", "dog", 5), ("test", "b", "dog", 4), ("train", "c", "cat", 9), ("test", "d", "cat", 1)]
    assert dataset_rules(check_dataset(entries(*rows))) == [("class-few-examples", "dog")]


@pytest.mark.parametrize(
    ("label", "is_found"),
    [
        ("dog\u200b", True),
        ("\u202egod", True),
        ("te\u00ada", True),
        ("a\u200cb", False),
        ("猫", False),
        ("a b", False),
    ],
)
def test_characters_that_nobody_sees_are_found_in_a_label(label: str, is_found: bool) -> None:
    rows = [("train", "a", label, 9), ("test", "b", label, 9)]
    found = check_dataset(entries(*rows))
    assert dataset_rules(found) == [("label-invisible-character", label)] * is_found
    assert all(finding.value == ascii(label) and str(finding).isprintable() for finding in found)


def test_two_images_of_one_stem_in_a_folder_are_found() -> None:
    images = ["images/a.jpg", "images/a.PNG", "images/sub/a.jpg", "images/b.jpg"]
    (finding,) = check_dataset(entries(), images=images)
    assert (finding.rule, finding.value) == ("two-images-one-stem", "a.PNG, a.jpg")


def test_findings_are_sorted_and_repeatable() -> None:
    rows = [("train", "a", "zebra", 1), ("test", "a", "ant", 1), ("train", "b", "dog", 3)]
    found = check_dataset(entries(*rows))
    assert list(found) == sorted(found)
    assert found == check_dataset({split: its[::-1] for split, its in entries(*rows).items()})
