"""Files in the system's trash, from which they can be brought back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path


class TrashedFiles:
    """Files that were moved to the trash.

    No system tells where in its trash a file went. So copies are kept until `forget`, and are what comes back.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        """Move files to the trash.

        Raises:
            ImportError: Send2Trash is not installed.
            OSError: A file cannot be moved there, for example because its disk has no trash. All files are in place.
        """
        from send2trash import send2trash  # noqa: PLC0415  # loaded when something is deleted

        self.files = tuple(files)
        self._folder = Path(tempfile.mkdtemp(prefix="boxwright-trash-"))
        try:
            for number, file in enumerate(self.files):
                shutil.copy2(file, self._folder / str(number))
            for file in self.files:
                send2trash(str(file))
        except OSError:
            self.bring_back()
            raise

    def bring_back(self) -> None:
        """Put the files back where they were, but not in the place of a new one."""
        for number, file in enumerate(self.files):
            kept = self._folder / str(number)
            if kept.exists() and not file.exists():
                shutil.copy2(kept, file)
        self.forget()

    def forget(self) -> None:
        """Delete the copies."""
        shutil.rmtree(self._folder, ignore_errors=True)
