"""Training through the real daemon: stopped with it, taken up by the next one, evaluated and exported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import daemon_process
from boxwright.jobs.job import Job, State
from boxwright.jobs.locks import is_run
from boxwright.jobs.logs import log_tail
from boxwright.jobs.store import JobStore
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace
from daemon_process import PATIENCE, daemon, until
from tiny_workspaces import add_image, make_workspace

STEPS = 14


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_process, "PATIENCE", 180.0)  # TensorFlow is imported twice


@pytest.mark.usefixtures("patient")
@pytest.mark.timeout(400)
def test_training_outlives_the_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "cache"))
    workspace = make_workspace(tmp_path / "work", {})
    store = JobStore(workspace)

    def at_work(job: Job) -> bool:
        return job.state is State.RUNNING and job.doing == "training" and job.done >= 2

    with daemon(workspace) as first:
        for i in range(6):  # dropped in while it runs
            add_image(workspace, f"p{i}.jpg", ["dog", "cat"][: 1 + i % 2], size=(96, 96), seed=i)
        params = TrainOptions(num_steps=STEPS, batch_size=2, preset="demo")
        store.submit("train", params)
        until(lambda: at_work(store.get(1)), "two steps")
        add_image(workspace, "later.jpg", ["dog"], size=(96, 96), seed=9)  # changes nothing under the training
        first.terminate()
        assert first.wait(PATIENCE) == 0
    until(lambda: not is_run(workspace, 1), "the worker's end")
    job = store.get(1)
    assert job.state is State.QUEUED, job.error
    reached = _checkpointed(workspace)
    assert 2 <= reached < STEPS

    with daemon(workspace):
        job = until(lambda: store.get(1).state.is_end and store.get(1), "the job's end")
    assert job.state is State.SUCCEEDED, f"{job.error}\n{log_tail(workspace, 1, 60)}"
    assert (job.attempts, job.finished) == (2, ("snapshot", "train", "evaluate", "export"))
    assert _checkpointed(workspace) == STEPS
    assert f"from step {reached} to {STEPS}" in log_tail(workspace, 1, 400)
    assert job.result.evaluation.step == STEPS
    assert (workspace.root / job.result.export / "frozen_inference_graph.pb").is_file()
    assert _said_by_others(store) == []


def _checkpointed(workspace: Workspace) -> int:
    steps = [int(path.stem.rpartition("-")[2]) for path in workspace.training.glob("model.ckpt-*.index")]
    return max(steps)


def _said_by_others(store: JobStore) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(job.as_dict())) for job in store.open_jobs()]
