"""One sync at a time in a workspace, whichever program runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from boxwright.errors import BoxwrightError
from boxwright.progress import Progress, Reporter, silent
from boxwright.workspace import Workspace

PATIENCE = 600.0  # in seconds; a first sync of a very large dataset takes minutes


@contextmanager
def locked(workspace: Workspace, reporter: Reporter = silent, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the workspace's lock; the system releases it when the process dies.

    Raises:
        BoxwrightError: Another process held it for longer than `patience` seconds.
        OSError: .boxwright/ cannot be written.
    """
    workspace.state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(workspace.state / "sync.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        reporter(Progress("waiting", 0, message="Another Boxwright is working in this workspace; waiting for it."))
        try:
            lock.acquire(timeout=patience)
        except Timeout:
            raise BoxwrightError(
                f"{workspace.root}: another Boxwright has been working in this workspace for {patience:.0f} s. "
                "Let it finish, or end it, and run the command again."
            ) from None
    try:
        yield
    finally:
        lock.release()
