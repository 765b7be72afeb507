"""A thread that looks at the workspace, so that nobody who draws boxes waits for a disk."""

from __future__ import annotations

import threading
from collections.abc import Callable

from boxwright.workspace import Workspace
from boxwright_labelimg.client.workspace_status import View, Viewer

BUSY_EVERY = 0.25  # in seconds, while a job runs
CALM_EVERY = 0.5


class Looker:
    """Looks at one workspace at a time, and tells what has changed."""

    def __init__(self, on_view: Callable[[View], None]) -> None:
        """Look at nothing yet; `on_view` is called in the looker's thread."""
        self._on_view = on_view
        self._viewer: Viewer | None = None
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="looker", daemon=True)
        self._thread.start()

    def watch(self, workspace: Workspace | None) -> None:
        """Look at this workspace from now on; at none when it is None."""
        self._viewer = None if workspace is None else Viewer(workspace)
        self._wake.set()

    def look_now(self) -> None:
        """Look as soon as may be, also whether there is a daemon."""
        viewer = self._viewer
        if viewer is not None:
            viewer.forget_daemon()
        self._wake.set()

    def close(self) -> None:
        """Look no more."""
        self._ended = True
        self._wake.set()
        self._thread.join(5)

    def _run(self) -> None:
        told: tuple[Viewer | None, View | None] = (None, None)
        while not self._ended:
            viewer = self._viewer
            view = _look(viewer) if viewer is not None else None
            if view is not None and (viewer, view) != told and viewer is self._viewer and not self._ended:
                told = viewer, view
                self._on_view(view)
            self._wake.wait(BUSY_EVERY if view is not None and view.is_busy else CALM_EVERY)
            self._wake.clear()


def _look(viewer: Viewer) -> View:
    try:
        return viewer.look()
    except Exception as error:  # whatever it is, the next look may succeed, and a dock that stands still says nothing
        return View(viewer.workspace, trouble=f"{type(error).__name__}: {error}")
