"""A training that is ready for its next step, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxwright.training.context import TrainingContext
from boxwright.training.input.pipeline import Decoder
from boxwright.training.live_evaluation import LiveEvaluation
from boxwright.training.reporting.history import StepHistory
from boxwright.training.reporting.preview import Preview
from boxwright.training.run_folder.saver import RunSaver
from boxwright.training.step import StepResult, TrainStep


@dataclass(frozen=True, eq=False)
class TrainingSession:
    """A training that is ready for its next step.

    Attributes:
        context: What was asked for, its input and its devices.
        step: Steps made so far.
        train_step: Makes a step.
        batches: Elements Batch, from this step on.
        decode: From a serialized example to a DecodedExample.
        names_of: What messages call the images of record numbers.
        evaluation: On the test split.
        preview: Pictures.
        history: Times and losses.
        saver: Writes checkpoints and the record.
        reason: Why no step is to be made; "" when some are.
    """

    context: TrainingContext
    step: int
    train_step: TrainStep
    batches: Any
    decode: Decoder
    names_of: Callable[[Iterable[int]], Sequence[str]]
    evaluation: LiveEvaluation
    preview: Preview
    history: StepHistory
    saver: RunSaver
    reason: str


@dataclass(frozen=True)
class TrainResult:
    """How a training ended.

    Attributes:
        step: The global step.
        checkpoint: Prefix of the last checkpoint; None when no step was made.
        interrupted: Who asked it to stop early; "" when it reached its end.
        first: Losses of this run's first step; None when it made none.
        last: Losses of its last step.
        seconds_per_step: Median over this run.
    """

    step: int
    checkpoint: Path | None
    interrupted: str
    first: StepResult | None
    last: StepResult | None
    seconds_per_step: float
