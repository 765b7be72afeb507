"""Which steps are printed, and what metrics.csv and whoever watches get."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boxwright.progress import Progress
from boxwright.runs.metrics import MetricsWriter, read_metrics
from boxwright.training.reporting.log import Log
from boxwright.training.reporting.step_reporter import StepReporter
from boxwright.training.step import StepResult


class Clock:
    """A history whose steps take as long as the test says."""

    def __init__(self, seconds: float) -> None:
        self.ended, self._seconds = 0.0, seconds

    def step(self) -> None:
        self.ended += self._seconds

    @property
    def seconds_trained(self) -> float:
        return self.ended

    def mean_seconds(self, count: int) -> float:
        return self._seconds

    def rate(self, count: int) -> float:
        return 1 / self._seconds


def report(
    folder: Path, steps: int, *, seconds: float, log_every: int = 0, is_chief: bool = True
) -> tuple[list[Progress], list[int]]:
    """Return what was said, and the steps that TensorBoard got."""
    said: list[Progress] = []
    points: list[int] = []
    summaries: Any = SimpleNamespace(scalars=lambda step, *_, **__: points.append(step))
    log, clock, metrics = Log(said.append), Clock(seconds), MetricsWriter(folder, 0) if is_chief else None
    log.total = steps
    reporter = StepReporter(log, clock, summaries, metrics, batch_size=4, log_every=log_every)  # type: ignore[arg-type]
    for step in range(1, steps + 1):
        clock.step()
        reporter.report(step, StepResult(3.0, 1.0, 1.5, 0.5, 9.0), 0.25)
    return said, points


@pytest.mark.parametrize(
    ("seconds", "log_every", "lines"),
    [
        (0.25, 0, [1, 5, 9, 10]),  # one per second, and the last
        (2.0, 0, list(range(1, 11))),  # a slower step has a line each
        (0.25, 1, list(range(1, 11))),
        (2.0, 4, [4, 8, 10]),
    ],
)
def test_a_printed_line_is_a_row(seconds: float, log_every: int, lines: list[int], tmp_path: Path) -> None:
    said, _ = report(tmp_path, 10, seconds=seconds, log_every=log_every)
    assert [progress.done for progress in said] == list(range(1, 11)), "whoever watches is told of every step"
    printed = [progress for progress in said if progress.message]
    assert [progress.done for progress in printed] == lines
    assert printed[0].message == f"global step {lines[0]}: loss = 3.0000 ({seconds:.3f} sec/step)"
    rows = read_metrics(tmp_path)
    assert [row.step for row in rows] == lines
    last = rows[-1]
    assert (last.total_loss, last.localization_loss, last.classification_loss) == (3.0, 1.0, 1.5)
    assert (last.regularization_loss, last.learning_rate, last.images_per_second) == (0.5, 0.25, 4 / seconds)
    assert last.seconds == 10 * seconds


def test_tensorboard_gets_a_point_in_five_seconds_and_the_last(tmp_path: Path) -> None:
    assert report(tmp_path, 10, seconds=2.0)[1] == [1, 4, 7, 10]


def test_a_worker_that_is_not_the_chief_writes_no_metrics(tmp_path: Path) -> None:
    said, _ = report(tmp_path, 3, seconds=1.0, is_chief=False)
    assert len(said) == 3 and list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_metrics_csv_with_a_warning_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MetricsWriter, "append", full)
    said, _ = report(tmp_path, 3, seconds=2.0)
    warnings = [progress.message for progress in said if progress.message.startswith("WARNING")]
    assert warnings == ["WARNING: metrics.csv is not written any more: [Errno 28] No space left on device"]
