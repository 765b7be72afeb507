"""The test split as the model learns: curves, the best checkpoint, and when to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from boxwright.checkpoints.best import best_evaluation, keep_best
from boxwright.dataset.plan.label_map import LabelMap
from boxwright.detection.model import SsdModel
from boxwright.errors import BoxwrightError
from boxwright.evaluation.confidence_interval import shown_interval
from boxwright.evaluation.evaluate import Detect, EvaluationResult, evaluate
from boxwright.runs.evaluation_record import BestEvaluation, TrainingEvaluation
from boxwright.runs.record import CONFIG_FILE, RunRecord, read_run, write_run
from boxwright.training.run import Log
from boxwright.training.step import TrainStep
from boxwright.training.summaries import Summaries

MOST_STEPS_BETWEEN = 1000
FEWEST_STEPS_BETWEEN = 100


def default_interval(num_steps: int) -> int:
    """Return the steps between two evaluations: a tenth of the run, but no fewer than 100 and no more than 1,000."""
    return min(max(num_steps // 10, FEWEST_STEPS_BETWEEN), MOST_STEPS_BETWEEN) if num_steps else MOST_STEPS_BETWEEN


class LiveEvaluation:
    """Measures the model every so many steps and at the end, and keeps the checkpoint with the best AP@[.50:.95]."""

    def __init__(
        self,
        model: SsdModel,
        train_step: TrainStep,
        detect: Detect,
        records: Sequence[Path],
        labels: LabelMap,
        config: Any,
        train_dir: Path,
        log: Log,
        *,
        every: int,
        patience: int = 0,
    ) -> None:
        """Take up the history of the run that continues.

        Args:
            model: What is measured.
            train_step: Has its moving average, which eval_config.use_moving_averages asks for.
            detect: detection_function of the model.
            records: The test split; without any nothing is measured.
            labels: The label map.
            config: TrainEvalPipelineConfig.
            train_dir: run.json and best/ are there.
            say: Prints.
            every: Steps between two evaluations; 0 never evaluates.
            patience: Evaluations without a better one after which the run shall stop; 0 for none.
        """
        self._model, self._train_step, self._detect = model, train_step, detect
        self._records, self._labels, self._config = list(records), labels, config
        self._train_dir, self._log = train_dir, log
        self._every = every if records else 0
        self._patience = patience

    def due(self, step: int, *, at_end: bool = False) -> bool:
        """Return whether this step is to be measured."""
        return bool(self._every) and (step % self._every == 0 or at_end) and step not in self._measured()

    def measure(self, step: int, save: Callable[[int], Path], summaries: Summaries) -> dict[str, float]:
        """Evaluate the model as it is after `step`; when it is the best so far, keep its checkpoint.

        Args:
            step: The global step.
            save: Writes the checkpoint of a step, unless it is written, and returns its prefix.
            summaries: Where the curves go.

        Returns:
            What is worth showing beside the loss from now on.
        """
        average = self._train_step.average if self._config.eval_config.use_moving_averages else None
        reader = self._config.eval_input_reader[0] if self._config.eval_input_reader else None
        try:
            with average.in_place() if average else nullcontext():
                result = evaluate(
                    self._model,
                    self._records,
                    self._labels,
                    num_examples=self._config.eval_config.num_examples,
                    sample_1_of_n=reader.sample_1_of_n_examples if reader else 1,
                    detect=self._detect,
                    reporter=self._log.reporter,
                )
        except (BoxwrightError, tf.errors.OpError) as error:
            self._every = 0  # the test split's damage is no reason not to train
            self._log(f"WARNING: no evaluation while training: {error}")
            return {}
        metrics = result.metrics
        if not result.images or math.isnan(metrics.ap):
            self._every = 0
            self._log("no evaluation while training: the test split has no object")
            return {}
        best = best_evaluation(self._train_dir)
        is_best = best is None or metrics.ap > best.ap
        entry = TrainingEvaluation(step, float(metrics.ap), float(metrics.ap50), round(result.seconds, 2))
        record = read_run(self._train_dir) or RunRecord()
        write_run(self._train_dir, replace(record, evaluations=(*self._before(step), entry)))
        summaries.metrics(step, metrics.scalars())
        first = not self._before(step)
        if is_best:
            best = BestEvaluation(save(step).name, **vars(entry), images=metrics.images)
            keep_best(self._train_dir, best, also=self._train_dir / CONFIG_FILE)
        self._log(self._line(step, result, is_best=is_best))
        if first and metrics.confidence_interval and metrics.confidence_interval.means_little:
            self._log(metrics.confidence_interval.in_words())
        return {"AP@.50": metrics.ap50}

    def stale(self, step: int) -> str:
        """Return why the run shall stop early at this step; "" when it shall not."""
        if not self._patience:
            return ""
        best = best_evaluation(self._train_dir)
        best_at = best.step if best else 0
        since = sum(best_at < entry.step <= step for entry in self._history())
        if since < self._patience:
            return ""
        return f"early stop ({since} evaluations without a better one than step {best_at})"

    def _line(self, step: int, result: EvaluationResult, *, is_best: bool) -> str:
        metrics, interval = result.metrics, result.metrics.confidence_interval
        best = best_evaluation(self._train_dir)
        ap50_interval = shown_interval(interval.ap50 if interval else None)
        rank = "the best so far, kept in best/" if is_best else f"the best was step {best.step if best else '(gone)'}"
        return (
            f"evaluation at step {step}: AP@.50 {metrics.ap50:.3f}{ap50_interval}, "
            f"AP@[.50:.95] {metrics.ap:.3f}, {metrics.images} test images, {result.seconds:.1f} s; {rank}"
        )

    def _history(self) -> tuple[TrainingEvaluation, ...]:
        record = read_run(self._train_dir)
        return record.evaluations if record else ()

    def _before(self, step: int) -> list[TrainingEvaluation]:
        """Return the evaluations before a step: later ones are of steps that a kill undid."""
        return [entry for entry in self._history() if entry.step < step]

    def _measured(self) -> set[int]:
        return {entry.step for entry in self._history()}
