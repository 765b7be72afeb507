"""`boxwright daemon`: keep the records up to date in the background."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from boxwright.cli.console import echo
from boxwright.errors import BoxwrightError, UsageError
from boxwright.jobs.daemon_lock import already_served, daemon_pid, stop_request
from boxwright.jobs.daemon_status import read_daemon_status
from boxwright.jobs.job import State
from boxwright.jobs.program import PROGRAM
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace, as_argument

START_SECONDS = 20.0
STOP_SECONDS = 10.0


def daemon(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR", help="The workspaces.", show_default="the current directory"),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Continue in the background.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Say what the daemon is doing, and end.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the daemon that runs.")] = False,
    polling: Annotated[
        bool, typer.Option("--polling", help="Compare listings; for network drives, which report no changes.")
    ] = False,
) -> None:
    """Watch workspaces, and keep annotations/*.record up to date while you draw boxes.

    Every annotation saved below images/ or annotations/ is in the records a moment later; nothing of yours is changed.
    Ctrl+C, SIGTERM or --stop end it, and kill -9 loses nothing.

    Example:
      boxwright daemon training_demo
      boxwright daemon training_demo --detach
      boxwright daemon training_demo --status
    """
    if detach + status + stop > 1:
        raise UsageError("--detach, --status and --stop exclude each other.")
    workspaces = list(
        {w.root.resolve(): w for w in (Workspace.find(folder) for folder in folders or [Path()])}.values()
    )
    if status:
        running = [_print_status(workspace) for workspace in workspaces]
        raise typer.Exit(0 if all(running) else 3)  # as system services answer
    if stop:
        for workspace in workspaces:
            _stop(workspace)
    elif detach:
        _detach(workspaces, polling=polling)
    else:
        _serve(workspaces, polling=polling)


def _serve(workspaces: list[Workspace], *, polling: bool) -> None:
    from boxwright.daemon.footprint import share_heap
    from boxwright.daemon.service import serve

    share_heap()
    received: list[int] = []  # not an Event, whose lock the interrupted code may hold
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: received.append(number))
    if not serve(workspaces, lambda: bool(received), polling=polling):
        sys.stdout.flush()
        os._exit(0)  # a long sync is cut off here as kill -9 would: the journal stands for it


def _detach(workspaces: list[Workspace], *, polling: bool) -> None:
    for workspace in workspaces:
        pid = daemon_pid(workspace)
        if pid is not None:
            raise already_served(workspace, pid)
    command = [*PROGRAM, "daemon", *(str(workspace.root) for workspace in workspaces)]
    if polling:
        command.append("--polling")
    first = workspaces[0]
    logs = first.state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        options = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined,unused-ignore]
    with (logs / "daemon-start.log").open("wb") as stream:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stream, **options)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if all(daemon_pid(workspace) for workspace in workspaces):
            child.returncode = 0  # it is to outlive this process: nobody waits for it
            echo(f"The daemon runs in the background (process {daemon_pid(first)}).")
            echo(
                f"Its log: {first.relative(logs / 'daemon.log')}; end it with: boxwright daemon "
                f"{' '.join(as_argument(workspace.root) for workspace in workspaces)} --stop"
            )
            return
        if child.poll() is not None:
            break
        time.sleep(0.05)
    output = (logs / "daemon-start.log").read_text("utf-8", "replace").strip()
    raise BoxwrightError(f"The daemon did not start. {output or 'It said nothing; look into ' + str(logs)}")


def _print_status(workspace: Workspace) -> bool:
    pid = daemon_pid(workspace)
    if pid is None:
        echo(
            f"{workspace.root}: no daemon runs. Start it with: boxwright daemon {as_argument(workspace.root)} --detach"
        )
        return False
    echo(f"{workspace.root}: the daemon runs (process {pid}).")
    status = read_daemon_status(workspace)
    if status is None:
        echo("  It has not looked at everything yet.")
        return True
    if status.message:
        echo(f"  Trouble: {status.message}")
    if (dataset := status.dataset) is not None:
        counts = ", ".join(f"{count} {split}" for split, count in dataset.images.items())
        echo(f"  Records up to date: {counts} images, {dataset.unlabelled} unlabelled, {dataset.findings} findings.")
    jobs = JobStore(workspace).open_jobs()
    running = ", ".join(f"{job.id} ({job.kind}, {job.stage})" for job in jobs if job.state is State.RUNNING)
    queued = sum(job.state is State.QUEUED for job in jobs)
    if jobs:
        echo(f"  Jobs: {f'running {running}' if running else 'none running'}, {queued} queued.")
    return True


def _stop(workspace: Workspace) -> None:
    pid = daemon_pid(workspace)
    if pid is None:
        echo(f"{workspace.root}: no daemon runs.")
        return
    stop_request(workspace).touch()
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if daemon_pid(workspace) is None:
            stop_request(workspace).unlink(missing_ok=True)
            echo(f"{workspace.root}: the daemon (process {pid}) has ended.")
            return
        time.sleep(0.05)
    raise BoxwrightError(
        f"{workspace.root}: the daemon (process {pid}) did not end within {STOP_SECONDS:.0f} s. "
        "End the process by hand; nothing is lost."
    )
