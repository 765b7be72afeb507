"""The measurement of doubtful labels: what it changes, and what it counts as found."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.model import Annotation, Box
from boxwright.runs.doubtful import DoubtfulLabel

EDGES = (10.0, 10.0, 50.0, 50.0)
ANNOTATIONS = {
    f"{number}.jpg": Annotation(f"{number}.jpg", 100, 100, (Box("dog", *EDGES), Box("cat", 60.0, 60.0, 90.0, 90.0)))
    for number in range(10)
}


@pytest.fixture
def bench(project: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(project / "scripts"))
    import bench_doubtful

    yield bench_doubtful
    for name in ("bench_doubtful", "bench_recipe", "bench_recipe_scenes"):
        sys.modules.pop(name, None)


def test_so_many_boxes_are_removed_and_so_many_get_another_class(bench: Any) -> None:
    changed, changes = bench.change_boxes(ANNOTATIONS, removed=0.2, swapped=0.1, seed=1)
    assert [bool(change.new_label) for change in changes] == [False] * 4 + [True] * 2
    assert sum(len(one.boxes) for one in changed.values()) == 16
    for change in changes:
        labels = [box.label for box in changed[change.image].boxes]
        assert change.new_label != change.label and labels.count(change.label) < 2
    assert bench.change_boxes(ANNOTATIONS, removed=0.2, swapped=0.1, seed=1) == (changed, changes)
    assert bench.change_boxes(ANNOTATIONS, removed=0.2, swapped=0.1, seed=2)[1] != changes


def test_a_change_is_found_at_its_place_with_its_class(bench: Any) -> None:
    removed, swapped = bench.Change("a.jpg", "dog", *EDGES), bench.Change("b.jpg", "dog", *EDGES, new_label="cat")
    missing = DoubtfulLabel("missing box", "a.jpg", "dog", 0.9, 0.9, EDGES)
    wrong = DoubtfulLabel("wrong class", "b.jpg", "dog", 0.9, 0.9, EDGES, "cat", EDGES)
    assert bench.found_share([missing, wrong], [removed, swapped]) == 1.0
    assert bench.found_share([missing], [removed, swapped]) == 0.5
    elsewhere = DoubtfulLabel("missing box", "a.jpg", "dog", 0.9, 0.9, (60.0, 60.0, 90.0, 90.0))
    other = DoubtfulLabel("missing box", "a.jpg", "cat", 0.9, 0.9, EDGES)
    assert bench.found_share([elsewhere, other], [removed]) == 0.0
