"""Boxes and pixels lie in one frame, one cause gives one finding, and no misplaced box is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from boxwright.annotations.model import Annotation, Box
from boxwright.dataset.plan.placement import (
    AS_THEY_ARE,
    UNKNOWN,
    AnnotatedImage,
    Placements,
    turned,
)
from boxwright.dataset.plan.placement_evidence import find_placements
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.images import TRANSPOSE
from boxwright.dataset.sources.scan import FileStat
from boxwright.findings import Severity

Edges = tuple[float, float, float, float]
STAT = FileStat(0, 0, 0, 0)


def annotated(
    name: str,
    size: tuple[int | None, int | None],
    *boxes: Edges,
    photo: tuple[int, int] = (160, 120),
    orientation: int = 1,
) -> AnnotatedImage:
    """Return an image of `photo` upright pixels whose annotation file says `size`."""
    image = ImageInfo(STAT, name, *photo, orientation=orientation)
    annotation = Annotation(f"{name}.jpg", *size, tuple(Box("cup", *edges) for edges in boxes))
    return AnnotatedImage(f"images/{name}.jpg", image, f"images/{name}.xml", annotation)


def placed(image: AnnotatedImage, placements: Placements) -> list[Edges]:
    boxes = [placements.of(image.path).place(box, *map(int, image.upright)) for box in image.annotation.boxes]
    return [(box.xmin, box.ymin, box.xmax, box.ymax) for box in boxes]


def rules(placements: Placements) -> list[str]:
    return [finding.rule for finding in placements.findings]


@given(
    st.integers(1, 8),
    st.integers(2, 40),
    st.integers(2, 40),
    st.tuples(st.integers(0, 39), st.integers(0, 39)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_a_box_is_turned_as_pillow_turns_its_pixels(
    orientation: int, width: int, height: int, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    xmin, ymin = min(corner[0], width - 1), min(corner[1], height - 1)
    xmax, ymax = min(xmin + size[0], width), min(ymin + size[1], height)
    pixels = np.zeros((height, width), np.uint8)
    pixels[ymin:ymax, xmin:xmax] = 255
    image = Image.fromarray(pixels)
    upright = image.transpose(TRANSPOSE[orientation]) if orientation in TRANSPOSE else image
    assert turned((xmin, ymin, xmax, ymax), orientation, (width, height)) == upright.getbbox()


def test_size_and_photo_that_agree_need_nothing() -> None:
    placements = find_placements(
        [annotated("a", (160, 120), (1, 2, 30, 40)), annotated("b", (None, None), (1, 2, 3, 4))]
    )
    assert placements == Placements({}, ())


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_in_the_stored_frame_are_turned_with_the_pixels(orientation: int) -> None:
    stored = annotated("a", (160, 120), (10, 20, 50, 100), photo=(120, 160), orientation=orientation)
    upright = annotated("b", (120, 160), (10, 20, 50, 100), photo=(120, 160), orientation=orientation)
    placements = find_placements([stored, upright])
    assert placed(stored, placements) == [turned((10, 20, 50, 100), orientation, (160, 120))]
    assert placed(upright, placements) == [(10, 20, 50, 100)]
    assert rules(placements) == ["exif-boxes-turned"]


def test_turned_photos_are_reported_once_with_their_number() -> None:
    images = [
        annotated(f"p{number}", (160, 120), (1, 1, 9, 9), photo=(120, 160), orientation=6) for number in range(151)
    ]
    (finding,) = find_placements(images).findings
    assert finding.value == "151 images"
    assert "151 files (images/p0.xml, images/p1.xml, images/p10.xml, ...)" in finding.message


@pytest.mark.parametrize(
    ("size", "photo", "orientation"),
    [((99, 99), (99, 99), 6), ((None, None), (120, 160), 8), ((0, 0), (120, 160), 5), ((160, 120), (160, 120), 3)],
    ids=["square", "no size", "size of 0", "half a turn"],
)
def test_where_the_size_cannot_tell_the_other_photos_decide(
    size: tuple[int | None, int | None], photo: tuple[int, int], orientation: int
) -> None:
    unclear = annotated("u", size, (10, 20, 50, 60), photo=photo, orientation=orientation)
    stored = annotated("s", (160, 120), (10, 20, 50, 60), photo=(120, 160), orientation=6)
    upright = annotated("t", (120, 160), (10, 20, 50, 60), photo=(120, 160), orientation=6)

    alone = find_placements([unclear])
    assert placed(unclear, alone) == [(10, 20, 50, 60)]
    assert [(finding.rule, finding.file) for finding in alone.findings] == [("exif-frame-assumed", "images/u.xml")]

    with_stored = find_placements([unclear, stored])
    assert placed(unclear, with_stored) == [turned((10, 20, 50, 60), orientation, unclear.stored)]
    assert rules(with_stored) == ["exif-boxes-turned", "exif-frame-assumed"]

    with_upright = find_placements([unclear, upright])
    assert (placed(unclear, with_upright), rules(with_upright)) == ([(10, 20, 50, 60)], [])

    with_both = find_placements([unclear, stored, upright])
    assert placed(unclear, with_both) == [(10, 20, 50, 60)]
    assert "exif-boxes-turned" in rules(with_both)


@pytest.mark.parametrize(
    ("size", "box", "is_turned"),
    [
        ((None, None), (10, 20, 150, 60), True),
        ((None, None), (10, 20, 60, 150), False),
        ((160, 120), (10, 20, 60, 150), False),
        ((120, 160), (10, 20, 150, 60), True),
    ],
    ids=["no size, fits stored", "no size, fits upright", "stored size, fits upright", "upright size, fits stored"],
)
def test_boxes_that_fit_one_frame_only_tell_it(
    size: tuple[int | None, int | None], box: Edges, is_turned: bool
) -> None:
    image = annotated("a", size, box, photo=(120, 160), orientation=6)
    placements = find_placements([image])
    assert placed(image, placements) == [turned(box, 6, (160, 120)) if is_turned else box]
    expected = ["exif-boxes-turned"] if is_turned else []
    assert rules(placements) == [*expected, *([] if size[0] else ["exif-frame-assumed"])]


def test_boxes_that_fit_neither_frame_are_left_out() -> None:
    image = annotated("a", (160, 120), (10, 20, 300, 400), photo=(120, 160), orientation=6)
    placements = find_placements([image])
    assert (placements.of(image.path), rules(placements)) == (UNKNOWN, ["size-transposed"])


def test_a_turned_photo_that_was_scaled_is_both() -> None:
    image = annotated("a", (320, 240), (20, 40, 100, 200), photo=(120, 160), orientation=6)
    placements = find_placements([image])
    assert placed(image, placements) == [turned((10, 20, 50, 100), 6, (160, 120))]


@pytest.mark.parametrize("factor", [0.25, 0.5, 1 / 3, 1.5, 4.0])
def test_a_scaled_set_is_rescaled_and_said_once(factor: float) -> None:
    photo = (round(640 * factor), round(480 * factor))
    images = [annotated(f"p{n}", (640, 480), (40, 80, 600, 460), photo=photo) for n in range(12)]
    placements = find_placements(images)
    assert np.allclose(placed(images[0], placements), np.array([40, 80, 600, 460]) * factor, atol=1)
    (finding,) = placements.findings
    assert (finding.rule, finding.severity) == ("boxes-rescaled", Severity.WARNING)
    assert "12 files" in finding.message


def test_each_factor_is_said_once() -> None:
    images = [annotated(f"a{n}", (640, 480), (1, 1, 600, 400), photo=(160, 120)) for n in range(3)]
    images += [annotated(f"b{n}", (640, 480), (1, 1, 600, 400), photo=(320, 240)) for n in range(3)]
    assert sorted(finding.value for finding in find_placements(images).findings) == ["factor 1/2", "factor 1/4"]


def test_a_wrong_size_in_the_file_moves_no_box() -> None:
    images = [annotated("a", (40, 30), (1, 1, 20, 20)), annotated("b", (40, 30), (100, 90, 150, 110))]
    placements = find_placements(images)
    assert placed(images[1], placements) == [(100, 90, 150, 110)]
    assert placed(images[0], placements) == [(1, 1, 20, 20)]
    assert rules(placements) == ["size-mismatch"]


Build = Callable[[], Sequence[AnnotatedImage]]


@pytest.mark.parametrize(
    ("build", "rule"),
    [
        (lambda: [annotated("a", (120, 160), (1, 1, 90, 150))], "size-transposed"),
        (lambda: [annotated("a", (160, 160), (1, 1, 90, 110))], "size-mismatch"),
        (lambda: [annotated("a", (640, 480), (1, 1, 900, 470))], "size-mismatch"),
        (lambda: [annotated(name, (160, 120), (1, 90, 30, 10)) for name in "abc"], "axis-inverted"),
        (lambda: [annotated(name, (160, 120), (30, 1, 10, 90)) for name in "abc"], "axis-inverted"),
    ],
    ids=["turned, EXIF lost", "stretched", "fits neither size", "y inverted", "x inverted"],
)
def test_boxes_whose_place_cannot_be_told_are_left_out_with_one_finding(build: Build, rule: str) -> None:
    images = build()
    placements = find_placements(images)
    assert {placements.of(image.path) for image in images} == {UNKNOWN}
    (finding,) = placements.findings
    assert (finding.rule, finding.severity) == (rule, Severity.ERROR)


def test_width_and_height_exchanged_by_the_converter_only_move_no_box() -> None:
    images = [annotated("a", (120, 160), (1, 1, 150, 100)), annotated("b", (120, 160), (1, 1, 20, 20))]
    placements = find_placements(images)
    assert {placements.of(image.path) for image in images} == {AS_THEY_ARE}
    assert rules(placements) == ["size-mismatch"]


def test_one_inverted_box_among_many_is_no_matter_of_the_set() -> None:
    images = [annotated(f"p{n}", (160, 120), (1, 1, 30, 20)) for n in range(9)]
    images.append(annotated("q", (160, 120), (1, 20, 30, 1)))
    assert find_placements(images) == Placements({}, ())


def test_fractions_are_multiplied_by_the_size() -> None:
    images = [annotated(name, (160, 120), (0.25, 0.5, 0.75, 1.0)) for name in "ab"]
    placements = find_placements(images)
    assert placed(images[0], placements) == [(40, 60, 120, 120)]
    assert rules(placements) == ["coordinates-are-fractions"]
    assert find_placements([annotated("c", (160, 120), (0, 0, 1, 1))]) == Placements({}, ())


def test_a_size_that_is_off_by_rounding_moves_no_box() -> None:
    assert find_placements([annotated("a", (161, 120), (1, 1, 30, 20))]) == Placements({}, ())
