"""What became of suggested boxes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boxwright.suggestions.review import ReviewCounts
from boxwright_labelimg.controllers.counting import counts_of
from boxwright_labelimg.host import Box

DOG, CAT, FOX = (Box(object(), label, (1.0, 2.0, 30.0, 40.0)) for label in ("dog", "cat", "fox"))


@pytest.mark.parametrize(
    ("now", "is_decided", "expected"),
    [
        (DOG, True, ReviewCounts(accepted=1)),
        (replace(DOG, edges=(2.0, 2.0, 30.0, 40.0)), True, ReviewCounts(moved=1)),
        (replace(DOG, label="wolf", edges=(2.0, 2.0, 30.0, 40.0)), True, ReviewCounts(relabelled=1)),
        (None, True, ReviewCounts(deleted=1)),
        (None, False, ReviewCounts()),  # scored too little to be shown
    ],
)
def test_the_fate_of_a_suggestion(now: Box | None, is_decided: bool, expected: ReviewCounts) -> None:
    present = [CAT] if now is None else [CAT, now]
    assert counts_of([([DOG], is_decided)], present, {id(CAT.key)}) == expected


def test_a_suggestion_that_was_hidden_and_shown_again_counts_once() -> None:
    again = replace(DOG, key=object())
    assert counts_of([([DOG, again], True)], [again, FOX], set()) == ReviewCounts(accepted=1, drawn=1)
