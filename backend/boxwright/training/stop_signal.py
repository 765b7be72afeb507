"""Asking a training run to save and end."""

from __future__ import annotations


class StopSignal:
    """Set by whoever wants the run to end; looked at between two steps.

    Attributes:
        reason: Who asked, for example "Ctrl+C"; "" as long as nobody did.
    """

    def __init__(self) -> None:
        self.reason = ""

    def request(self, reason: str) -> None:
        """Ask for the end; the step in progress is finished and saved."""
        self.reason = self.reason or reason

    def __bool__(self) -> bool:
        return bool(self.reason)
