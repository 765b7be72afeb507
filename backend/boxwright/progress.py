"""How long work reports its progress, without knowing who listens."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

RATE_WINDOW = 30.0  # in seconds; the rate is that of the last half minute
RATE_SAMPLE_EVERY = 0.25  # in seconds


@dataclass(frozen=True)
class Progress:
    """A moment of a long piece of work.

    Attributes:
        stage: What is being done, for example "reading images"; "" for a message that belongs to no stage and, without
            a message, for the end of the stage.
        done: Units finished so far in this stage.
        total: Units of the whole stage; None when it is not known.
        message: A line for a log, "" for none.
        metrics: Numbers worth showing beside the bar, for example {"loss": 2.31}.
    """

    stage: str
    done: int = 0
    total: int | None = None
    message: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


Reporter = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Report to nobody."""


def log(reporter: Reporter, message: str) -> None:
    """Report a line that belongs to no stage."""
    reporter(Progress("", message=message))


def end_stage(reporter: Reporter) -> None:
    """Report that the stage is over: what is printed next does not belong to it."""
    reporter(Progress(""))


class Pace:
    """Measures how fast the stage in progress is.

    Attributes:
        stage: The stage in progress, None before the first.
        began: When it began, by the clock.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin before the first stage; `clock` gives seconds that never go back."""
        self._clock = clock
        self.stage: str | None = None
        self.began = 0.0
        self._first_done = 0
        self._samples: deque[tuple[float, int]] = deque()

    def update(self, progress: Progress) -> float:
        """Take a moment of the work into account; return the time by the clock."""
        now = self._clock()
        if progress.stage != self.stage:
            self.stage, self.began = progress.stage, now
            self._samples.clear()
            self._first_done = progress.done
        samples = self._samples
        if not samples or now - samples[-1][0] >= RATE_SAMPLE_EVERY:
            samples.append((now, progress.done))
            while now - samples[0][0] > RATE_WINDOW and len(samples) > 2:
                samples.popleft()
        return now

    def rate(self, progress: Progress, now: float) -> float | None:
        """Return units per second; None while it is not known: the first unit, which warms up, does not count."""
        if progress.done - self._first_done < 2 or not self._samples:
            return None
        start, done = self._samples[0]
        return ((progress.done - done) / (now - start) or None) if now > start else None


def seconds_left(progress: Progress, rate: float | None) -> float | None:
    """Return how long the stage is still going to take at this rate, None when that is not known."""
    if not progress.total or not rate or rate < 0 or progress.done >= progress.total:
        return None
    return (progress.total - progress.done) / rate
