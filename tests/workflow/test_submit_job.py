"""Queueing a job: a training that starts over does so once, when it is queued."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boxwright.errors import BoxwrightError
from boxwright.jobs.job import State
from boxwright.jobs.store import JobStore
from boxwright.progress import silent
from boxwright.stop_signal import StopSignal
from boxwright.workflow.job import stages
from boxwright.workflow.job.run import run_job
from boxwright.workflow.job.submit import submit_job
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace
from tiny_workspaces import make_workspace

STARTED_OVER = TrainOptions(start_over=True, num_steps=20)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a run of ten steps."""
    workspace = make_workspace(tmp_path / "work", {"a.jpg": ["dog"], "b.jpg": ["dog"]})
    workspace.training.mkdir()
    workspace.pipeline_config.write_text("model {}")
    (workspace.training / "model.ckpt-10.index").touch()
    return workspace


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_attempt_of_a_job_trains_in_the_same_new_folder(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[TrainOptions] = []

    def attempt(workspace: Workspace, options: TrainOptions, *_: Any, stop: StopSignal) -> None:
        attempts.append(options)
        (workspace.training / f"model.ckpt-{len(attempts)}.index").touch()
        stop.request("the test")

    monkeypatch.setattr(stages, "train", attempt)
    job = submit_job(workspace, "train", STARTED_OVER)
    assert names(workspace.training) == ["pipeline.config"]
    assert names(workspace.root / "training.backup-1") == ["model.ckpt-10.index", "pipeline.config"]
    for _ in range(2):
        run_job(workspace, job.id, silent, stop=StopSignal())
    assert JobStore(workspace).get(job.id).state is State.QUEUED
    assert attempts == [TrainOptions(num_steps=20)] * 2
    assert {"model.ckpt-1.index", "model.ckpt-2.index"} <= set(names(workspace.training))
    assert not (workspace.root / "training.backup-2").exists()


def test_a_stored_job_that_would_start_over_each_time_fails(workspace: Workspace) -> None:
    before, store = names(workspace.training), JobStore(workspace)
    store.submit("train", STARTED_OVER)
    run_job(workspace, 1, silent, stop=StopSignal())
    assert store.get(1).state is State.FAILED and "Submit it again" in store.get(1).error
    assert names(workspace.training) == before


def test_where_the_job_cannot_be_queued_the_earlier_run_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise BoxwrightError("the disk is full")

    before = names(workspace.training)
    monkeypatch.setattr(JobStore, "submit", full)
    with pytest.raises(BoxwrightError, match="full"):
        submit_job(workspace, "train", STARTED_OVER)
    assert names(workspace.training) == before
    assert not (workspace.root / "training.backup-1").exists()


def test_a_configuration_that_is_written_again_is_not_kept(workspace: Workspace) -> None:
    submit_job(workspace, "train", TrainOptions(start_over=True, preset="demo"))
    assert names(workspace.training) == []


def test_without_an_earlier_run_the_job_is_queued_at_once(workspace: Workspace) -> None:
    workspace.training.replace(workspace.root / "elsewhere")
    submit_job(workspace, "train", STARTED_OVER)
    assert not (workspace.root / "training.backup-1").exists()
