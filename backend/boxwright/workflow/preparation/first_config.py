"""The configuration of a first training: from which weights, how long, at which input size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import UsageError
from boxwright.progress import Reporter, log
from boxwright.stop_signal import StopSignal
from boxwright.workflow.common.pipeline_config import RANDOM, default_preset, is_for_model, is_from_preset, write_config
from boxwright.workflow.preparation.effort import NORMAL, Plan, Planner, plan_effort, plan_minutes
from boxwright.workflow.preparation.pretrained import DEFAULT_MODEL, can_have_default, start_from_model
from boxwright.workflow.preparation.step_time import StepEstimate, measure_step_time, remembered_step
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig

IMAGE_SIZES = (300, 512, 640)
"""Of the network's input, in pixels: the one that the weights were trained at, and two for small objects."""


@dataclass(frozen=True)
class FirstChoices:
    """What the options of `train` say of a configuration that is still to be written; None for the default.

    Attributes:
        preset: Name of a preset.
        pretrained: Name of a pretrained model; RANDOM for random weights.
        effort: A key of effort.EFFORTS.
        minutes: For the whole training on this machine.
        image_size: One of IMAGE_SIZES.
        num_steps: In place of effort and minutes.
        batch_size: Images of a step.
        has_checkpoint: Whether a checkpoint to start from is given.
    """

    preset: str | None = None
    pretrained: str | None = None
    effort: str | None = None
    minutes: float | None = None
    image_size: int | None = None
    num_steps: int | None = None
    batch_size: int | None = None
    has_checkpoint: bool = False

    @property
    def writes_config(self) -> bool:
        """Whether they are choices of a configuration that is written, not of one that is there."""
        return any((self.preset, self.pretrained, self.effort, self.minutes, self.image_size))

    def check(self) -> None:
        """Refuse choices that contradict each other.

        Raises:
            UsageError: They do.
        """
        if self.preset is not None and self.pretrained not in (None, RANDOM):
            raise UsageError(
                "--preset and --pretrained each say what a configuration is written from. Give one of them."
            )
        lengths = (("--effort", self.effort), ("--minutes", self.minutes), ("--num-steps", self.num_steps))
        given = [name for name, value in lengths if value is not None]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} each say how long to train. Give one of them.")
        if self.image_size not in (None, *IMAGE_SIZES):
            raise UsageError(f"--image-size {self.image_size}: give one of {', '.join(map(str, IMAGE_SIZES))}.")


def check_written_from(config_path: Path, choices: FirstChoices) -> None:
    """Refuse a configuration that is there when another one was asked for.

    Raises:
        UsageError: It is of another preset or model, or says already how long to train.
    """
    preset, model = choices.preset, choices.pretrained
    if preset is not None and not is_from_preset(config_path, preset):
        raise _is_there(config_path, f"was not written from the preset {preset!r}", "--preset")
    if model is not None and model != RANDOM and not is_for_model(config_path, model):
        raise _is_there(config_path, f"was not written for {model!r}", "--pretrained")
    if choices.effort is not None or choices.minutes is not None:
        flag = "--effort" if choices.effort is not None else "--minutes"
        raise _is_there(config_path, "says how many steps (--num-steps gives another number)", flag)
    if choices.image_size is not None:
        raise _is_there(config_path, "says the size of the input", "--image-size")


def write_first_config(
    workspace: Workspace, choices: FirstChoices, reporter: Reporter, *, stop: StopSignal | None = None
) -> None:
    """Write training/pipeline.config, which is missing.

    Args:
        workspace: Has records and a label map.
        choices: What the user says of it.
        reporter: Receives the progress, and what was written.
        stop: Ends the work before anything is written.

    Raises:
        BoxwrightError: The model cannot be had, or does not fit.
    """
    model = _model_to_start_from(workspace, choices, reporter, stop)
    if model is not None:
        start_from_model(
            workspace,
            model,
            reporter,
            num_steps=choices.num_steps,
            batch_size=choices.batch_size,
            image_size=choices.image_size,
            planner=_planner(workspace, choices, reporter, default=NORMAL),
            stop=stop,
        )
        return
    preset = "small" if choices.preset is None and choices.pretrained == RANDOM else choices.preset
    write_config(
        workspace,
        preset,
        num_steps=choices.num_steps,
        batch_size=choices.batch_size,
        image_size=choices.image_size,
        planner=_planner(workspace, choices, reporter),
        reporter=reporter,
    )


def _is_there(config_path: Path, what: str, flag: str) -> UsageError:
    return UsageError(
        f"{config_path} is there already and {what}. Leave {flag} out to train as it says, or move it away to have it "
        "written again."
    )


def _model_to_start_from(
    workspace: Workspace, choices: FirstChoices, reporter: Reporter, stop: StopSignal | None
) -> str | None:
    """Return the pretrained model that the configuration is written for; None for a preset."""
    if choices.pretrained == RANDOM or choices.preset is not None or choices.has_checkpoint:
        return None
    if choices.pretrained is not None:
        return choices.pretrained
    _, present = default_preset(workspace)
    if present is not None and not present.is_relative_to(workspace.pretrained / DEFAULT_MODEL):
        return None  # the user's own choice
    return DEFAULT_MODEL if can_have_default(workspace, reporter, stop=stop) else None


def _planner(
    workspace: Workspace, choices: FirstChoices, reporter: Reporter, *, default: str | None = None
) -> Planner | None:
    """Return what chooses the steps; None where the configuration's own count."""
    effort = choices.effort or default
    if choices.num_steps is not None or (effort is None and choices.minutes is None):
        return None

    def plan(config: TrainEvalPipelineConfig) -> Plan:
        step = partial(_step_time, config, reporter)
        if choices.minutes is not None:
            return plan_minutes(choices.minutes, step())
        assert effort is not None
        return plan_effort(
            effort,
            images=_count_training_images(workspace),
            classes=config.model.ssd.num_classes,
            batch_size=config.train_config.batch_size,
            step=step,
            from_random=not config.train_config.fine_tune_checkpoint,
        )

    return plan


def _step_time(config: TrainEvalPipelineConfig, reporter: Reporter) -> StepEstimate:
    known = remembered_step(config)
    if known is None:
        log(reporter, "measuring the time of a step on this computer")
        known = measure_step_time(config)
    return known


def _count_training_images(workspace: Workspace) -> int:
    from boxwright.dataset.store.records import resolve_records
    from boxwright.dataset.store.tfrecord import record_offsets

    paths = resolve_records([str(workspace.record("train"))], workspace.root)
    return sum(len(record_offsets(path)) - 1 for path in paths)  # with the end of the last one
