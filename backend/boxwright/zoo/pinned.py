"""A file of which size and hash are known before it is fetched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PinnedFile:
    """A file of a model that lies unpacked at its source.

    Attributes:
        name: Its name in the folder of the model.
        size: In bytes.
        sha256: In hexadecimal.
    """

    name: str
    size: int
    sha256: str
