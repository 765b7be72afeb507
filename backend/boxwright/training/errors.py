"""What stops a training run that a user can mend."""

from __future__ import annotations

from boxwright.errors import BoxwrightError


class TrainingError(BoxwrightError):
    """Training cannot start or cannot go on; the message says why and what to do."""


class OutOfMemoryError(TrainingError):
    """A step did not fit into memory."""
