"""What is wrong with an image that cannot go into a record."""

from __future__ import annotations

from typing import NoReturn

from boxwright.findings import FindingError

REPLACE = "Copy the image again from where it came from, or delete it with its XML."


class ImageError(FindingError):
    """Image bytes that cannot go into a record."""


def refuse_truncated(size: int) -> NoReturn:
    """Raise the error for a file of `size` bytes that ends too early."""
    raise ImageError(
        rule="image-truncated",
        value=f"{size} bytes",
        message="The image ends before its last pixel",
        advice=REPLACE,
    ) from None
