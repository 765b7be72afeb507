"""The simulation of a person who labels: what is counted, and what ends it. The learner is a stub."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.model import Box
from boxwright.suggestions.model import SuggestedBox

MODULES = ("bench_effort", "bench_effort_person", "bench_recipe", "bench_recipe_scenes")
DOG = Box("dog", 0, 0, 100, 100)
TRUTH = {f"{number:02}.jpg": (DOG,) for number in range(10)}


def suggested(label: str, *, right: float = 100.0, left: float = 0.0, score: float = 0.9) -> SuggestedBox:
    return SuggestedBox(label, score, xmin=left, ymin=0.0, xmax=right, ymax=100.0)


class Stub:
    """Gets better by .1 with each photo, and finds everything once it was trained."""

    def __init__(self) -> None:
        self.trained_on: list[list[str]] = []
        self.asked: list[str] = []

    def train(self, labelled: Sequence[str]) -> None:
        self.trained_on.append(list(labelled))

    def precision(self) -> float:
        return len(self.trained_on[-1]) / 10

    def suggestions(self, photos: Sequence[str]) -> dict[str, list[SuggestedBox]]:
        self.asked += photos
        return {photo: [suggested("dog")] for photo in photos}

    def ranked(self, labelled: Sequence[str], unlabelled: Sequence[str]) -> list[str]:
        return sorted(unlabelled, reverse=True)


@pytest.fixture
def person(project: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(project / "scripts"))
    import bench_effort_person

    yield bench_effort_person
    for name in MODULES:
        sys.modules.pop(name, None)


def simulate(person: Any, stub: Stub, **options: Any) -> Any:
    given = {"order": "file", "with_suggestions": True, "batch": 3, "seed": 0, "enough": 0.8, **options}
    return person.simulate(TRUTH, stub, **given)


@pytest.mark.parametrize(
    ("boxes", "acts"),
    [
        ([], {"drawn": 1}),
        ([suggested("dog")], {"accepted": 1}),
        ([suggested("dog", right=70)], {"accepted": 1}),
        ([suggested("dog", right=69)], {"moved": 1}),
        ([suggested("dog", right=30)], {"moved": 1}),
        ([suggested("dog", right=29)], {"deleted": 1, "drawn": 1}),
        ([suggested("cat")], {"relabelled": 1}),
        ([suggested("cat", right=50)], {"moved": 1, "relabelled": 1}),
        ([suggested("dog", score=0.8), suggested("dog", right=60)], {"moved": 1, "deleted": 1}),
        ([suggested("dog", left=200, right=300)], {"deleted": 1, "drawn": 1}),
    ],
)
def test_what_a_person_does(person: Any, boxes: list[SuggestedBox], acts: dict[str, int]) -> None:
    assert person.label_photo([DOG], boxes) == person.Acts(opened=1, **acts)


def test_acts_take_their_time(person: Any) -> None:
    acts = person.Acts(opened=1, accepted=1, moved=1, deleted=1, relabelled=1, drawn=1)
    assert acts.seconds(person.Seconds(25)) == 2 + 2 + 4 + 2 + 3 + 25
    assert (acts + acts).seconds(person.Seconds(7)) == 2 * (2 + 2 + 4 + 2 + 3 + 7)
    assert person.label_photo([], []).seconds(person.Seconds(25)) == 2  # no object is there, and none is drawn


def test_rounds_end_when_the_model_is_good_enough(person: Any) -> None:
    stub = Stub()
    rounds = simulate(person, stub)
    assert [one.photos for one in rounds] == [3, 6, 9]
    assert [len(labelled) for labelled in stub.trained_on] == [3, 6, 9]
    # the first round has no model yet: its boxes are drawn
    assert rounds[-1].acts == person.Acts(opened=9, drawn=3, accepted=6)
    assert stub.asked == sorted(TRUTH)[3:9]
    assert person.first_reaching(rounds, 0.5) == rounds[1]
    assert person.first_reaching(rounds, 0.95) is None
    assert simulate(person, Stub(), with_suggestions=False)[-1].acts == person.Acts(opened=9, drawn=9)
    assert [one.photos for one in simulate(person, Stub(), enough=2.0)] == [3, 6, 9, 10]


def test_the_three_orders(person: Any) -> None:
    taken = {}
    for order in person.ORDERS:
        stub = Stub()
        simulate(person, stub, order=order, seed=5)
        taken[order] = stub.trained_on[-1]
    assert taken["file"] == sorted(TRUTH)[:9]
    assert taken["ranked"] == sorted(TRUTH, reverse=True)[:9]
    assert taken["random"] not in (taken["file"], taken["ranked"])
    again = Stub()
    simulate(person, again, order="random", seed=5)
    assert again.trained_on[-1] == taken["random"]


def test_the_csv_continues_and_the_table_has_medians(person: Any, tmp_path: Path) -> None:
    import bench_effort

    path = tmp_path / "effort.csv"
    assert bench_effort.read_rows(path) == []
    written = []
    for seed in (0, 1):
        rounds = simulate(person, Stub(), seed=seed, enough=0.6 if seed else 0.8)
        written += bench_effort.append_rows(path, ("raccoon", "file", True, seed), rounds, 1.5)
    assert bench_effort.read_rows(path) == written
    # three photos drawn and three accepted: 3 x (2 + 25) + 3 x (2 + 2), or with 7 s a box
    assert bench_effort.summaries(written, 0.6) == [("raccoon", "file", "with", "2 of 2", 6, 93, 39)]
    assert bench_effort.summaries(written, 0.8)[0][3:5] == ("1 of 2", 9)
    assert bench_effort.summaries(written, 0.99) == [("raccoon", "file", "with", "0 of 2", None, None, None)]
