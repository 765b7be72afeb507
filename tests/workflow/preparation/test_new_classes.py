"""A class that came after a training: a new run folder that starts from the model, or nothing is changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from boxwright.errors import BoxwrightError
from boxwright.failpoints import VARIABLE
from boxwright.pipeline.load import load_pipeline
from boxwright.progress import Progress
from boxwright.runs.find import find_runs
from boxwright.runs.record import LOCK_FILE, RunRecord, config_entry, write_run
from boxwright.workflow import train as verb
from boxwright.workflow.train import TrainOptions, train
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, make_workspace

EARLIER = "training.backup-1"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a model of the class dog, and an image of a cat that came later."""
    monkeypatch.setattr(verb, "_run_training", _pretend)
    workspace = make_workspace(tmp_path / "work", {f"{number}.jpg": ["dog"] for number in range(5)})
    train(workspace, TrainOptions(preset="small", num_steps=10))
    add_image(workspace, "cat.jpg", ["cat", "cat"])
    return workspace


def _pretend(workspace: Workspace, config: Any, config_path: Path, options: TrainOptions, *_: object) -> None:
    """Leave what a training leaves."""
    folder = options.train_dir or workspace.training
    folder.mkdir(parents=True, exist_ok=True)
    write_run(
        folder,
        RunRecord(
            config=config_entry(config, str(config_path)),
            label_map={"dog": 1},
            started=str(len(find_runs(workspace.root))),
        ),
    )
    (folder / "model.ckpt-10.index").touch()


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def reporter(lines: list[str]) -> Any:
    return lambda progress: lines.append(progress.message) if progress.message else None


def contents(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in workspace.training.iterdir() if path.name != LOCK_FILE}


def write_as_user(workspace: Workspace) -> None:
    text = workspace.pipeline_config.read_text()
    workspace.pipeline_config.write_text("# mine\n" + text)


def test_training_continues_from_the_model_in_a_new_run_folder(
    workspace: Workspace, lines: list[str], reporter: Any
) -> None:
    (workspace.training / "best").mkdir()
    (workspace.training / "best" / "model.ckpt-5.index").touch()
    before = contents_without_best(workspace)
    train(workspace, TrainOptions(), reporter)
    assert "new class cat: 2 boxes; training continues from your model with a place for it" in lines
    config = load_pipeline(workspace.pipeline_config)
    assert config.model.ssd.num_classes == 2
    assert config.train_config.fine_tune_checkpoint == f"{EARLIER}/best/model.ckpt-5"
    assert config.train_config.load_all_detection_checkpoint_vars
    earlier = workspace.root / EARLIER
    assert {name: (earlier / name).read_bytes() for name in before} == before
    assert {run.name for run in find_runs(workspace.root)} == {EARLIER, "training"}
    assert "new class cat" in workspace.pipeline_config.read_text().partition("\nmodel")[0]


def contents_without_best(workspace: Workspace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in workspace.training.iterdir() if path.is_file()}


@pytest.mark.parametrize("instant", ["new-run-staged", "earlier-run-renamed", "new-run-in-place"])
def test_after_a_kill_the_next_training_starts_from_the_model_all_the_same(workspace: Workspace, instant: str) -> None:
    command = [sys.executable, "-c", "import boxwright, sys; boxwright.train(boxwright.Workspace.at(sys.argv[1]))"]
    environment = {**os.environ, VARIABLE: instant, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([*command, str(workspace.root)], env=environment, capture_output=True, check=False)
    assert killed.returncode == 137, killed.stderr
    train(workspace, TrainOptions())
    config = load_pipeline(workspace.pipeline_config)
    assert config.model.ssd.num_classes == 2
    assert config.train_config.fine_tune_checkpoint == f"{EARLIER}/model.ckpt-10"
    assert [path.name for path in workspace.root.glob("training.backup-*")] == [EARLIER]


def test_a_training_that_fails_before_its_first_checkpoint_changes_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        (workspace.training / "events").touch()
        raise BoxwrightError("no memory")

    before = contents(workspace)
    monkeypatch.setattr(verb, "_run_training", fail)
    with pytest.raises(BoxwrightError, match="no memory"):
        train(workspace, TrainOptions())
    assert contents(workspace) == before
    assert not (workspace.root / EARLIER).exists()


def test_a_configuration_of_the_user_is_changed_when_it_is_accepted(workspace: Workspace) -> None:
    write_as_user(workspace)
    before = contents(workspace)
    with pytest.raises(BoxwrightError, match=r"num_classes: 2(.|\n)*fine_tune_checkpoint") as raised:
        train(workspace, TrainOptions())
    assert "--accept" in str(raised.value) and "new class cat: 2 boxes" in str(raised.value)
    assert contents(workspace) == before
    train(workspace, TrainOptions(accept=True))
    assert load_pipeline(workspace.pipeline_config).model.ssd.num_classes == 2
    assert workspace.pipeline_config.read_text().startswith("# mine\n")
    assert (workspace.root / EARLIER / "pipeline.config").read_bytes() == before["pipeline.config"]


def test_a_configuration_elsewhere_gets_a_backup(workspace: Workspace, tmp_path: Path) -> None:
    mine = tmp_path / "mine.config"
    mine.write_text("# mine\n" + workspace.pipeline_config.read_text())
    text = mine.read_text()
    train(workspace, TrainOptions(pipeline_config_path=mine, accept=True))
    assert load_pipeline(mine).model.ssd.num_classes == 2
    assert (tmp_path / "mine.config.backup-1").read_text() == text


def test_without_a_model_only_the_number_of_classes_changes(
    workspace: Workspace, lines: list[str], reporter: Any
) -> None:
    (workspace.training / "model.ckpt-10.index").unlink()
    train(workspace, TrainOptions(), reporter)
    config = load_pipeline(workspace.pipeline_config)
    assert config.model.ssd.num_classes == 2 and not config.train_config.fine_tune_checkpoint
    assert not (workspace.root / EARLIER).exists()
    assert "new class cat: 2 boxes; num_classes is 2 now" in lines


def test_a_class_with_another_name_is_said_and_continues(workspace: Workspace, lines: list[str], reporter: Any) -> None:
    for path in workspace.images.glob("*.xml"):
        path.write_text(path.read_text().replace("<name>dog<", "<name>hound<").replace("<name>cat<", "<name>hound<"))
    workspace.label_map.write_text('item { id: 1 name: "hound" }\n')
    train(workspace, TrainOptions(), reporter)
    assert "class dog of the model is hound now; it keeps what it learnt" in lines
    assert not (workspace.root / EARLIER).exists()


def test_what_has_not_changed_is_resumed(workspace: Workspace, lines: list[str]) -> None:
    (workspace.images / "cat.jpg").unlink()
    (workspace.images / "cat.xml").unlink()
    before = contents(workspace)
    train(workspace, TrainOptions(), lambda progress: lines.append(Progress.__name__))
    assert contents(workspace)["pipeline.config"] == before["pipeline.config"]
    assert not (workspace.root / EARLIER).exists()
