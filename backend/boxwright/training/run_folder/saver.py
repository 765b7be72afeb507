"""Saving a run: its checkpoints, and run.json with each of them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from boxwright.checkpoints.store import CheckpointStore
from boxwright.runs.readme import update_readme
from boxwright.runs.record import Losses, RunRecord, now, read_run, write_run
from boxwright.training.context import TrainingContext
from boxwright.training.reporting.history import StepHistory
from boxwright.training.step import TrainStep

CHECKPOINT_EVERY = 600.0  # seconds


class RunSaver:
    """Writes a run's checkpoints and its record.

    Attributes:
        saved: Prefix of the last checkpoint; None before the first.
    """

    def __init__(
        self,
        context: TrainingContext,
        store: CheckpointStore,
        train_step: TrainStep,
        history: StepHistory,
        saved: Path | None,
    ) -> None:
        """Save nothing yet.

        Args:
            context: The training.
            store: Its checkpoints.
            train_step: Has the variables.
            history: Has the losses and times.
            saved: The checkpoint that the run resumes from.
        """
        self.saved = saved
        self._context, self._store, self._train_step, self._history = context, store, train_step, history
        self._saved_at = history.ended

    def is_due(self) -> bool:
        """Return whether CHECKPOINT_EVERY has passed since the last save."""
        return self._history.ended - self._saved_at >= CHECKPOINT_EVERY

    def save(self, step: int) -> Path:
        """Write a checkpoint of this step, and run.json, unless the step is saved already; return its prefix."""
        prefix = self._context.train_dir / f"model.ckpt-{step}"
        if self.saved == prefix or not self._context.devices.is_chief:
            return prefix
        tensors = {**self._train_step.variables_by_name(), "global_step": np.asarray(step, np.int64)}
        self.saved = self._store.save(step, tensors)
        self._saved_at = time.monotonic()
        record = replace(self._record(), step=step, losses=self._losses())
        self._write(replace(record, seconds_per_step=self._history.median_seconds))
        return prefix

    def record_failure(self, step: int, reason: str) -> None:
        """Write into the record why the run stopped at a step, which is not saved."""
        self._write(replace(self._record(), outcome=f"stopped at step {step}: {reason}", ended=now()))

    def record_end(self, step: int, outcome: str) -> None:
        """Write the record's end, and the section of the workspace's README."""
        record = replace(self._record(), outcome=outcome, ended=now(), step=step)
        self._write(record)
        if self._context.devices.is_chief:
            update_readme(self._context.workspace.readme, record)

    def _record(self) -> RunRecord:
        """Return the record as others, for example an evaluation, may have changed it, with the time until now."""
        record = read_run(self._context.train_dir) or RunRecord()
        return replace(record, seconds=self._history.seconds_until_now)

    def _write(self, record: RunRecord) -> None:
        write_run(self._context.train_dir, record)

    def _losses(self) -> Losses | None:
        first, last = self._history.first, self._history.last
        if first is None or last is None:
            return None
        return Losses(
            float(first.total_loss),
            float(last.total_loss),
            localization_loss=float(last.localization_loss),
            classification_loss=float(last.classification_loss),
            regularization_loss=float(last.regularization_loss),
            gradient_norm=float(last.gradient_norm),
        )
