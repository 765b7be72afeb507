"""`train --start-over`: a new run folder, the earlier run kept, nothing changed where the start fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boxwright.errors import BoxwrightError, UsageError
from boxwright.pipeline.load import load_pipeline
from boxwright.workflow import train as verb
from boxwright.workflow.preparation.first_config import FirstChoices
from boxwright.workflow.train import TrainOptions, train
from boxwright.workspace import Workspace
from tiny_workspaces import make_workspace

EARLIER = "training.backup-1"
STARTED_OVER = TrainOptions(start_over=True)


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
