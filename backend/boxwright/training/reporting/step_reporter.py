"""What is reported of each step: progress, a line now and then, a row of metrics.csv, points for TensorBoard."""

from __future__ import annotations

import math

from boxwright.evaluation.metrics import Metrics
from boxwright.progress import Progress
from boxwright.runs.metrics import METRICS_FILE, MetricsRow, MetricsWriter
from boxwright.training.reporting.history import StepHistory
from boxwright.training.reporting.log import Log
from boxwright.training.reporting.summaries import Summaries
from boxwright.training.step import StepResult

LINE_EVERY = 1.0  # seconds; a slower step has a line each
POINTS_EVERY = 5.0  # seconds between two points of TensorBoard's curves


class StepReporter:
    """Reports steps and evaluations to the log, metrics.csv and TensorBoard."""

    def __init__(
        self,
        log: Log,
        history: StepHistory,
        summaries: Summaries,
        metrics: MetricsWriter | None,
        *,
        batch_size: int,
        log_every: int = 0,
    ) -> None:
        """Report nothing yet.

        Args:
            log: Its total is the last step.
            history: Has the last step's times when it is reported.
            summaries: TensorBoard's event file.
            metrics: metrics.csv; None for a worker that is not the chief.
            batch_size: Images per step.
            log_every: Steps between two lines and rows; 0 for one per second.
        """
        self._log, self._history, self._summaries, self._metrics = log, history, summaries, metrics
        self._batch_size, self._log_every = batch_size, log_every
        self._ap50: dict[str, float] = {}
        self._line_at = self._points_at = -math.inf
        self._steps_since_line = self._steps_since_points = 0

    def report(self, step: int, result: StepResult, learning_rate: float) -> None:
        """Report a step.

        Args:
            step: The global step.
            result: Its losses.
            learning_rate: What its update used.
        """
        self._log.done = step
        self._steps_since_line += 1
        self._steps_since_points += 1
        message = ""
        if self._is_line_due(step):
            seconds = self._history.mean_seconds(self._steps_since_line)
            message = f"global step {step}: loss = {result.total_loss:.4f} ({seconds:.3f} sec/step)"
            self._write_row(self._row(step, result, learning_rate))
            self._line_at, self._steps_since_line = self._history.ended, 0
        numbers = {"loss": float(result.total_loss), **self._ap50}
        self._log.reporter(Progress("training", step, self._log.total or None, message, numbers))
        if self._history.ended - self._points_at >= POINTS_EVERY or step == self._log.total:
            rate = self._history.rate(self._steps_since_points)
            self._summaries.scalars(step, result, learning_rate=learning_rate, rate=rate, batch_size=self._batch_size)
            self._points_at, self._steps_since_points = self._history.ended, 0

    def report_evaluation(self, step: int, metrics: Metrics | None) -> None:
        """Report an evaluation after a step; None for one that could not be made."""
        self._ap50 = {"AP@.50": float(metrics.ap50)} if metrics else {}
        if metrics:
            self._summaries.metrics(step, metrics.scalars())
            seconds = round(self._history.seconds_trained, 3)
            self._write_row(MetricsRow(step, seconds, ap=float(metrics.ap), ap50=float(metrics.ap50)))

    def _is_line_due(self, step: int) -> bool:
        if step == self._log.total:
            return True
        return step % self._log_every == 0 if self._log_every else self._history.ended - self._line_at >= LINE_EVERY

    def _row(self, step: int, result: StepResult, learning_rate: float) -> MetricsRow:
        return MetricsRow(
            step,
            round(self._history.seconds_trained, 3),
            total_loss=float(result.total_loss),
            classification_loss=float(result.classification_loss),
            localization_loss=float(result.localization_loss),
            regularization_loss=float(result.regularization_loss),
            learning_rate=learning_rate,
            images_per_second=self._history.rate(self._steps_since_line) * self._batch_size or None,
        )

    def _write_row(self, row: MetricsRow) -> None:
        if self._metrics is None:
            return
        try:
            self._metrics.append(row)
        except OSError as error:  # curves are no reason to lose a training
            self._metrics = None
            self._log(f"WARNING: {METRICS_FILE} is not written any more: {error}")
