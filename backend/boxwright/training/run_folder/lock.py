"""One run at a time in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from boxwright.jobs.locks import LOOKED_AT
from boxwright.runs.record import LOCK_FILE
from boxwright.training.errors import TrainingError


@contextmanager
def only_run(train_dir: Path) -> Iterator[None]:
    """Hold the folder for one run: two of them would drop each other's checkpoints.

    Raises:
        TrainingError: Another run holds it.
    """
    try:
        with FileLock(train_dir / LOCK_FILE, timeout=LOOKED_AT, poll_interval=0.02):
            yield
    except Timeout:
        raise TrainingError(
            f"{train_dir}: another training is running in this folder. Wait for it or stop it (Ctrl+C), "
            "or train in another folder (--train-dir)."
        ) from None
