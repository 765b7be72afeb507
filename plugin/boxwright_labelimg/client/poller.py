"""A thread that reads the status of the workspace, so that drawing boxes never waits for a disk."""

from __future__ import annotations

import threading
from collections.abc import Callable

from boxwright.workspace import Workspace
from boxwright_labelimg.client.workspace_status import StatusReader, WorkspaceStatus

BUSY_EVERY = 0.25  # in seconds, while a job runs
CALM_EVERY = 0.5


class StatusPoller:
    """Reads the status of one workspace at a time, and hands on what has changed."""

    def __init__(self, on_status: Callable[[WorkspaceStatus], None]) -> None:
        """Poll nothing yet; `on_status` is called in the poller's thread."""
        self._on_status = on_status
        self._status_reader: StatusReader | None = None
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)
        self._thread.start()

    def watch(self, workspace: Workspace | None) -> None:
        """Poll this workspace from now on; none when it is None."""
        self._status_reader = None if workspace is None else StatusReader(workspace)
        self._wake.set()

    def poll_now(self) -> None:
        """Poll as soon as possible, also whether there is a daemon."""
        status_reader = self._status_reader
        if status_reader is not None:
            status_reader.forget_daemon()
        self._wake.set()

    def close(self) -> None:
        """Stop polling."""
        self._ended = True
        self._wake.set()
        self._thread.join(5)

    def _run(self) -> None:
        handed_on: tuple[StatusReader | None, WorkspaceStatus | None] = (None, None)
        while not self._ended:
            status_reader = self._status_reader
            status = _read(status_reader) if status_reader is not None else None
            if (
                status is not None
                and (status_reader, status) != handed_on
                and status_reader is self._status_reader
                and not self._ended
            ):
                handed_on = status_reader, status
                self._on_status(status)
            self._wake.wait(BUSY_EVERY if status is not None and status.is_busy else CALM_EVERY)
            self._wake.clear()


def _read(status_reader: StatusReader) -> WorkspaceStatus:
    try:
        return status_reader.read()
    except Exception as error:  # the next reading may succeed; until then the dock shows why it does not change
        return WorkspaceStatus(status_reader.workspace, trouble=f"{type(error).__name__}: {error}")
