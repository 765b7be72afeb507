"""How well two models agree on what they are sure of."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boxwright.export.agreement import Agreement, agreement

Arrays = dict[str, np.ndarray]
ONE, TWO = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]


def outputs(*found: tuple[list[float], float, int]) -> Arrays:
    """Return the outputs of a detector that found these boxes, with scores and classes."""
    places = [*found, ([0.0] * 4, 0.0, 1)]  # one that is empty
    return {
        "detection_boxes": np.array([[box for box, _, _ in places]], np.float32),
        "detection_scores": np.array([[score for _, score, _ in places]], np.float32),
        "detection_classes": np.array([[number for _, _, number in places]], np.float32),
        "num_detections": np.array([len(found)], np.float32),
    }


def measured(one: Arrays, other: Arrays) -> Agreement:
    return agreement([one], [other])


def test_the_same_agree_whatever_their_order() -> None:
    one = outputs((ONE, 0.9, 1), (TWO, 0.8, 2))
    assert measured(one, outputs((TWO, 0.8, 2), (ONE, 0.9, 1))) == Agreement(4, 1.0, 0.0)


def test_overlap_and_score_are_means() -> None:
    half = [0.1, 0.1, 0.5, 0.4]
    found = measured(outputs((ONE, 0.9, 1), (TWO, 0.8, 2)), outputs((half, 0.7, 1), (TWO, 0.8, 2)))
    assert found.detections == 4
    assert (found.overlap, found.score) == (pytest.approx((0.75 + 1.0) / 2), pytest.approx(0.1))


@pytest.mark.parametrize("other", [outputs(), outputs((ONE, 0.9, 2)), outputs((TWO, 0.9, 1))])
def test_without_a_partner_the_whole_score_counts(other: Arrays) -> None:
    found = measured(outputs((ONE, 0.9, 1)), other)
    assert (found.overlap, found.score) == (0.0, pytest.approx(0.9))


def test_what_only_the_other_found_counts_as_well() -> None:
    found = measured(outputs((ONE, 0.9, 1)), outputs((ONE, 0.9, 1), (TWO, 0.6, 1)))
    assert (found.detections, found.overlap, found.score) == (3, pytest.approx(2 / 3), pytest.approx(0.2))


def test_the_unsure_do_not_count_unless_there_is_nothing_else() -> None:
    sure = outputs((ONE, 0.9, 1), (TWO, 0.1, 1))
    assert measured(sure, outputs((ONE, 0.9, 1))) == Agreement(2, 1.0, 0.0)
    unsure = outputs((ONE, 0.1, 1), (TWO, 0.02, 1))
    assert measured(unsure, outputs((ONE, 0.1, 2))).overlap == 0.0
    assert measured(outputs(), outputs((ONE, 0.9, 1))).overlap == 0.0
    assert measured(outputs(), outputs()) == Agreement(0, 1.0, 0.0)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_never_agrees(value: float) -> None:
    found = measured(outputs((ONE, 0.9, 1)), outputs(([value] * 4, 0.9, 1)))
    assert not found.overlap > 0.5
    found = measured(outputs((ONE, 0.9, 1)), outputs((ONE, value, 1)))
    assert not found.score < 0.5
