"""A run's clock, its latest numbers, and what is written of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from boxwright.checkpoints.store import CheckpointStore
from boxwright.progress import Progress, Reporter
from boxwright.runs.readme import update_readme
from boxwright.runs.record import Losses, RunRecord, now, read_run, write_run
from boxwright.stop_signal import StopSignal
from boxwright.training.errors import OutOfMemoryError, TrainingError
from boxwright.training.hardware.devices import Devices, lost_worker
from boxwright.training.input.pipeline import Batch
from boxwright.training.step import StepResult, TrainStep
from boxwright.workspace import Workspace

CHECKPOINT_EVERY = 600.0  # seconds
PRINT_EVERY = 1.0  # seconds; a slower step prints every time
SCALARS_EVERY = 5.0  # seconds
NamesOf = Callable[[Iterable[int]], Sequence[str]]
STATISTICS_LEFT = 0.1  # share of the moving statistics' start value that does no harm
SHORT_RUN_DECAY = 0.97  # of the moving statistics in the preset small


@dataclass(frozen=True)
class TrainResult:
    """How a run ended.

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


class Log:
    """Turns sentences into Progress, at the step where the run is.

    Attributes:
        done, total: The global step and the last one; 0 when it is not known.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.done, self.total = 0, 0

    def __call__(self, message: str) -> None:
        """Print a line."""
        self.reporter(Progress("training", self.done, self.total or None, message))


class Run:
    """A run's clock and its latest numbers.

    Attributes:
        first, last: Losses of the first and the last step; None before there is one.
        names_of: What the images of record numbers are called.
        beside_the_loss: Other numbers that whoever watches is told of with every step.
    """

    def __init__(
        self,
        train_dir: Path,
        workspace: Workspace,
        store: CheckpointStore,
        train_step: TrainStep,
        log: Log,
        batch_size: int,
        saved: Path | None,
        devices: Devices,
    ) -> None:
        """Start the clock; `saved` is the checkpoint that the run continues from."""
        self.devices = devices
        self.names_of: NamesOf = lambda records: [str(record) for record in records]
        self.train_dir, self.workspace, self.store = train_dir, workspace, store
        self.train_step, self.log, self.batch_size = train_step, log, batch_size
        self.first: StepResult | None = None
        self.last: StepResult | None = None
        self.saved = saved
        self.beside_the_loss: dict[str, float] = {}
        self.seconds: list[float] = []
        begun = time.monotonic()
        earlier = (read_run(train_dir) or RunRecord()).seconds_trained if saved else None
        self._begun = begun - (earlier or 0.0)
        self._step_ended = self._saved_at = begun
        self._printed_at = self._scalars_at = -math.inf
        self._printed_steps = self._scalars_steps = 0

    def make(self, step: int, batch: Batch, learning_rate: np.float32, stop: StopSignal) -> StepResult:
        """Make one step, after `step` others.

        Raises:
            OutOfMemoryError: Memory ran out.
            TrainingError: Another worker is gone.
        """
        try:
            result = self.train_step(batch.images, batch.targets, learning_rate, step=step, wish_to_stop=bool(stop))
        except tf.errors.ResourceExhaustedError as error:
            raise OutOfMemoryError(f"memory ran out with batch size {self.batch_size}.") from error
        except tf.errors.OpError as error:
            if self.devices.workers > 1:
                raise lost_worker(self.devices, error) from error
            raise
        ended = time.monotonic()
        self.seconds.append(ended - self._step_ended)
        self._step_ended = ended
        self.first, self.last = self.first or result, result
        return result

    def shall_end(self, stop: StopSignal) -> bool:
        """Return whether the run was asked to end: of several workers one may be, and all end after the same step."""
        if self.devices.workers == 1:
            return bool(stop)
        if self.last is not None and self.last.wishes > 0:
            stop.request("another worker")
            return True
        return False

    def check_finite(self, step: int, result: StepResult, batch: Batch) -> None:
        """Make sure that the step's numbers are numbers.

        Args:
            step: The global step.
            result: Its numbers.
            batch: What it saw.

        Raises:
            TrainingError: They are not; it names the images, and nothing is saved any more.
        """
        # what a skipped step's gradients overflowed to is float16's, and the loss scale has been halved
        losses_are_finite = all(map(math.isfinite, result._replace(gradient_norm=0.0)))
        if losses_are_finite and (math.isfinite(result.gradient_norm) or result.skipped):
            return
        here = self.devices.strategy.experimental_local_results(batch.records)
        names = ", ".join(name or "(without a name)" for name in self.names_of(np.concatenate(here)))
        parts = ", ".join(f"{name} = {value:g}" for name, value in list(result._asdict().items())[:5])
        self._record(outcome=f"stopped at step {step}: {parts}", ended=now(), seconds=self._seconds())
        kept = f"the last good checkpoint is {self.saved}" if self.saved else "no checkpoint was made yet"
        raise TrainingError(
            f"step {step}: the loss is not finite ({parts}), so training stopped; {kept}. The images of this batch: "
            f"{names}. Look at their boxes (boxwright check); if they are right, lower the learning rate by ten, or "
            "set gradient_clipping_by_norm: 10 in train_config."
        )

    def report(self, step: int, num_steps: int, result: StepResult) -> None:
        """Tell of the step; print its line unless the last one is less than PRINT_EVERY ago."""
        self._printed_steps += 1
        self.log.done, self.log.total = step, num_steps
        message, moment = "", self._step_ended
        if moment - self._printed_at >= PRINT_EVERY or step == num_steps:
            seconds = float(np.mean(self.seconds[-self._printed_steps :]))
            message = f"global step {step}: loss = {result.total_loss:.4f} ({seconds:.3f} sec/step)"
            self._printed_at, self._printed_steps = moment, 0
        metrics = {"loss": float(result.total_loss), **self.beside_the_loss}
        self.log.reporter(Progress("training", step, num_steps or None, message, metrics))

    def scalars_due(self) -> bool:
        """Return whether TensorBoard shall have this step's numbers."""
        self._scalars_steps += 1
        if self._step_ended - self._scalars_at < SCALARS_EVERY:
            return False
        self._scalars_at = self._step_ended
        return True

    def rate(self) -> float:
        """Return steps per second since this was last asked; 0 for the first step, which builds the graph."""
        recent = self.seconds[-self._scalars_steps :] if self._scalars_steps < len(self.seconds) else self.seconds[1:]
        self._scalars_steps = 0
        return len(recent) / sum(recent) if recent else 0.0

    def checkpoint_due(self) -> bool:
        """Return whether CHECKPOINT_EVERY has passed since the last save."""
        return self._step_ended - self._saved_at >= CHECKPOINT_EVERY

    def save(self, step: int) -> Path:
        """Write a checkpoint of this step, and run.json, unless the step is saved already; return its prefix."""
        prefix = self.train_dir / f"model.ckpt-{step}"
        if self.saved == prefix or not self.devices.is_chief:
            return prefix
        tensors = {**self.train_step.variables_by_name(), "global_step": np.asarray(step, np.int64)}
        self.saved = self.store.save(step, tensors)
        self._saved_at = time.monotonic()
        self._record(
            step=step,
            losses=self._losses(),
            seconds_per_step=self._median(),
            seconds=self._seconds(),
        )
        return prefix

    def leave_out(self) -> None:
        """Leave what was done since the step out of the clock, for example an evaluation."""
        self._step_ended = time.monotonic()

    def finish(self, step: int, num_steps: int, reason: str) -> TrainResult:
        """Write the record's end and say what comes next."""
        reached = bool(num_steps) and step >= num_steps
        if reached:
            outcome, reason = f"reached step {step}", ""
            advice = f"To train on, give --num-steps {2 * step}."
        elif reason:
            outcome, advice = f"stopped by {reason} at step {step}", "The same command continues from here."
        else:
            outcome, advice = f"the records ended (num_epochs) at step {step}", "Raise num_epochs to train on."
        record = self._record(outcome=outcome, ended=now(), step=step, seconds=self._seconds())
        if self.devices.is_chief:
            update_readme(self.workspace.readme, record)
        self.log(f"{outcome}; checkpoint {self.saved or 'none: no step was made'}. {advice}")
        return TrainResult(step, self.saved, reason, self.first, self.last, self._median())

    def _record(self, **changes: Any) -> RunRecord:
        record = replace(read_run(self.train_dir) or RunRecord(), **changes)
        write_run(self.train_dir, record)
        return record

    def _losses(self) -> Losses | None:
        if self.first is None or self.last is None:
            return None
        return Losses(
            float(self.first.total_loss),
            float(self.last.total_loss),
            localization_loss=float(self.last.localization_loss),
            classification_loss=float(self.last.classification_loss),
            regularization_loss=float(self.last.regularization_loss),
            gradient_norm=float(self.last.gradient_norm),
        )

    def _seconds(self) -> float:
        return round(time.monotonic() - self._begun, 1)

    def _median(self) -> float:
        return float(np.median(self.seconds[1:] or self.seconds)) if self.seconds else 0.0


def statistics_advice(decay: float, num_steps: int) -> str:
    """Return a warning when so many steps from random weights leave batch norm's moving statistics unfinished.

    Training normalises by the batch's statistics, evaluation and detection by the moving ones, of which
    decay^num_steps is still the start value.

    Args:
        decay: Of the moving statistics.
        num_steps: Of the whole run.

    Returns:
        "" when at most a tenth is left.
    """
    left = decay**num_steps
    if left <= STATISTICS_LEFT:
        return ""
    enough = math.ceil(math.log(STATISTICS_LEFT) / math.log(decay) / 100) * 100
    remedy = f"From random weights train {enough} steps or more"
    if decay > SHORT_RUN_DECAY + 1e-6:  # the config's is a float32
        remedy += (
            f", or write decay: {SHORT_RUN_DECAY:g} and override_base_feature_extractor_hyperparams: true in "
            "pipeline.config, as in the preset small"
        )
    return (
        f"WARNING: batch_norm decay {decay:g} over {num_steps} steps leaves {left:.0%} of the moving statistics at "
        "their start value, so evaluation and detection will not see what training sees, whatever the loss. "
        f"{remedy}."
    )
