"""Boxes on pictures: visible, stable in colour, and not to be broken by a label or a box."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageFont

from boxwright.inference import drawing
from boxwright.inference.detections import Detections
from boxwright.inference.drawing import class_colour, draw_boxes, draw_detections, side_by_side


def detections(boxes: list[list[float]], scores: list[float], labels: tuple[str, ...]) -> Detections:
    count = len(boxes)
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        scores=np.array(scores, np.float32),
        classes=np.arange(1, count + 1, dtype=np.int32),
        labels=labels,
        height=200,
        width=300,
    )


@pytest.fixture
def grey() -> np.ndarray:
    return np.full((200, 300, 3), 120, np.uint8)


def test_a_box_is_drawn_where_it_is(grey: np.ndarray) -> None:
    picture = np.asarray(draw_boxes(grey, np.array([[0.25, 0.2, 0.75, 0.8]]), [1], [""]))
    changed = np.argwhere((picture != grey).any(axis=-1))
    assert changed.min(axis=0).tolist() == pytest.approx([50, 60], abs=1)
    assert changed.max(axis=0).tolist() == pytest.approx([149, 239], abs=1)
    assert (picture[100, 150] == 120).all()  # the inside stays
    assert (grey == 120).all()  # and so does the input


@pytest.mark.parametrize("level", [0, 128, 255])
def test_lines_are_visible_on_any_background(level: int) -> None:
    image = np.full((100, 100, 3), level, np.uint8)
    for class_id in range(1, 12):
        picture = np.asarray(draw_boxes(image, np.array([[0.2, 0.2, 0.8, 0.8]]), [class_id], [""])).astype(int)
        assert np.abs(picture - level).max() > 80


def test_colours_are_stable_and_differ_between_neighbouring_classes() -> None:
    colours = [class_colour(number) for number in range(1, 9)]
    assert colours == [class_colour(number) for number in range(1, 9)]
    for index, one in enumerate(colours):
        for other in colours[index + 1 :]:
            assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 60


def test_lines_and_letters_grow_with_the_image() -> None:
    def drawn(side: int) -> float:
        image = np.zeros((side, side, 3), np.uint8)
        picture = np.asarray(draw_boxes(image, np.array([[0.5, 0.5, 0.9, 0.9]]), [1], ["cat 90%"]))
        return float((picture != 0).any(axis=-1).mean())

    assert drawn(2000) > 0.5 * drawn(400)


@pytest.mark.parametrize("label", ["浣熊", "ракун", "ñandú", "🦝", "a\nb", "", "\x00", "x" * 300, "مرحبا"])
def test_any_label_can_be_drawn(grey: np.ndarray, label: str) -> None:
    found = detections([[0.1, 0.1, 0.5, 0.5]], [0.9], (label,))
    assert draw_detections(grey, found).size == (300, 200)


def test_the_bitmap_font_of_a_pillow_without_freetype_takes_any_label(
    grey: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "_font", lambda size: ImageFont.load_default_imagefont())
    assert draw_detections(grey, detections([[0.1, 0.1, 0.5, 0.5]], [0.9], ("浣熊",))).size == (300, 200)


@pytest.mark.parametrize(
    "box",
    [
        [np.nan, 0.0, 1.0, 1.0],
        [0.0, 0.0, np.inf, 1.0],
        [-5.0, -5.0, 9.0, 9.0],
        [0.5, 0.5, 0.5, 0.5],
        [0.9, 0.9, 0.1, 0.1],
        [1.0, 1.0, 1.0, 1.0],
    ],
)
def test_no_box_breaks_the_drawing(grey: np.ndarray, box: list[float]) -> None:
    assert draw_boxes(grey, np.array([box]), [1], ["label"]).size == (300, 200)


def test_a_caption_stays_within_the_picture(grey: np.ndarray) -> None:
    for box in ([0.0, 0.0, 1.0, 1.0], [0.9, 0.9, 1.0, 1.0], [0.0, 0.95, 0.05, 1.0]):
        plain = np.asarray(draw_boxes(grey, np.array([box]), [1], [""]))
        labelled = np.asarray(draw_boxes(grey, np.array([box]), [1], ["raccoon 99%"]))
        assert (plain != labelled).any(axis=-1).sum() > 200


def test_detections_below_the_score_are_not_drawn(grey: np.ndarray) -> None:
    found = detections([[0.1, 0.1, 0.5, 0.5]], [0.4], ("cat",))
    assert (np.asarray(draw_detections(grey, found, min_score=0.5)) == grey).all()


def test_detections_left_ground_truth_right(grey: np.ndarray) -> None:
    found = detections([[0.1, 0.1, 0.5, 0.5]], [0.9], ("cat",))
    both = side_by_side(grey, np.zeros((0, 4)), [], found, {1: "cat"})
    assert both.height == 200 and both.width > 600
    pixels = np.asarray(both)
    assert (pixels[:, :300] != 120).any() and (pixels[:, -300:] == 120).all()
    both = side_by_side(grey, np.array([[0.1, 0.1, 0.5, 0.5]]), [7], found.above(0.95), {1: "cat"})
    assert (np.asarray(both)[:, :300] == 120).all() and (np.asarray(both)[:, -300:] != 120).any()


def test_a_picture_of_a_few_pixels() -> None:
    image = np.zeros((3, 2, 3), np.uint8)
    assert draw_boxes(image, np.array([[0.0, 0.0, 1.0, 1.0]]), [1], ["cat"]).size == (2, 3)
