"""The exception for a pipeline.config that cannot be read, is not supported, or has unusable paths."""

from __future__ import annotations

from boxwright.errors import BoxwrightError


class PipelineError(BoxwrightError):
    """A problem of a pipeline.config; the message states file, line or field, received value and next step.

    Attributes:
        field: Dotted path of the field, for example "model.ssd.num_classes"; "" when it is about the file.
        line: Line of a text file, counted from 1; None when there is none to name.
    """

    def __init__(self, message: str, *, field: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.line = line
