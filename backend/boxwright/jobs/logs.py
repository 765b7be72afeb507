"""A job's log in .boxwright/logs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from boxwright.workspace import Workspace

LINES = 20
LOG_BYTES = 5 * 1024 * 1024
LOGS_KEPT = 100
_TAIL_BYTES = 64 * 1024


def job_log(workspace: Workspace, number: int) -> Path:
    """Return where everything goes that the job's process prints."""
    return workspace.state / "logs" / f"job-{number}.log"


def log_tail(workspace: Workspace, number: int, lines: int = LINES) -> str:
    """Return the last lines of the job's log, "" when there is none."""
    return last_lines(job_log(workspace, number), lines)


def last_lines(log: Path, lines: int) -> str:
    """Return the last lines of a log, "" when there is none."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - _TAIL_BYTES))
            text = stream.read().decode("utf-8", "backslashreplace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def prepare_log(workspace: Workspace, number: int, *, keep: Collection[int] = ()) -> None:
    """Rename a log that has grown too long, and delete logs and locks of jobs long past.

    Args:
        workspace: Whose jobs.
        number: Of the job that is about to begin.
        keep: Jobs that have not ended, however old.
    """
    log = job_log(workspace, number)
    log.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # open in a viewer, on Windows
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))
    for path in (*log.parent.glob("job-*.log*"), *(workspace.state / "jobs").glob("*.lock")):
        past = path.name.removeprefix("job-").partition(".")[0]
        if past.isdigit() and int(past) <= number - LOGS_KEPT and int(past) not in keep:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def trim_running_log(workspace: Workspace, number: int) -> None:
    """Empty the log of a running job when it has grown too long, keeping what it held beside it.

    Its process continues to write at the end of the file, wherever that is now. On Windows that end is not moved by
    emptying the file, so there a log waits for the job's next attempt.
    """
    log = job_log(workspace, number)
    with suppress(OSError):
        if os.name != "nt" and log.stat().st_size > LOG_BYTES:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)
