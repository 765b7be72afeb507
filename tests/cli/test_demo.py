"""The demo: what it refuses, what it does again, and when it fails. The whole way is in tests/architecture."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import typer

from boxwright.cli import demo as demo_command
from boxwright.cli.demo import demo
from boxwright.errors import BoxwrightError, UsageError
from boxwright.runs.evaluation_record import AP50_TAG, EvaluationRecord, write_evaluation
from boxwright.runs.record import RunRecord, write_run
from boxwright.workspace import Workspace


def test_a_folder_with_somebodys_work_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not the demo's"):
        demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_training_that_was_stopped_ends_the_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = Workspace.at(tmp_path)
    write_run(workspace.training, RunRecord(outcome="reached step 600"))
    demo_command._end_if_stopped(workspace, "try it")
    write_run(workspace.training, RunRecord(outcome="stopped by Ctrl+C at step 1"))
    with pytest.raises(typer.Exit):
        demo_command._end_if_stopped(workspace, "try it")
    assert 'goes on from there with: boxwright demo "try it"' in capsys.readouterr().out


def test_a_demo_of_another_size_is_not_mixed_in(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)
    demo_command._draw(workspace, 20, 0)
    with pytest.raises(UsageError, match="other --images or --seed"):
        demo_command._draw(workspace, 21, 0)


def test_a_command_is_shown_before_it_runs_and_its_exit_code_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "images").mkdir()
    demo_command.run_command(["init", str(tmp_path / "a b")])
    shown = capsys.readouterr().out.splitlines()
    assert shown[1] == f"$ boxwright init '{tmp_path / 'a b'}'"
    (tmp_path / "images" / "broken.xml").write_text("<annotation>")
    with pytest.raises(typer.Exit) as ended:
        demo_command.run_command(["check", str(tmp_path)])
    assert ended.value.exit_code == 1


def test_an_export_is_made_again_only_when_a_checkpoint_is_newer(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)
    workspace.training.mkdir()
    checkpoint = workspace.training / "model.ckpt-5.index"
    checkpoint.touch()
    assert demo_command._fresh_export(workspace) is None
    export = workspace.exports / "output_inference_graph_v1"
    export.mkdir(parents=True)
    (export / "frozen_inference_graph.pb").touch()
    os.utime(checkpoint, (1e9, 1e9))
    assert demo_command._fresh_export(workspace) == export
    os.utime(checkpoint, (9e9, 9e9))
    assert demo_command._fresh_export(workspace) is None


@pytest.mark.parametrize(("precision", "good"), [(0.9, True), (0.49, False), (None, False)])
def test_a_low_precision_is_a_failure(precision: float | None, good: bool, tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)
    workspace.training.mkdir()
    write_evaluation(workspace.training, EvaluationRecord(coco={AP50_TAG: precision}))
    measured = demo_command._average_precision(workspace)
    if good:
        demo_command._conclude(measured, tmp_path, 61.0)
    else:
        with pytest.raises(BoxwrightError, match=r"below 0\.5"):
            demo_command._conclude(measured, tmp_path, 61.0)
