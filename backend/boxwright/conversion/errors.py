"""The exception for a model that cannot be converted."""

from __future__ import annotations

from boxwright.errors import BoxwrightError


class ConversionError(BoxwrightError):
    """A file that is no detector of a supported network, or whose checkpoint computes something else."""
