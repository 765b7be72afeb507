"""The lines that a training prints."""

from __future__ import annotations

from boxwright.progress import Progress, Reporter


class Log:
    """Turns sentences into Progress at the current step.

    Attributes:
        reporter: Gets the Progress.
        done: The global step.
        total: The last one; 0 when it is not known.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.done, self.total = 0, 0

    def __call__(self, message: str) -> None:
        """Print a line."""
        self.reporter(Progress("training", self.done, self.total or None, message))
