"""The lines between labelImg's plugin and the warm model."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.workflow.suggestions import (
    SuggestedBox,
    Suggester,
    SuggestionAnswer,
    SuggestionRequest,
    answer_lines,
)
from tiny_workspaces import make_workspace

EDGES = st.floats(0, 10_000)
BOXES = st.builds(SuggestedBox, st.text(), st.floats(0, 1), EDGES, EDGES, EDGES, EDGES)
ANSWERS = st.builds(SuggestionAnswer, st.integers(), st.lists(BOXES).map(tuple), st.text()) | st.builds(
    SuggestionAnswer, st.none() | st.integers(), error=st.text(min_size=1)
)


@given(st.builds(SuggestionRequest, st.integers(), st.none() | st.text(), st.floats(0, 1)))
def test_a_request_is_read_as_it_was_written(request_: SuggestionRequest) -> None:
    line = request_.to_json()
    assert "\n" not in line
    assert SuggestionRequest.from_json(line) == request_


@given(ANSWERS)
def test_an_answer_is_read_as_it_was_written(answer: SuggestionAnswer) -> None:
    line = answer.to_json()
    assert "\n" not in line
    assert SuggestionAnswer.from_json(line) == answer


def test_lines_of_an_earlier_version_are_read() -> None:
    assert SuggestionRequest.from_json('{"id": 3, "image": "a.jpg", "min_score": 0.05}') == SuggestionRequest(
        3, "a.jpg", 0.05
    )
    line = (
        '{"id": 3, "model": "v1", "boxes": [{"label": "a", "score": 0.5, "ymin": 2, "xmin": 1, "ymax": 4, "xmax": 3}]}'
    )
    assert SuggestionAnswer.from_json(line) == SuggestionAnswer(3, (SuggestedBox("a", 0.5, 1, 2, 3, 4),), "v1")
    assert SuggestionAnswer.from_json('{"id": 3, "error": "no"}').error == "no"


@pytest.mark.parametrize("line", ["{", "3", "{}", '{"id": 1}', '{"id": 1, "model": "v1", "boxes": [{}]}'])
def test_what_is_no_answer_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError):
        SuggestionAnswer.from_json(line)


def test_every_line_gets_an_answer_and_empty_ones_none(tmp_path) -> None:  # type: ignore[no-untyped-def]
    answers = io.StringIO()
    lines = ['{"id": 7}\n', "\n", "{\n", '{"id": "x"}\n', '{"id": 8, "min_score": "much"}\n']
    answer_lines(Suggester(make_workspace(tmp_path)), lines, answers)
    said = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [answer["id"] for answer in said] == [7, None, None, 8]
    assert "no exported model" in said[0]["error"]
    assert "much" in said[3]["error"]
