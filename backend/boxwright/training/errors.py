"""What stops a training and a user can fix."""

from __future__ import annotations

from boxwright.errors import BoxwrightError


class TrainingError(BoxwrightError):
    """Training cannot start or cannot continue; the message says why and what to do."""


class OutOfMemoryError(TrainingError):
    """A step did not fit into memory."""
