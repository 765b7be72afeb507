"""What is wrong with an image that cannot go into a record."""

from __future__ import annotations

from typing import NoReturn

from boxwright.errors import BoxwrightError
from boxwright.findings import Finding

REPLACE = "Copy the image again from where it came from, or delete it with its XML."


class ImageError(BoxwrightError):
    """Image bytes that cannot go into a record, with the parts of the finding they become.

    Attributes:
        rule, value, message, advice: As in Finding.
    """

    def __init__(self, *, rule: str, message: str, advice: str, value: str = "") -> None:
        self.rule = rule
        self.value = value
        self.message = message
        self.advice = advice
        super().__init__(str(self.as_finding("")))

    def as_finding(self, file: str) -> Finding:
        """Return the finding about `file`, a path relative to the workspace."""
        return Finding(file, self.rule, "", self.value, self.message, self.advice)


def refuse_truncated(size: int) -> NoReturn:
    """Raise the error for a file of `size` bytes that ends too early."""
    raise ImageError(
        rule="image-truncated",
        value=f"{size} bytes",
        message="The image ends before its last pixel",
        advice=REPLACE,
    ) from None
