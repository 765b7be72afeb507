"""Whether a daemon serves a workspace: a file lock, which the system lets go of when the daemon dies."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write_text
from boxwright.jobs.locks import LOOKED_AT
from boxwright.workspace import Workspace, as_argument

_LOOK = 0.01  # in seconds, after which a lock that is held is held by a daemon, and not by another who looks


@contextmanager
def hold_daemon_lock(workspace: Workspace, *, workspaces: Sequence[Workspace] = ()) -> Iterator[None]:
    """Be the workspace's daemon for as long as the block runs.

    Args:
        workspace: Whose daemon.
        workspaces: All that this daemon serves; recorded for `daemon_pid` and people who look.

    Raises:
        BoxwrightError: Another daemon is; its pid is named. One that died holds nothing.
        OSError: .boxwright/ cannot be written.
    """
    workspace.state.mkdir(parents=True, exist_ok=True)
    lock = _lock(workspace)
    try:
        lock.acquire(timeout=LOOKED_AT, poll_interval=0.02)
    except Timeout:
        raise already_served(workspace, _recorded_pid(workspace)) from None
    try:
        _pid_file(workspace).unlink(missing_ok=True)  # of one that died
        stop_request(workspace).unlink(missing_ok=True)
        record = {
            "pid": os.getpid(),
            "started": time.time(),
            "workspaces": [str(served.root) for served in workspaces or (workspace,)],
        }
        atomic_write_text(_pid_file(workspace), json.dumps(record))
        yield
    finally:
        lock.release()


def already_served(workspace: Workspace, pid: int | None) -> BoxwrightError:
    """Return the error of a second daemon; `pid` is the process of the first, if it is known."""
    return BoxwrightError(
        f"{workspace.root}: a daemon serves this workspace already{f' (process {pid})' if pid else ''}. "
        f"Leave it running, or end it with: boxwright daemon {as_argument(workspace.root)} --stop"
    )


def daemon_pid(workspace: Workspace) -> int | None:
    """Return the process that is the workspace's daemon now; None when there is none, 0 when it is not recorded."""
    if not workspace.state.is_dir():
        return None
    lock = _lock(workspace)
    try:
        lock.acquire(timeout=_LOOK, poll_interval=_LOOK / 2)
    except Timeout:
        return _recorded_pid(workspace) or 0
    except OSError:
        return None  # a workspace that cannot be written has no daemon
    lock.release()
    return None


def is_daemon(workspace: Workspace) -> bool:
    """Return whether this process, which took the lock, still is the daemon that others find.

    It is not when somebody deleted .boxwright/: then the next who looks takes a lock of the same name for free.
    """
    return _recorded_pid(workspace) == os.getpid()


def stop_request(workspace: Workspace) -> Path:
    """The file whose appearance asks the daemon to end: works on every system, and needs no signal."""
    return workspace.state / "daemon.stop"


def _lock(workspace: Workspace) -> FileLock:
    return FileLock(str(workspace.state / "daemon.lock"))


def _pid_file(workspace: Workspace) -> Path:
    return workspace.state / "daemon.json"


def _recorded_pid(workspace: Workspace) -> int | None:
    try:
        return int(json.loads(_pid_file(workspace).read_text("utf-8"))["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
