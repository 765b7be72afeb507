"""`train --start-over`: a new run folder, the earlier run kept, nothing changed where the start fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from boxwright.errors import BoxwrightError, UsageError
from boxwright.failpoints import VARIABLE
from boxwright.jobs.job import State
from boxwright.jobs.store import JobStore
from boxwright.pipeline.load import load_pipeline
from boxwright.progress import Progress
from boxwright.workflow import train as verb
from boxwright.workflow.preparation.first_config import FirstChoices
from boxwright.workflow.train import TrainOptions, train
from boxwright.workspace import Workspace
from tiny_workspaces import make_workspace

EARLIER = "training.backup-1"
STARTED_OVER = TrainOptions(start_over=True)
KILLED = """
import sys
from boxwright.errors import BoxwrightError
from boxwright.workflow import train as verb
from boxwright.workspace import Workspace

def fail(*_):
    raise BoxwrightError("no memory")

verb._run_training = fail
verb.train(Workspace.at(sys.argv[1]), verb.TrainOptions(start_over=True))
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace that was trained for ten steps."""
    monkeypatch.setattr(verb, "_run_training", _pretend)
    workspace = make_workspace(tmp_path / "work", {f"{number}.jpg": ["dog"] for number in range(5)})
    train(workspace, TrainOptions(preset="small", num_steps=10))
    return workspace


def _pretend(workspace: Workspace, *_: object) -> None:
    (workspace.training / "model.ckpt-10.index").touch()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_the_earlier_run_is_kept_and_the_configuration_stays(workspace: Workspace) -> None:
    before = contents(workspace.training)
    train(workspace, STARTED_OVER)
    assert contents(workspace.root / EARLIER) == before
    assert workspace.pipeline_config.read_bytes() == before["pipeline.config"]


def test_choices_of_a_first_training_write_another_configuration(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="was not written from the preset 'demo'"):
        train(workspace, TrainOptions(preset="demo"))
    train(workspace, TrainOptions(preset="demo", num_steps=7, start_over=True))
    assert workspace.pipeline_config.read_text().startswith("# Preset demo")
    assert load_pipeline(workspace.root / EARLIER / "pipeline.config").train_config.num_steps == 10


def test_a_start_that_fails_changes_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        (workspace.training / "events").touch()
        raise BoxwrightError("no memory")

    before = contents(workspace.training)
    monkeypatch.setattr(verb, "_run_training", fail)
    with pytest.raises(BoxwrightError, match="no memory"):
        train(workspace, STARTED_OVER)
    assert contents(workspace.training) == before
    assert not (workspace.root / EARLIER).exists()


def test_without_an_earlier_run_there_is_nothing_to_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verb, "_run_training", _pretend)
    workspace = make_workspace(tmp_path / "new", {f"{number}.jpg": ["dog"] for number in range(5)})
    train(workspace, TrainOptions(preset="small", start_over=True))
    assert not (workspace.root / EARLIER).exists()


def test_another_folder_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--start-over"):
        train(workspace, TrainOptions(start_over=True, train_dir=tmp_path / "other"))


@pytest.mark.parametrize(
    ("choices", "writes"),
    [
        (FirstChoices(), False),
        (FirstChoices(num_steps=9, batch_size=2, has_checkpoint=True), False),  # said of a configuration that is there
        (FirstChoices(preset="demo"), True),
        (FirstChoices(pretrained="none"), True),
        (FirstChoices(effort="quick"), True),
        (FirstChoices(minutes=3), True),
        (FirstChoices(image_size=512), True),
    ],
)
def test_which_choices_write_a_configuration(choices: FirstChoices, writes: bool) -> None:
    assert choices.writes_config is writes


@pytest.mark.parametrize("kind", ["train", "evaluate", "export"])
@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.PAUSED])
def test_a_job_that_uses_the_earlier_run_has_to_end_first(workspace: Workspace, kind: str, state: State) -> None:
    store, before = JobStore(workspace), contents(workspace.training)
    store.submit("export-dataset")
    job = store.submit(kind)
    if state is State.RUNNING:
        store.start(job.id, 1)
    elif state is State.PAUSED:
        store.pause(job.id)
    with pytest.raises(BoxwrightError, match=rf"Job {job.id} \({kind}, {state.value}\) uses training/"):
        train(workspace, STARTED_OVER)
    assert contents(workspace.training) == before
    store.finish(job.id, State.FAILED) if state is State.RUNNING else store.cancel(job.id)
    train(workspace, STARTED_OVER)
    assert contents(workspace.root / EARLIER) == before


@pytest.mark.parametrize("instant", ["new-run-staged", "earlier-run-renamed", "new-run-in-place", "new-run-removed"])
def test_a_kill_leaves_the_earlier_run_or_the_new_one_with_its_configuration(
    workspace: Workspace, instant: str
) -> None:
    before = contents(workspace.training)
    environment = {**os.environ, VARIABLE: instant, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", KILLED, str(workspace.root)]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == 137, killed.stderr
    train(workspace, TrainOptions())
    assert workspace.pipeline_config.read_bytes() == before["pipeline.config"]
    assert (workspace.root / EARLIER).exists() == (instant == "new-run-in-place")
    if instant == "new-run-in-place":
        assert contents(workspace.root / EARLIER) == before
    else:
        assert contents(workspace.training) == before
    assert not list(workspace.state.glob("new-run-*/"))


def test_a_first_training_names_the_run_that_was_there_before(workspace: Workspace) -> None:
    workspace.training.replace(workspace.root / EARLIER)
    lines: list[str] = []

    def note(progress: Progress) -> None:
        lines.append(progress.message)

    train(workspace, TrainOptions(preset="small"), note)
    assert f"this is a first training; the newest earlier run is {EARLIER}" in lines
