"""Each object of a photo once, however many tiles saw it."""

from __future__ import annotations

import numpy as np

from boxwright.tiling.merge import TileBoxes, merge_boxes


def merged(*rows: tuple[tuple[float, float, float, float], float, int, bool]) -> list[tuple[list[float], float, int]]:
    """Merge boxes with score, class and whether they are cut."""
    boxes, scores, classes, cut = zip(*rows, strict=True) if rows else ((), (), (), ())
    found = merge_boxes(
        TileBoxes(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array(scores, np.float32),
            np.array(classes, np.int32),
            np.array(cut, bool),
        )
    )
    return list(zip(found.boxes.tolist(), np.round(found.scores, 3).tolist(), found.classes.tolist(), strict=True))


def test_an_object_found_twice_is_the_better_box() -> None:
    assert merged(((0, 0, 10, 10), 0.5, 1, False), ((0, 1, 10, 11), 0.75, 1, False)) == [([0, 1, 10, 11], 0.75, 1)]


def test_parts_become_their_union() -> None:
    parts = [((0, 0, 10, 100), 0.5, 1, True), ((0, 80, 10, 180), 0.75, 1, True), ((0, 20, 10, 60), 0.25, 1, True)]
    assert merged(*parts) == [([0, 0, 10, 180], 0.75, 1)]


def test_a_part_with_a_better_score_grows_to_the_whole_object_and_no_further() -> None:
    whole, neighbour = ((0, 0, 10, 60), 0.5, 1, False), ((0, 50, 10, 110), 0.5, 1, False)
    assert merged(((0, 0, 10, 30), 0.75, 1, True), whole, neighbour) == [
        ([0, 0, 10, 60], 0.75, 1),
        ([0, 50, 10, 110], 0.5, 1),
    ]


def test_parts_of_neighbours_that_only_touch_each_other_stay_apart() -> None:
    assert len(merged(((0, 0, 10, 100), 0.5, 1, True), ((8, 90, 80, 180), 0.75, 1, True))) == 2


def test_a_small_object_before_a_large_one_stays() -> None:
    rows = [((0, 0, 100, 100), 0.75, 1, False), ((40, 40, 60, 60), 0.5, 1, False)]
    assert len(merged(*rows)) == 2


def test_classes_are_not_merged_and_nothing_is_nothing() -> None:
    assert len(merged(((0, 0, 10, 10), 0.75, 1, False), ((0, 0, 10, 10), 0.5, 2, False))) == 2
    assert merged() == []
