"""File locks of jobs, which the system lets go of when their holder dies: who runs a job, and who has the device."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from boxwright.files import atomic_write_text
from boxwright.jobs.job import Job
from boxwright.user_folder import shared_folder
from boxwright.workspace import Workspace

LOOKED_AT = 0.3  # in seconds; who only looks whether a lock is held holds it for less than that


@contextmanager
def hold_job(workspace: Workspace, number: int) -> Iterator[bool]:
    """Be the one process that runs the job for as long as the block goes; yield False when another one is."""
    lock = _job_lock(workspace, number)
    lock_path = Path(lock.lock_file)
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=LOOKED_AT, poll_interval=0.02)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def is_run(workspace: Workspace, number: int) -> bool:
    """Return whether a process runs the job, or waits to."""
    return is_held(Path(_job_lock(workspace, number).lock_file))


def is_held(path: Path) -> bool:
    """Return whether a process holds a lock file, or would, but for who looks at this moment as well."""
    if not path.exists():
        return False
    lock = FileLock(str(path))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def device_name() -> str:
    """Return the device that a job of this process uses: the first of CUDA_VISIBLE_DEVICES, else 0."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    return "".join(letter if letter.isalnum() or letter == "-" else "_" for letter in first) or "0"


@contextmanager
def borrow_device(device: str) -> Iterator[bool]:
    """Keep the device from jobs for a moment; yield False, and keep nothing, when a job has it."""
    lock = FileLock(str(shared_folder() / f"device-{device}.lock"))
    try:
        Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except OSError:
        pass  # where the user's folder cannot be written no job has a device
    try:
        yield True
    finally:
        lock.release()


class DeviceLock:
    """A device of this machine, held by one job of one of the user's workspaces."""

    def __init__(self, device: str) -> None:
        """Hold nothing yet."""
        folder = shared_folder()
        self._lock = FileLock(str(folder / f"device-{device}.lock"))
        self._card = folder / f"device-{device}.json"

    def take(self, job: Job, workspace: Workspace) -> bool:
        """Take the device, if it is free, and write down who has it.

        Raises:
            OSError: The user's folder cannot be written.
        """
        self._card.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        content = {"pid": os.getpid(), "kind": job.kind, "job": job.id, "workspace": str(workspace.root)}
        atomic_write_text(self._card, json.dumps(content))
        return True

    def holder(self) -> str:
        """Return a sentence about who has the device."""
        try:
            content = json.loads(self._card.read_text("utf-8"))
            return f"the device: {content['kind']}, job {content['job']} of {content['workspace']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "the device, which another job has"

    def release(self) -> None:
        """Let the next job have the device."""
        self._lock.release()


def _job_lock(workspace: Workspace, number: int) -> FileLock:
    return FileLock(str(workspace.state / "jobs" / f"{number}.lock"))
