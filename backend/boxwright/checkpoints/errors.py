"""What is wrong with a checkpoint."""

from __future__ import annotations

from boxwright.errors import BoxwrightError


class CheckpointError(BoxwrightError):
    """A checkpoint is missing, unreadable or of another model."""
