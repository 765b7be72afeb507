"""Times and losses of the steps that this process made."""

from __future__ import annotations

import time

import numpy as np

from boxwright.training.step import StepResult


class StepHistory:
    """The clock of a training.

    Attributes:
        first: Result of the first step; None before it.
        last: Result of the last step; None before the first.
        ended: Moment at which the last step ended, in seconds of time.monotonic.
    """

    def __init__(self, seconds_before: float = 0.0) -> None:
        """Start the clock.

        Args:
            seconds_before: Time that the run was trained before it resumed.
        """
        self.first: StepResult | None = None
        self.last: StepResult | None = None
        self.ended = time.monotonic()
        self._started = self.ended - seconds_before
        self._durations: list[float] = []

    def add(self, result: StepResult) -> None:
        """Take the result and the time of a step that has just ended."""
        ended = time.monotonic()
        self._durations.append(ended - self.ended)
        self.ended = ended
        self.first, self.last = self.first or result, result

    def skip_pause(self) -> None:
        """Leave the time since the last step out of the next one, for example that of an evaluation."""
        self.ended = time.monotonic()

    @property
    def seconds_trained(self) -> float:
        """Time up to the end of the last step, that before a resume included."""
        return self.ended - self._started

    @property
    def seconds_until_now(self) -> float:
        """Time up to this moment, that before a resume included, in tenths of a second."""
        return round(time.monotonic() - self._started, 1)

    @property
    def median_seconds(self) -> float:
        """Median duration of a step, without the first, which builds the graph; 0 before the first."""
        return float(np.median(self._durations[1:] or self._durations)) if self._durations else 0.0

    def mean_seconds(self, count: int) -> float:
        """Return the mean duration of the last `count` steps."""
        return float(np.mean(self._durations[-count:]))

    def rate(self, count: int) -> float:
        """Return steps per second of the last `count` steps, without the first of all; 0 when there is no other."""
        recent = self._durations[-count:] if count < len(self._durations) else self._durations[1:]
        return len(recent) / sum(recent) if recent else 0.0
