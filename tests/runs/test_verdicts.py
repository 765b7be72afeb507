"""verdicts.json: read as it was written, from strangers too; mistakes by severity."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from boxwright.cli.app import app
from boxwright.errors import BoxwrightError, UsageError
from boxwright.runs.evaluation_record import ClassRecord, EvaluationRecord, write_evaluation
from boxwright.runs.verdicts import (
    JudgedDetection,
    JudgedImage,
    JudgedObject,
    Verdict,
    VerdictsRecord,
    read_verdicts,
    write_verdicts,
)
from boxwright.workflow.mistakes import MistakesOptions, list_mistakes
from boxwright.workspace import Workspace
from tiny_workspaces import make_workspace

TEXT = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)
EDGE, SCORE = st.floats(0, 1000), st.floats(0, 1)
OBJECTS = st.builds(JudgedObject, TEXT, EDGE, EDGE, EDGE, EDGE, st.booleans(), st.none() | SCORE)
KINDS = st.sampled_from([verdict.value for verdict in Verdict])
DETECTIONS = st.builds(JudgedDetection, TEXT, SCORE, EDGE, EDGE, EDGE, EDGE, KINDS, SCORE, TEXT)
IMAGES = st.builds(
    JudgedImage, TEXT, st.integers(1, 9), st.integers(1, 9), st.lists(OBJECTS, max_size=3).map(tuple),
    st.lists(DETECTIONS, max_size=3).map(tuple),
)  # fmt: skip
RECORDS = st.builds(VerdictsRecord, TEXT, st.integers(0), SCORE, SCORE, st.lists(IMAGES, max_size=3).map(tuple))

RIGHT = JudgedDetection("dog", 0.9, 0, 0, 9, 9, Verdict.CORRECT.value, 0.8, "dog")
TWICE = JudgedDetection("dog", 0.8, 0, 0, 9, 9, Verdict.DUPLICATE.value, 0.8, "dog")
SWAPPED = JudgedDetection("cat", 0.6, 0, 0, 9, 9, Verdict.WRONG_CLASS.value, 0.9, "dog")
FAINT = JudgedDetection("cat", 0.2, 0, 0, 9, 9, Verdict.FALSE_POSITIVE.value)
FOUND = JudgedObject("dog", 0, 0, 9, 9, found_score=0.9)
FOUND_FAINTLY = JudgedObject("dog", 20, 0, 29, 9, found_score=0.3)
DIFFICULT = JudgedObject("dog", 40, 0, 49, 9, difficult=True)
RECORD = VerdictsRecord(
    "model.ckpt-5", 5, 0.5, 0.05,
    (JudgedImage("a.jpg", 60, 40, (FOUND, FOUND_FAINTLY, DIFFICULT), (RIGHT, TWICE, SWAPPED, FAINT)),),
)  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "work", {"a.jpg": ["dog"]})
    workspace.training.mkdir()
    return workspace


@given(RECORDS)
def test_the_file_is_read_as_it_was_written(record: VerdictsRecord) -> None:
    assert VerdictsRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 9}', "[" * 100_000])
def test_a_damaged_file_or_one_of_a_later_version_is_none(tmp_path: Path, text: str) -> None:
    assert read_verdicts(tmp_path) is None
    (tmp_path / "verdicts.json").write_text(text)
    assert read_verdicts(tmp_path) is None


@pytest.mark.parametrize("name", ["../a.jpg", "/a.jpg", "x/../../a.jpg", "", "..\\a.jpg"])
def test_an_image_outside_of_the_workspace_is_left_out(tmp_path: Path, name: str) -> None:
    write_verdicts(tmp_path, VerdictsRecord(images=(JudgedImage(name, 1, 1), JudgedImage("a.jpg", 1, 1))))
    read = read_verdicts(tmp_path)
    assert read is not None
    assert [image.name for image in read.images] == ["a.jpg"]


def test_reading_it_needs_neither_tensorflow_nor_numpy() -> None:
    code = "import sys, boxwright.runs.verdicts; print([m for m in ('tensorflow', 'numpy') if m in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_the_worst_mistakes_come_first_and_difficult_objects_are_none(workspace: Workspace) -> None:
    kinds = [(mistake.kind, mistake.severity) for mistake in RECORD.mistakes(0.5)]
    assert kinds == [(Verdict.DUPLICATE, 0.8), (Verdict.MISSED, 0.7), (Verdict.WRONG_CLASS, 0.6)]
    assert [mistake.kind for mistake in RECORD.mistakes({"dog": 0.25, "cat": 0.1})] == [
        Verdict.DUPLICATE, Verdict.WRONG_CLASS, Verdict.FALSE_POSITIVE,
    ]  # fmt: skip


def test_mistakes_are_listed_at_the_best_score_of_each_class(workspace: Workspace) -> None:
    with pytest.raises(BoxwrightError, match="boxwright evaluate"):
        list_mistakes(workspace)
    write_verdicts(workspace.training, RECORD)
    classes = (ClassRecord("dog", best_score=0.85), ClassRecord("cat", best_score=0.7))
    write_evaluation(workspace.training, EvaluationRecord(classes=classes))
    result = list_mistakes(workspace)
    assert result.min_scores == {"cat": 0.7, "dog": 0.85}
    assert [mistake.kind for mistake in result.mistakes] == [Verdict.MISSED]
    assert (result.counts["dog"].correct, result.counts["dog"].missed) == (1, 1)
    chosen = list_mistakes(workspace, MistakesOptions(min_score=0.1, kinds=("wrong class",), label="dog"))
    assert [mistake.label for mistake in chosen.mistakes] == ["cat"], "a cat that is a dog is about dogs, too"
    with pytest.raises(UsageError, match=r"recorded 0\.05"):
        list_mistakes(workspace, MistakesOptions(min_score=0.01))
    with pytest.raises(UsageError, match="no such run"):
        list_mistakes(workspace, MistakesOptions(run="other"))


def test_the_command_prints_tables_or_json(workspace: Workspace) -> None:
    write_verdicts(workspace.training, RECORD)
    shown = CliRunner().invoke(app, ["mistakes", str(workspace.root), "--kind", "missed"])
    assert shown.exit_code == 0, shown.output
    assert "missed" in shown.output
    assert "duplicate" not in shown.output
    content = json.loads(CliRunner().invoke(app, ["mistakes", str(workspace.root), "--json"]).output)
    assert [mistake["kind"] for mistake in content["mistakes"]] == ["duplicate", "missed", "wrong class"]
