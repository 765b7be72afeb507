"""Steps from an effort or from minutes, and that they are written where a person reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.demo.write import write_scenes
from boxwright.errors import UsageError
from boxwright.pipeline.load import load_pipeline
from boxwright.workflow import train as verb
from boxwright.workflow.preparation import first_config
from boxwright.workflow.preparation.effort import EFFORTS, plan_effort, plan_minutes
from boxwright.workflow.preparation.first_config import IMAGE_SIZES
from boxwright.workflow.preparation.step_time import StepEstimate
from boxwright.workflow.train import EFFORT_NAMES, TrainOptions, train
from boxwright.workspace import Workspace

HALF_A_SECOND = StepEstimate(8, 10.0, 0.5)


def steps(effort: str, images: int, classes: int = 1, step: StepEstimate | None = HALF_A_SECOND) -> int:
    return plan_effort(effort, images=images, classes=classes, batch_size=8, step=lambda: step).num_steps


def test_more_images_classes_and_effort_are_more_steps() -> None:
    assert (steps("quick", 160), steps("normal", 160), steps("thorough", 160)) == (300, 1000, 3000)
    assert steps("normal", 20) == EFFORTS["normal"].least
    assert steps("normal", 20, classes=11) == 2 * EFFORTS["normal"].least
    assert tuple(EFFORTS) == EFFORT_NAMES


def test_a_slow_machine_makes_fewer_steps_but_not_too_few() -> None:
    plan = plan_effort("normal", images=10_000, classes=1, batch_size=8, step=lambda: HALF_A_SECOND)
    assert plan.num_steps == pytest.approx(0.85 * 30 * 60 / 0.5, rel=0.02)
    assert "limited to 30 minutes" in plan.reason and "0.5 s" in plan.reason
    assert steps("normal", 10_000, step=StepEstimate(8, 10.0, 60.0)) == EFFORTS["normal"].least
    assert steps("normal", 10_000, step=None) == 62_500


def test_the_step_is_not_measured_where_it_does_not_count() -> None:
    def measure() -> StepEstimate:
        raise AssertionError

    assert plan_effort("quick", images=20, classes=1, batch_size=8, step=measure).num_steps == EFFORTS["quick"].least


def test_minutes_are_steps_of_this_machine() -> None:
    assert plan_minutes(10, HALF_A_SECOND).num_steps == pytest.approx(1000, rel=0.02)
    assert plan_minutes(1, StepEstimate(8, 90.0, 20.0)).num_steps == 1


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(verb, "_run_training", lambda *_: None)
    monkeypatch.setattr(first_config, "remembered_step", lambda _: HALF_A_SECOND)
    workspace = Workspace.at(tmp_path)
    write_scenes(workspace.images, 4, seed=1)
    return workspace


def test_what_was_chosen_is_in_the_configuration(workspace: Workspace) -> None:
    train(workspace, TrainOptions(minutes=10, image_size=512))
    config = load_pipeline(workspace.pipeline_config)
    assert config.train_config.num_steps == pytest.approx(1000, rel=0.02)
    cosine = config.train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate
    assert cosine.total_steps == config.train_config.num_steps
    resizer = config.model.ssd.image_resizer.fixed_shape_resizer
    assert (resizer.height, resizer.width) == (512, 512)
    assert "10 minutes: a step takes 0.5 s here" in workspace.pipeline_config.read_text()


def test_a_configuration_that_is_there_says_how_long(workspace: Workspace) -> None:
    train(workspace, TrainOptions(effort="quick"))
    assert "effort quick" in workspace.pipeline_config.read_text()
    for options in (TrainOptions(effort="normal"), TrainOptions(minutes=5.0), TrainOptions(image_size=512)):
        with pytest.raises(UsageError, match="is there already"):
            train(workspace, options)
    before = workspace.pipeline_config.read_bytes()
    train(workspace, TrainOptions())
    assert workspace.pipeline_config.read_bytes() == before


def test_choices_that_contradict_each_other_are_refused(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="--effort and --minutes each say how long"):
        train(workspace, TrainOptions(effort="quick", minutes=5))
    with pytest.raises(UsageError, match="give one of 300, 512, 640"):
        train(workspace, TrainOptions(image_size=400))
    assert IMAGE_SIZES == (300, 512, 640)
