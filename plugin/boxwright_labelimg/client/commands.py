"""Commands of the interface: calls that may take time, each made in a thread of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from boxwright.errors import BoxwrightError
from boxwright.jobs.daemon_lock import daemon_pid
from boxwright.jobs.job import Job
from boxwright.jobs.store import JobStore
from boxwright.workflow.job.kinds import options_type
from boxwright.workspace import Workspace
from boxwright_labelimg.client import program


def start_daemon(workspace: Workspace) -> None:
    """Make sure that a daemon serves the workspace.

    Raises:
        BoxwrightError: It does not start; the message is the daemon's.
    """
    if daemon_pid(workspace) is not None:
        return
    try:
        program.run("daemon", str(workspace.root), "--detach")
    except BoxwrightError:
        if daemon_pid(workspace) is None:  # otherwise another window has started it meanwhile
            raise


def submit(workspace: Workspace, kind: str, params: Mapping[str, str] | None = None) -> Job:
    """Queue a job, and make sure that a daemon runs it.

    Raises:
        BoxwrightError, OSError: The workspace is gone or cannot be written, or no daemon starts. Then nothing is
            queued: a daemon that is started later must not run it by surprise.
    """
    Workspace.find(workspace.root)
    start_daemon(workspace)
    return JobStore(workspace).submit(kind, options_type(kind).from_values(params or {}))


def start_over(workspace: Workspace, *, keep_config: bool = False) -> Path | None:
    """Put training/ aside, so that the next training begins from its start; return where it is now.

    Args:
        workspace: Whose training.
        keep_config: Let the next training have a copy of the configuration.

    Raises:
        BoxwrightError: A training is under way there.
        OSError: It cannot be renamed.
    """
    if not workspace.training.is_dir() or not any(workspace.training.iterdir()):
        return None
    if any(not job.state.is_end and job.kind != "export-dataset" for job in JobStore(workspace).newest()):
        raise BoxwrightError("A job is under way or paused. Cancel it, or wait for its end, then begin anew.")
    number = 1
    while (kept := workspace.root / f"training-before-{number}").exists():
        number += 1
    workspace.training.rename(kept)
    workspace.training.mkdir()
    if keep_config and (kept / workspace.pipeline_config.name).exists():
        shutil.copy2(kept / workspace.pipeline_config.name, workspace.pipeline_config)
    return kept


def checkpoints(workspace: Workspace) -> list[int]:
    """Return the steps of the training's checkpoints, the newest first."""
    return workspace.checkpoint_steps()


def next_export(workspace: Workspace) -> str:
    """Return a name for an export that is not taken."""
    return workspace.next_export_name()


def open_tensorboard(workspace: Workspace) -> subprocess.Popen[str]:
    """Start TensorBoard, which opens the browser; it runs until its process or this one ends."""
    log = program.write_log(workspace.state / "logs" / "tensorboard.log")
    with log:
        return program.start_bound("tensorboard", str(workspace.root), "--open", stdout=log, stderr=subprocess.STDOUT)


def copy_xml(source: Path, target: Path) -> int:
    """Copy the XML files of a folder without overwriting any; return how many were copied.

    Raises:
        OSError: They cannot be read, or not be written there.
    """
    target.mkdir(parents=True, exist_ok=True)
    copied = 0
    for path in sorted(source.glob("*.xml")):
        if not (target / path.name).exists():
            shutil.copy2(path, target / path.name)
            copied += 1
    return copied
