"""Asking work to save and end."""

from __future__ import annotations

import threading

from boxwright.progress import Progress, Reporter


class StopSignal:
    """Set by whoever wants the work to end; training looks at it between two steps, other work when it reports.

    Attributes:
        reason: Who asked, for example "Ctrl+C"; "" as long as nobody did.
    """

    def __init__(self) -> None:
        self.reason = ""

    def request(self, reason: str) -> None:
        """Ask for the end; a training finishes and saves the step in progress."""
        self.reason = self.reason or reason

    def __bool__(self) -> bool:
        return bool(self.reason)


class StopRequested(KeyboardInterrupt):
    """Work that has nothing to save was asked to end."""


def interruptible(reporter: Reporter, stop: StopSignal | None) -> Reporter:
    """Return a reporter that raises StopRequested at the main thread's next report once `stop` is set.

    Args:
        reporter: Gets every report.
        stop: None for work that nobody asks to end.
    """
    if stop is None:
        return reporter

    def report(progress: Progress) -> None:
        if stop and threading.current_thread() is threading.main_thread():
            raise StopRequested(stop.reason)
        reporter(progress)

    return report
