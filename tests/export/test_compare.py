"""What counts as the same detections."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boxwright.export.compare import largest_difference

Arrays = dict[str, np.ndarray]


@pytest.fixture
def outputs() -> Arrays:
    random = np.random.default_rng(0)
    boxes = random.random((1, 4, 4)).astype(np.float32)
    scores = np.array([[0.9, 0.8, 0.7999999, 0.0]], np.float32)
    return {
        "detection_boxes": boxes,
        "detection_scores": scores,
        "detection_classes": np.array([[1.0, 2.0, 2.0, 1.0]], np.float32),
        "num_detections": np.array([3.0], np.float32),
        "raw_detection_boxes": random.random((1, 9, 4)).astype(np.float32),
        "raw_detection_scores": random.random((1, 9, 3)).astype(np.float32),
    }


def changed(outputs: Arrays, name: str, place: tuple[int, ...], value: float) -> Arrays:
    array = outputs[name].copy()
    array[place] = value
    return {**outputs, name: array}


def test_equal_is_zero(outputs: Arrays) -> None:
    assert largest_difference(outputs, outputs)[0] == 0.0


def test_neighbours_with_nearly_equal_scores_may_swap(outputs: Arrays) -> None:
    order = [0, 2, 1, 3]
    swapped = {n: v[:, order] if n.startswith("detection") else v for n, v in outputs.items()}
    assert largest_difference(outputs, swapped)[0] < 1e-6


def test_the_worst_output_is_named(outputs: Arrays) -> None:
    moved = changed(outputs, "raw_detection_boxes", (0, 5, 1), outputs["raw_detection_boxes"][0, 5, 1] + 0.25)
    assert largest_difference(outputs, moved) == (pytest.approx(0.25), "raw_detection_boxes")
    moved = changed(outputs, "detection_boxes", (0, 0, 2), outputs["detection_boxes"][0, 0, 2] + 0.5)
    assert largest_difference(outputs, moved) == (pytest.approx(0.5), "detection_boxes")


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("detection_classes", (0, 0), 2.0),
        ("num_detections", (0,), 2.0),
        ("raw_detection_scores", (0, 3, 1), math.nan),
        ("detection_boxes", (0, 1, 1), math.nan),
    ],
)
def test_what_can_never_be_the_same(outputs: Arrays, name: str, place: tuple[int, ...], value: float) -> None:
    assert largest_difference(outputs, changed(outputs, name, place, value))[0] >= 1.0


def test_places_after_the_last_detection_do_not_count(outputs: Arrays) -> None:
    assert largest_difference(outputs, changed(outputs, "detection_boxes", (0, 3, 0), 9.0))[0] == 0.0


def test_another_shape_is_not_the_same(outputs: Arrays) -> None:
    fewer = {**outputs, "raw_detection_boxes": outputs["raw_detection_boxes"][:, :8]}
    assert largest_difference(outputs, fewer)[0] == math.inf
