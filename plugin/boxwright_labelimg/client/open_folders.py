"""Which folders of images are open in windows of this user: a file lock each, which the system releases at the end."""

from __future__ import annotations

import contextlib
from pathlib import Path

from filelock import FileLock, Timeout

from boxwright_labelimg.client.memory import file_of


class OpenFolder:
    """The right to edit the boxes of a folder, which one window has.

    Where the user's folder for such files cannot be written, or has no locks, every window has it.
    """

    def __init__(self, folder: Path) -> None:
        """Hold nothing yet."""
        self._path = file_of(folder, "open-folders", ".lock")
        self._lock = FileLock(str(self._path))

    def take(self) -> bool:
        """Return whether this window has the folder now, and no other has it."""
        if self._lock.is_locked:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except (OSError, NotImplementedError):  # the latter where the file system has no locks
            pass
        return True

    def release(self) -> None:
        """Let another window have it."""
        with contextlib.suppress(OSError):
            self._lock.release()
