"""A real daemon as a child process, and waiting for what it does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boxwright.dataset.sync import sync
from boxwright.jobs.daemon_lock import daemon_pid
from boxwright.workspace import Workspace
from tiny_workspaces import clean_copy, outputs

PATIENCE = 60.0  # in seconds; a loaded machine, not the daemon, needs it


def until(condition: Callable[[], Any], what: str) -> Any:
    """Return the condition's first true value."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")


@contextmanager
def daemon(*workspaces: Workspace, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run a daemon that scans only when events or its start tell it to; it is ended with the block."""
    command = [sys.executable, "-m", "boxwright", "daemon", *(str(workspace.root) for workspace in workspaces)]
    environ = {**os.environ, "BOXWRIGHT_SCAN_SECONDS": "3600", **(environment or {})}
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True, env=environ)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
        child.wait(PATIENCE)


def stop_daemon(workspace: Workspace) -> None:
    """End the daemon that serves a workspace, if there is one."""
    command = [sys.executable, "-m", "boxwright", "daemon", str(workspace.root), "--stop"]
    subprocess.run(command, capture_output=True, check=False)
    assert daemon_pid(workspace) is None


def status(workspace: Workspace) -> dict[str, Any]:
    """Return what the daemon says of itself, {} as long as it has said nothing."""
    return _read(workspace.state / "status.json", {})


def findings(workspace: Workspace) -> list[dict[str, str]]:
    """Return the findings that the daemon shows."""
    return _read(workspace.state / "findings.json", {"findings": []})["findings"]


def log(workspace: Workspace) -> str:
    """Return the daemon's log."""
    return (workspace.state / "logs" / "daemon.log").read_text("utf-8")


def _read(path: Path, otherwise: Any) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return otherwise


def is_settled(workspace: Workspace, scratch: Path) -> bool:
    """Return whether everything in annotations/ is byte for byte what a rebuild from nothing gives."""
    number = sum(1 for _ in scratch.iterdir()) if scratch.is_dir() else 0
    try:
        copy = clean_copy(workspace, scratch / str(number))
        sync(copy)
        return outputs(workspace) == outputs(copy)
    except FileNotFoundError:
        return False  # the daemon renamed a file this moment


def until_settled(workspace: Workspace, scratch: Path) -> None:
    """Wait until the records are those of a rebuild from nothing."""
    until(lambda: is_settled(workspace, scratch), "the rebuild's bytes")
