"""Annotation files as they were when the window read or wrote them: what another program wrote since is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


class SeenFiles:
    """The content of the files that the open image may have its boxes in."""

    def __init__(self) -> None:
        """Have seen none."""
        self._digests: dict[Path, bytes | None] = {}

    def look(self, files: Iterable[Path]) -> None:
        """See files as they are now, also those that do not exist."""
        self._digests |= {file: _digest(file) for file in files}

    def forget(self) -> None:
        """Forget all."""
        self._digests = {}

    def any_changed(self) -> bool:
        """Return whether any of the files has another content now."""
        return any(self.is_changed(file) for file in self._digests)

    def is_changed(self, file: Path) -> bool:
        """Return whether a file that was seen has another content now; one that is gone can be written again."""
        now = _digest(file)
        return file in self._digests and now is not None and now != self._digests[file]


def _digest(file: Path) -> bytes | None:
    try:
        return hashlib.blake2b(file.read_bytes()).digest()
    except OSError:
        return None
