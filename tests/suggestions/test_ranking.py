"""The order in which to label: uncertain and different photos early, near-duplicates last, the same everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.suggestions.model import SuggestedBox
from boxwright.suggestions.ranking import (
    EMPTY_EVERY,
    RankInput,
    Reason,
    features_of,
    rank_photos,
    uncertainty,
)
from boxwright.suggestions.ranking_record import RankedPhoto, Ranking

RANDOM = np.random.default_rng(5)


def name(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def scene() -> bytes:
    """Return grey values of 16 x 16 that look like no other."""
    coarse = RANDOM.integers(0, 256, (4, 4))
    return np.kron(coarse, np.ones((4, 4))).astype(np.uint8).tobytes()


def like(appearance: bytes, noise: int = 6) -> bytes:
    """Return the same scene as another frame of the clip has it."""
    grey = np.frombuffer(appearance, np.uint8).astype(int) + RANDOM.integers(-noise, noise + 1, 256)
    return bytes(np.clip(grey, 0, 255).astype(np.uint8).tobytes())


def boxes(*scores: float, label: str = "dog") -> tuple[SuggestedBox, ...]:
    return tuple(SuggestedBox(label, score, 0, 0, 1, 1) for score in scores)


def photos(found: Sequence[Sequence[SuggestedBox] | None]) -> list[RankInput]:
    return [RankInput(name(number), scene(), one) for number, one in enumerate(found)]


def test_photos_that_the_model_is_unsure_of_come_before_those_that_it_is_sure_of() -> None:
    given_ = photos([boxes(0.97)] * 10 + [boxes(0.5, 0.45)] * 10)
    order = [one.photo for one in rank_photos(given_, [])]
    unsure = {one.photo for one in given_[10:]}
    assert sum(photo in unsure for photo in order[:10]) >= 8


def test_frames_of_one_clip_are_spread_over_the_order() -> None:
    clips = [scene() for _ in range(5)]
    given_ = [RankInput(name(number), like(clips[number % 5])) for number in range(40)]
    order = [one.photo for one in rank_photos(given_, [])]
    clip_of = {one.photo: number % 5 for number, one in enumerate(given_)}
    assert {clip_of[photo] for photo in order[:5]} == set(range(5)), "one of each clip first"


def test_photos_like_labelled_ones_come_last() -> None:
    labelled = [scene() for _ in range(3)]
    near = [RankInput(name(number), like(appearance), boxes(0.5)) for number, appearance in enumerate(labelled)]
    others = [RankInput(name(number), scene(), boxes(0.9)) for number in range(10, 20)]
    order = rank_photos([*near, *others], labelled)
    assert {one.photo for one in order[-3:]} == {one.photo for one in near}
    assert [one.reason for one in order[-3:]] == [Reason.NEAR_LABELLED] * 3


def test_negatives_are_covered_early() -> None:
    given_ = photos([boxes(0.6)] * 40 + [()] * 40)
    order = rank_photos(given_, [])
    empty = {one.photo for one in given_[40:]}
    assert [one.photo in empty for one in order[:40]] == [n % EMPTY_EVERY == EMPTY_EVERY - 1 for n in range(40)]
    assert order[EMPTY_EVERY - 1].reason is Reason.EMPTY


def test_before_a_first_model_only_what_photos_look_like_counts() -> None:
    order = rank_photos(photos([None] * 12), [])
    assert {one.reason for one in order} == {Reason.DIFFERENT}
    gaps = [one.difference for one in order]
    assert all(later <= earlier for earlier, later in pairwise(gaps)), "farthest first"


def test_a_photo_that_nothing_can_be_compared_of_is_ranked_too() -> None:
    order = rank_photos([RankInput(name(1), b""), RankInput(name(2), scene()), RankInput(name(3), b"")], [b""])
    assert sorted(one.photo for one in order) == sorted(map(name, (1, 2, 3)))
    assert rank_photos([], [scene()]) == []


@given(st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_files(random: object) -> None:
    labelled = [scene(), scene()]
    given_ = photos([boxes(0.4), None, (), boxes(0.9, 0.2), boxes(0.4), ()])
    expected = rank_photos(given_, labelled)
    shuffled = list(given_)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank_photos(shuffled, labelled[::-1]) == expected


def test_features_are_whole_numbers_so_that_no_machine_rounds_their_distances_otherwise() -> None:
    features = features_of([scene() for _ in range(20)])
    assert (features == np.rint(features)).all()
    exact = features.astype(np.int64) @ features.astype(np.int64).T
    assert (features @ features.T == exact).all()
    assert np.abs(exact).max() < 2**22


@pytest.mark.parametrize(
    ("scores", "expected"), [((), 0.0), ((0.5,), 0.333), ((1.0, 0.0), 0.0), ((0.5, 0.5, 0.5, 0.9), 1.0)]
)
def test_uncertainty_is_the_margin_of_the_most_uncertain_boxes(scores: tuple[float, ...], expected: float) -> None:
    assert uncertainty(boxes(*scores), {}) == expected


def test_hard_classes_weigh_more_and_what_was_not_looked_at_lies_between() -> None:
    hard = {"dog": 1.0, "cat": 0.0}
    most = (0.5, 0.5, 0.5)
    assert uncertainty(boxes(*most), hard) == 1.5
    assert uncertainty(boxes(*most, label="cat"), hard) == 0.5
    assert uncertainty(None, hard) == 0.5


PATHS = st.text(st.characters(categories=["L", "N"]), min_size=1).map("images/{}".format)
RANKED = st.builds(
    RankedPhoto, PATHS, st.sampled_from([reason.value for reason in Reason]), st.floats(0, 2), st.floats(0, 2),
    st.none() | st.floats(0, 1),
)  # fmt: skip


@given(st.builds(Ranking, st.lists(RANKED).map(tuple), st.integers(0), st.text()))
def test_the_file_is_read_as_it_was_written(ranking: Ranking) -> None:
    assert Ranking.from_json(ranking.to_json()) == ranking


@pytest.mark.parametrize("path", ["../secret.jpg", "images/../../x.jpg", "/etc/passwd", "images", "", "images\\..\\x"])
def test_a_path_that_leads_out_of_images_is_left_out(path: str) -> None:
    ranking = Ranking((RankedPhoto(path, "different", 0, 0), RankedPhoto("images/a.jpg", "different", 0, 0)))
    assert [photo.path for photo in Ranking.from_json(ranking.to_json()).photos] == ["images/a.jpg"]
