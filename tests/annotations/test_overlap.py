"""Intersection over union, against counted cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.annotations.overlap import Edges, iou

EDGE = st.integers(0, 40)
BOXES = st.tuples(EDGE, EDGE, EDGE, EDGE).map(
    lambda e: (float(min(e[0], e[2])), float(min(e[1], e[3])), float(max(e[0], e[2])), float(max(e[1], e[3])))
)


def cells(box: Edges) -> set[tuple[int, int]]:
    return {(x, y) for x in range(int(box[0]), int(box[2])) for y in range(int(box[1]), int(box[3]))}


@given(BOXES, BOXES)
def test_iou_is_that_of_counted_cells(one: Edges, other: Edges) -> None:
    both = cells(one) | cells(other)
    expected = len(cells(one) & cells(other)) / len(both) if both else 0.0
    assert iou(one, other) == pytest.approx(expected)
    assert iou(other, one) == iou(one, other)


def test_a_box_with_swapped_edges_overlaps_nothing() -> None:
    assert iou((10.0, 10.0, 5.0, 5.0), (0.0, 0.0, 20.0, 20.0)) == 0.0


def test_some_overlaps() -> None:
    assert iou((0.1, 0.25, 0.3, 0.75), (0.1, 0.25, 0.3, 0.75)) == 1.0
    assert iou((1.0, 0.0, 3.0, 2.0), (2.0, 0.0, 4.0, 2.0)) == pytest.approx(1 / 3)
    assert iou((0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 2.0, 1.0)) == 0.0
    assert iou((1.0, 1.0, 1.0, 5.0), (1.0, 1.0, 1.0, 5.0)) == 0.0
