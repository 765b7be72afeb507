"""Evaluation on the test split while training: curves, the best checkpoint, and early stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import tensorflow as tf

from boxwright.checkpoints.best import best_evaluation, keep_best
from boxwright.errors import BoxwrightError
from boxwright.evaluation.confidence_interval import shown_interval
from boxwright.evaluation.evaluate import Detect, EvaluationResult, evaluate
from boxwright.evaluation.metrics import Metrics
from boxwright.runs.evaluation_record import BestEvaluation, TrainingEvaluation
from boxwright.runs.record import CONFIG_FILE, RunRecord, read_run, write_run
from boxwright.training.context import TrainingContext
from boxwright.training.step import TrainStep

MOST_STEPS_BETWEEN = 1000
FEWEST_STEPS_BETWEEN = 100
BEST = "the best so far, kept in best/"


def default_interval(num_steps: int) -> int:
    """Return the steps between two evaluations: a tenth of the run, but no fewer than 100 and no more than 1,000."""
    return min(max(num_steps // 10, FEWEST_STEPS_BETWEEN), MOST_STEPS_BETWEEN) if num_steps else MOST_STEPS_BETWEEN


class LiveEvaluation:
    """Measures the model every so many steps and at the end, and keeps the checkpoint with the best AP@[.50:.95]."""

    def __init__(
        self, context: TrainingContext, train_step: TrainStep, detect: Detect, test_split: Sequence[Path]
    ) -> None:
        """Continue the history of evaluations that the run's record has.

        Args:
            context: Its settings say how often, and after how many evaluations without a better one the run stops.
            train_step: Has the model, and the moving averages that eval_config.use_moving_averages asks for.
            detect: detection_function of the model.
            test_split: TFRecord files; without any nothing is measured.
        """
        self._context, self._train_step, self._detect = context, train_step, detect
        self._test_split = list(test_split)
        given = context.settings.eval_every
        every = default_interval(context.num_steps) if given is None else given
        self._every = every if self._test_split else 0

    def is_due(self, step: int, *, at_end: bool = False) -> bool:
        """Return whether this step is to be measured."""
        if not self._every or not (step % self._every == 0 or at_end):
            return False
        return all(entry.step != step for entry in self._history())

    def measure(self, step: int, save: Callable[[int], Path]) -> Metrics | None:
        """Evaluate the model as it is after `step`; when it is the best so far, keep its checkpoint.

        Args:
            step: The global step.
            save: Writes the checkpoint of a step, unless it is written, and returns its prefix.

        Returns:
            None when it could not be evaluated; then there is no other evaluation either.
        """
        result = self._evaluate()
        if result is None:
            self._every = 0
            return None
        metrics, best = result.metrics, best_evaluation(self._context.train_dir)
        entry = TrainingEvaluation(step, float(metrics.ap), float(metrics.ap50), round(result.seconds, 2))
        before = tuple(one for one in self._history() if one.step < step)  # later ones are of steps that a kill undid
        self._record((*before, entry))
        is_best = best is None or metrics.ap > best.ap
        if is_best:
            best = BestEvaluation(save(step).name, **vars(entry), images=metrics.images)
            keep_best(self._context.train_dir, best, also=self._context.train_dir / CONFIG_FILE)
        self._context.log(_line(step, result, f"the best was step {best.step}" if best and not is_best else BEST))
        if not before and metrics.confidence_interval and metrics.confidence_interval.means_little:
            self._context.log(metrics.confidence_interval.in_words())
        return metrics

    def reason_to_stop(self, step: int) -> str:
        """Return why the run shall stop early at this step; "" when it shall not."""
        patience = self._context.settings.early_stop
        if not patience:
            return ""
        best = best_evaluation(self._context.train_dir)
        best_at = best.step if best else 0
        since = sum(best_at < entry.step <= step for entry in self._history())
        if since < patience:
            return ""
        return f"early stop ({since} evaluations without a better one than step {best_at})"

    def _evaluate(self) -> EvaluationResult | None:
        """Return the result; None, with a line that says why, when the test split cannot be used."""
        pipeline_config, log = self._context.pipeline_config, self._context.log
        average = self._train_step.average if pipeline_config.eval_config.use_moving_averages else None
        reader = pipeline_config.eval_input_reader[0] if pipeline_config.eval_input_reader else None
        try:
            with average.in_place() if average else nullcontext():
                result = evaluate(
                    self._train_step.model,
                    self._test_split,
                    self._context.sources.labels,
                    num_examples=pipeline_config.eval_config.num_examples,
                    sample_1_of_n=reader.sample_1_of_n_examples if reader else 1,
                    detect=self._detect,
                    reporter=log.reporter,
                )
        except (BoxwrightError, tf.errors.OpError) as error:  # a damaged test split is no reason not to train
            log(f"WARNING: no evaluation while training: {error}")
            return None
        if not result.images or math.isnan(result.metrics.ap):
            log("no evaluation while training: the test split has no object")
            return None
        return result

    def _history(self) -> tuple[TrainingEvaluation, ...]:
        record = read_run(self._context.train_dir)
        return record.evaluations if record else ()

    def _record(self, evaluations: tuple[TrainingEvaluation, ...]) -> None:
        record = read_run(self._context.train_dir) or RunRecord()
        write_run(self._context.train_dir, replace(record, evaluations=evaluations))


def _line(step: int, result: EvaluationResult, rank: str) -> str:
    metrics, interval = result.metrics, result.metrics.confidence_interval
    return (
        f"evaluation at step {step}: AP@.50 {metrics.ap50:.3f}{shown_interval(interval.ap50 if interval else None)}, "
        f"AP@[.50:.95] {metrics.ap:.3f}, {metrics.images} test images, {result.seconds:.1f} s; {rank}"
    )
