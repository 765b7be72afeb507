"""Commands of the interface: calls that may take time, each made in a thread of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import BoxwrightError
from boxwright.jobs.daemon_lock import daemon_pid
from boxwright.jobs.job import Job
from boxwright.workspace import Workspace
from boxwright_labelimg.client import program
from boxwright_labelimg.client.folders import annotation_files

if TYPE_CHECKING:
    from boxwright.workflow.common.option import Options

LOCALHOST = "127.0.0.1"


def start_daemon(workspace: Workspace) -> None:
    """Make sure that a daemon serves the workspace.

    Raises:
        BoxwrightError: It does not start; the message is the daemon's.
    """
    if daemon_pid(workspace) is not None:
        return
    try:
        # `daemon --detach` starts the daemon and ends. A daemon started from here would be labelImg's child, and stay a
        # zombie after its end.
        program.run("daemon", str(workspace.root), "--detach")
    except BoxwrightError:
        if daemon_pid(workspace) is None:  # otherwise another window has started it meanwhile
            raise


def submit(workspace: Workspace, kind: str, options: Options | None = None) -> Job:
    """Queue a job, and make sure that a daemon runs it.

    Args:
        workspace: Whose job.
        kind: A kind of job.
        options: Of the type that belongs to the kind; None for the defaults.

    Raises:
        BoxwrightError, OSError: The workspace is gone or cannot be written, no daemon starts, or a training cannot
            start over. Then nothing is queued: a daemon that is started later must not run it by surprise.
    """
    from boxwright.workflow.job.kinds import options_type  # noqa: PLC0415  # not needed to open the window
    from boxwright.workflow.job.submit import submit_job  # noqa: PLC0415  # likewise

    Workspace.find(workspace.root)
    start_daemon(workspace)
    return submit_job(workspace, kind, options if options is not None else options_type(kind)())


def free_port() -> int:
    """Return a port of this machine that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


def open_tensorboard(workspace: Workspace, port: int) -> subprocess.Popen[str]:
    """Start TensorBoard, which opens the browser; it runs until its process or this one ends."""
    log = program.write_log(workspace.state / "logs" / "tensorboard.log")
    with log:
        options = ("--open", "--port", str(port))
        return program.start_bound("tensorboard", str(workspace.root), *options, stdout=log, stderr=subprocess.STDOUT)


def make_report(workspace: Workspace) -> Path:
    """Make the page about the newest training; return its file.

    Raises:
        BoxwrightError: It cannot be made; the message is the program's.
    """
    from boxwright.workflow.report import REPORT_FILE  # noqa: PLC0415  # not needed to open the window

    program.run("report", str(workspace.root))
    return workspace.training / REPORT_FILE


def copy_annotations(source: Path, target: Path) -> int:
    """Copy the annotation files of a folder, and its class names, without overwriting any; return how many were copied.

    Raises:
        OSError: They cannot be read, or not be written there.
    """
    target.mkdir(parents=True, exist_ok=True)
    copied = 0
    for path in annotation_files(source):
        if not (target / path.name).exists():
            shutil.copy2(path, target / path.name)
            copied += 1
    return copied
