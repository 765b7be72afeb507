"""Starting over: training/ becomes a backup, and a new training/ takes its place, or nothing changes.

The new folder is filled in .boxwright/new-run-N first, then two renames follow: training/ to training.backup-N, the new
folder to training/. A process that is killed in between leaves a new-run-N from which `repair_start_over` knows what to
take back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from boxwright.errors import BoxwrightError
from boxwright.failpoints import reach
from boxwright.files import BACKUP_SUFFIX, backup_path, backups
from boxwright.jobs.locks import is_held
from boxwright.jobs.store import JobStore
from boxwright.progress import Reporter, log
from boxwright.workspace import Workspace

KINDS_WITH_TRAINING = frozenset({"train", "evaluate", "export"})
"""Kinds of jobs that read or write training/."""

Fill = Callable[[Path, Path], None]
"""Writes what the new training/ begins with; takes its folder, and the path that the earlier run is about to get."""

_STAGED = "new-run-"
_LOCK_FILE = "new-run.lock"


def has_run(workspace: Workspace) -> bool:
    """Return whether there is anything in training/ to keep."""
    return workspace.training.is_dir() and any(workspace.training.iterdir())


def copy_config(workspace: Workspace, config_path: Path) -> Fill:
    """Return what copies a configuration into the new training/, if it lies in the present one."""

    def fill(folder: Path, _: Path) -> None:
        if config_path.parent == workspace.training and config_path.exists():
            shutil.copy2(config_path, folder / config_path.name)

    return fill


def start_over(workspace: Workspace, reporter: Reporter, *, fill: Fill | None = None) -> Path:
    """Give training/ the name of a backup, with a new training/ in its place; return where the earlier run is.

    Args:
        workspace: Whose training.
        reporter: Receives where the earlier run is.
        fill: Writes what the new folder begins with; None for nothing.

    Raises:
        BoxwrightError: A training is under way in the folder.
        OSError: The folder cannot be renamed; it has its name still.
    """
    refuse_running(workspace)
    with _locked(workspace):
        _repair(workspace)
        earlier = backup_path(workspace.training)
        staged = _staged(workspace, earlier)
        staged.mkdir()
        try:
            if fill is not None:
                fill(staged, earlier)
            reach("new-run-staged")
            workspace.training.replace(earlier)
            reach("earlier-run-renamed")
            staged.replace(workspace.training)
            reach("new-run-in-place")
        except BaseException:
            _take_back(workspace, staged)
            raise
    log(reporter, f"the earlier run is kept: {workspace.relative(earlier)}")
    return earlier


@contextmanager
def undone_on_failure(workspace: Workspace, earlier: Path | None) -> Iterator[None]:
    """Give the earlier run its name back where the block fails before the new run has a checkpoint.

    Args:
        workspace: Whose training started over.
        earlier: Where the earlier run is; None where there was none, and nothing is undone.
    """
    try:
        yield
    except BaseException:
        if earlier is not None and not workspace.checkpoint_steps():
            with _locked(workspace):
                staged = _staged(workspace, earlier)
                if os.path.lexists(workspace.training):
                    workspace.training.replace(staged)
                reach("new-run-removed")
                _take_back(workspace, staged)
        raise


def repair_start_over(workspace: Workspace) -> None:
    """Take back a start that a killed process left between its renames; do nothing where there is none.

    Raises:
        OSError: A folder cannot be renamed.
    """
    if next(workspace.state.glob(f"{_STAGED}*/"), None) is None:
        return
    with _locked(workspace):
        _repair(workspace)


def newest_backup(workspace: Workspace) -> Path | None:
    """Return the newest backup of training/; None where there is none."""
    found = backups(workspace.training)
    return found[-1] if found else None


def refuse_running(workspace: Workspace) -> None:
    """Raise BoxwrightError where a training is under way in training/."""
    from boxwright.runs.record import LOCK_FILE

    if is_held(workspace.training / LOCK_FILE):
        raise BoxwrightError(f"{workspace.training}: a training is under way there. Wait for its end, or stop it.")


def refuse_open_jobs(workspace: Workspace) -> None:
    """Raise BoxwrightError where a job that has not ended would find another run in training/ afterwards."""
    store = JobStore(workspace)
    for job in map(store.get, sorted(store.unended())):
        if job.kind in KINDS_WITH_TRAINING:
            raise BoxwrightError(
                f"Job {job.id} ({job.kind}, {job.state.value}) uses training/. Cancel it, or wait for its end, then "
                "start over."
            )


def _staged(workspace: Workspace, earlier: Path) -> Path:
    """Return where the new training/ is filled while the earlier one gets its name, or lies until it is deleted."""
    return workspace.state / f"{_STAGED}{earlier.name.rpartition(BACKUP_SUFFIX)[2]}"


def _repair(workspace: Workspace) -> None:
    for staged in list(workspace.state.glob(f"{_STAGED}*/")):
        _take_back(workspace, staged)


def _take_back(workspace: Workspace, staged: Path) -> None:
    """Give the earlier run its name back if it has lost it, and delete the new folder."""
    earlier = workspace.training.with_name(
        f"{workspace.training.name}{BACKUP_SUFFIX}{staged.name.removeprefix(_STAGED)}"
    )
    if not os.path.lexists(workspace.training) and os.path.lexists(earlier):
        earlier.replace(workspace.training)
    shutil.rmtree(staged, ignore_errors=True)


@contextmanager
def _locked(workspace: Workspace) -> Iterator[None]:
    """Keep other processes from starting over or repairing meanwhile."""
    workspace.state.mkdir(exist_ok=True)
    with FileLock(str(workspace.state / _LOCK_FILE)):
        yield
