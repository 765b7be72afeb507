"""The demo: what it refuses, what it does again, and when it fails. The whole way is in tests/architecture."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boxwright.cli.machine.demo import command_line
from boxwright.demo import write
from boxwright.demo.scenes import draw_scene
from boxwright.errors import BoxwrightError, UsageError
from boxwright.progress import silent
from boxwright.runs.evaluation_record import AP50_TAG, EvaluationRecord, write_evaluation
from boxwright.stop_signal import StopSignal
from boxwright.workflow import demo as verb
from boxwright.workflow.common.step import Step
from boxwright.workflow.demo import DemoOptions, draw_photos, fresh_export, read_ap50, run_demo
from boxwright.workflow.detect import DetectOptions
from boxwright.workflow.init import InitOptions
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace


def test_a_folder_with_somebodys_work_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not the demo's"):
        run_demo(Workspace.at(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_demo_of_another_size_is_not_mixed_in(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)
    draw_photos(workspace, DemoOptions(images=20), silent)
    with pytest.raises(UsageError, match="other --images or --seed"):
        draw_photos(workspace, DemoOptions(images=21), silent)


def test_an_export_is_made_again_only_when_a_checkpoint_is_newer(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)
    workspace.training.mkdir()
    checkpoint = workspace.training / "model.ckpt-5.index"
    checkpoint.touch()
    assert fresh_export(workspace) is None
    export = workspace.exports / "output_inference_graph_v1"
    export.mkdir(parents=True)
    os.utime(checkpoint, (1e9, 1e9))
    assert fresh_export(workspace) == export
    os.utime(checkpoint, (9e9, 9e9))
    assert fresh_export(workspace) is None


@pytest.fixture(autouse=True, scope="module")
def drawn_once() -> Iterator[None]:
    """Draw each scene for the first test that needs it."""
    patch = pytest.MonkeyPatch()
    patch.setattr(write, "draw_scene", functools.cache(draw_scene))
    yield
    patch.undo()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[float | None], list[str]]:
    """Replace the verbs that take minutes; return what replaces the evaluation's AP@.50 and the list of the calls."""
    called: list[str] = []

    def prepare(ap50: float | None) -> list[str]:
        def fake(name: str) -> Callable[..., Any]:
            def do(workspace: Workspace, *_: object, **__: object) -> Any:
                called.append(name)
                workspace.training.mkdir(exist_ok=True)
                if name == "export_model":
                    (workspace.exports / workspace.next_export_name()).mkdir(parents=True)
                if name == "evaluate":
                    write_evaluation(workspace.training, EvaluationRecord(coco={AP50_TAG: ap50}))
                return SimpleNamespace(interrupted="")

            return do

        for name in ("train", "evaluate", "export_model", "detect"):
            monkeypatch.setattr(verb, name, fake(name))
        return called

    return prepare


@pytest.mark.parametrize(("ap50", "good"), [(0.9, True), (0.49, False), (None, False)])
def test_a_low_precision_is_a_failure(
    tmp_path: Path, steps: Callable[[float | None], list[str]], ap50: float | None, good: bool
) -> None:
    called = steps(ap50)
    workspace = Workspace.at(tmp_path)
    if good:
        assert run_demo(workspace, DemoOptions(images=20)).ap50 == ap50
    else:
        with pytest.raises(BoxwrightError, match=r"below 0\.5"):
            run_demo(workspace, DemoOptions(images=20))
    assert called == ["train", "evaluate", "export_model", "detect"]
    assert read_ap50(workspace) == (ap50 or 0.0)


def test_a_training_that_was_stopped_ends_the_demo(
    tmp_path: Path, steps: Callable[[float | None], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    called = steps(0.9)
    stop = StopSignal()

    def train(*_: object, stop: StopSignal, **__: object) -> Any:
        stop.request("Ctrl+C")
        return SimpleNamespace(interrupted="Ctrl+C")

    monkeypatch.setattr(verb, "train", train)
    result = run_demo(Workspace.at(tmp_path), DemoOptions(images=20), stop=stop)
    assert (result.stopped_by, result.pictures, called) == ("Ctrl+C", None, [])


def test_each_step_is_shown_as_the_command_that_does_it() -> None:
    folder = Path("my demo")
    assert command_line(Step("init", InitOptions()), folder) == "boxwright init 'my demo'"
    trained = command_line(Step("train", TrainOptions(preset="demo", seed=3, deterministic=False)), folder)
    assert trained == "boxwright train 'my demo' --preset demo --seed 3 --no-deterministic"
    options = DetectOptions(model=Path("v1"), images=(Path("a.jpg"), Path("b.jpg")), min_score=0.3, draw=Path("drawn"))
    assert command_line(Step("detect", options), folder) == (
        "boxwright detect v1 a.jpg b.jpg --min-score 0.3 --draw drawn"
    )
