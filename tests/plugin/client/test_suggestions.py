"""Which suggestions are shown: what is there already is not suggested again."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from boxwright.annotations.overlap import iou
from boxwright.workflow.suggestions import SuggestedBox
from boxwright_labelimg.client.suggestions import SAME, edges_of, with_area, worth_showing

EDGE = st.integers(0, 40)
BOXES = st.tuples(EDGE, EDGE, EDGE, EDGE).map(
    lambda e: (float(min(e[0], e[2])), float(min(e[1], e[3])), float(max(e[0], e[2])), float(max(e[1], e[3])))
)
LABELS = st.sampled_from(["dog", "cat"])
SUGGESTIONS = st.builds(lambda label, score, box: SuggestedBox(label, score, *box), LABELS, st.floats(0, 1), BOXES)


@given(st.lists(SUGGESTIONS), st.lists(st.tuples(LABELS, BOXES)), st.floats(0, 1))
def test_what_is_shown_scores_enough_and_is_new(
    suggestions: list[SuggestedBox], present: list[tuple[str, tuple[float, ...]]], min_score: float
) -> None:
    shown = worth_showing(suggestions, present, min_score)
    for suggestion in suggestions:
        is_there = any(label == suggestion.label and iou(box, edges_of(suggestion)) > SAME for label, box in present)
        assert (suggestion in shown) == (suggestion.score >= min_score and not is_there)
    assert list(shown) == [suggestion for suggestion in suggestions if suggestion in shown]


def test_the_same_box_of_another_class_is_new() -> None:
    suggestion = SuggestedBox("dog", 0.9, 0.0, 0.0, 10.0, 10.0)
    assert worth_showing([suggestion], [("cat", edges_of(suggestion))], 0.5) == (suggestion,)
    assert worth_showing([suggestion], [("dog", edges_of(suggestion))], 0.5) == ()
    half = (0.0, 0.0, 10.0, 20.0)  # IoU exactly 0.5
    assert worth_showing([suggestion], [("dog", half)], 0.5) == (suggestion,)


def test_boxes_that_labelimg_could_not_show_are_left_out() -> None:
    whole = SuggestedBox("dog", 0.5, 1.0, 2.0, 5.0, 6.0)
    assert with_area([whole, replace(whole, xmax=1.5), replace(whole, ymax=1.0)]) == (whole,)
