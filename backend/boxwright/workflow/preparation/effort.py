"""How long to train: from quick, normal or thorough, or from minutes, to a number of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boxwright.workflow.preparation.step_time import StepEstimate

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig

TRAINING_SHARE = 0.85  # of the time; evaluations and checkpoints take the rest
FROM_RANDOM = 4  # times the steps that pretrained weights need


@dataclass(frozen=True)
class Effort:
    """What a person chooses in place of a number of steps.

    Attributes:
        passes: How often each image is seen.
        least: Steps of a set with one class, however few images it has.
        minutes: At most, as long as the least steps fit.
    """

    passes: int
    least: int
    minutes: float


EFFORTS = {
    "quick": Effort(passes=15, least=100, minutes=5),
    "normal": Effort(passes=50, least=200, minutes=30),
    "thorough": Effort(passes=150, least=1000, minutes=240),
}
"""By name. 50 passes over 160 photos, 1,000 steps of 8, are where AP stopped rising on a set near COCO."""

NORMAL = "normal"
MORE_FOR_A_CLASS = 0.1  # of the least steps, for each class after the first


@dataclass(frozen=True)
class Plan:
    """A number of steps, and why.

    Attributes:
        num_steps: Of the training.
        reason: A sentence for pipeline.config and the log.
    """

    num_steps: int
    reason: str


Planner = Callable[["TrainEvalPipelineConfig"], Plan]
"""Takes the configuration as it is but for its steps."""


def plan_effort(
    effort: str,
    *,
    images: int,
    classes: int,
    batch_size: int,
    step: Callable[[], StepEstimate | None],
    from_random: bool = False,
) -> Plan:
    """Return the steps of an effort.

    Args:
        effort: A key of EFFORTS.
        images: Of the training split.
        classes: Of the label map.
        batch_size: Images of a step.
        step: Returns the time of a step, None when it is not known; asked for only where it may count.
        from_random: Whether the weights are random at the start.
    """
    chosen, factor = EFFORTS[effort], FROM_RANDOM if from_random else 1
    least = round(factor * chosen.least * (1 + MORE_FOR_A_CLASS * max(0, classes - 1)))
    wanted = max(least, factor * chosen.passes * images // max(1, batch_size))
    reason = f"effort {effort}: {wanted * batch_size // max(1, images)} passes over {images:,} images"
    time = step() if wanted > least else None
    fitting = _steps_within(chosen.minutes, time) if time is not None else wanted
    if fitting < wanted:
        wanted = max(least, fitting)
        passes = wanted * batch_size // max(1, images)
        reason = f"effort {effort}: {passes} passes over {images:,} images, limited to {chosen.minutes:g} minutes"
    if time is not None:
        reason += f"; a step takes {time.seconds_per_step:.2g} s here"
    return Plan(wanted, reason)


def plan_minutes(minutes: float, step: StepEstimate) -> Plan:
    """Return the steps that fit into a time on this machine; at least one.

    Args:
        minutes: For the training with its evaluations.
        step: The time of a step.
    """
    steps = _steps_within(minutes, step)
    return Plan(steps, f"{minutes:g} minutes: a step takes {step.seconds_per_step:.2g} s here")


def _steps_within(minutes: float, step: StepEstimate) -> int:
    seconds = TRAINING_SHARE * 60 * minutes - step.first_step
    return max(1, int(seconds / max(step.seconds_per_step, 1e-4)))
