"""A training in a new run folder: the earlier run keeps its files, under the name of a backup of training/."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boxwright.errors import BoxwrightError
from boxwright.files import backup_path
from boxwright.jobs.locks import is_held
from boxwright.progress import Reporter, log
from boxwright.workspace import Workspace


@contextmanager
def new_run(workspace: Workspace, reporter: Reporter, *, config_path: Path | None) -> Iterator[Path]:
    """Give training/ the name of a backup and make it anew; yield where the earlier run is.

    Where the block fails before the first checkpoint, everything is as it was.

    Args:
        workspace: Whose training.
        reporter: Receives where the earlier run is.
        config_path: Is copied into the new folder if it lies in training/; None for none.

    Raises:
        BoxwrightError: A training is under way in the folder.
        OSError: The folder cannot be renamed.
    """
    refuse_running(workspace)
    earlier = backup_path(workspace.training)
    workspace.training.replace(earlier)
    workspace.training.mkdir()
    log(reporter, f"the earlier run is kept: {workspace.relative(earlier)}")
    try:
        if config_path is not None and config_path.parent == workspace.training:
            shutil.copy2(earlier / config_path.name, config_path)
        yield earlier
    except BaseException:
        if not workspace.checkpoint_steps():
            shutil.rmtree(workspace.training)
            earlier.replace(workspace.training)
        raise


def refuse_running(workspace: Workspace) -> None:
    """Raise BoxwrightError where a training is under way in training/."""
    from boxwright.runs.record import LOCK_FILE

    if is_held(workspace.training / LOCK_FILE):
        raise BoxwrightError(f"{workspace.training}: a training is under way there. Wait for its end, or stop it.")
