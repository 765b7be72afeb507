"""File system events of a workspace, turned into one word: something changed. What changed is for the scan to say."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from boxwright.annotations.class_names import is_class_file
from boxwright.daemon.debounce import Debouncer
from boxwright.dataset.sources.scan import ANNOTATION_SUFFIXES, SCANNED_SUFFIXES
from boxwright.dataset.store.journal import TEMPORARY_SUFFIX
from boxwright.workspace import Workspace

POLLING_SECONDS = 2.0
_ALWAYS = {"created", "closed", "moved", "deleted"}
_SAYS_CLOSED = sys.platform.startswith("linux")  # elsewhere the end of a write is only seen as the last "modified"


class Watch:
    """Observes images/ and annotations/, and observes them again when they were exchanged for others."""

    def __init__(self, workspace: Workspace, debouncer: Debouncer, *, polling: bool) -> None:
        """Observe nothing yet.

        Args:
            workspace: Whose folders.
            debouncer: Receives each event that can matter.
            polling: Compare listings instead of asking the system, which says nothing about network drives.
        """
        self._workspace, self._debouncer, self._polling = workspace, debouncer, polling
        self._observer: Any = None
        self._observed: dict[Path, tuple[int, int]] = {}
        self._seen: dict[Path, tuple[int, int]] = {}

    def is_outdated(self) -> bool:
        """Return whether a folder came, went or was exchanged since `refresh`, which no event need report."""
        return self._folders() != self._seen

    def refresh(self) -> str:
        """Observe the folders that are there now; return why one cannot be observed, "" when all can."""
        folders = self._seen = self._folders()
        if folders == self._observed and (not folders or self._is_alive()):
            return ""
        self.close()
        if not folders:
            return ""
        real = {os.path.realpath(folder): str(folder) for folder in folders}  # a linked folder reports nothing
        handler = _Handler(self._debouncer, self._workspace, real, says_closed=_SAYS_CLOSED and not self._polling)
        observer: Any = None
        try:
            observer = PollingObserver(timeout=POLLING_SECONDS) if self._polling else Observer()
            for folder in real:
                observer.schedule(handler, folder, recursive=True)
            observer.start()
        except (OSError, RuntimeError) as error:  # the system's limit on observers, watches or threads
            if observer is not None:
                observer.stop()  # what of it was started
            return (
                f"the system does not report changes ({getattr(error, 'strerror', None) or error}); the periodic scan "
                "finds them. On Linux: sudo sysctl fs.inotify.max_user_watches=524288 "
                "fs.inotify.max_user_instances=1024 (to keep that: a file in /etc/sysctl.d/), or use --polling."
            )
        self._observer, self._observed = observer, folders
        return ""

    def close(self) -> None:
        """Observe nothing any more."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(timeout=2)
        self._observer, self._observed = None, {}

    def _folders(self) -> dict[Path, tuple[int, int]]:
        """Return the folders that are there, and what tells each from another of its name."""
        folders = {}
        for folder in (self._workspace.images, self._workspace.annotations):
            try:
                status = folder.stat()
            except OSError:
                continue
            folders[folder] = (status.st_dev, status.st_ino)
        return folders

    def _is_alive(self) -> bool:
        """Return whether all threads still run: one of them dies when, for example, the system's watches run out."""
        if self._observer is None:
            return False
        reader = getattr(self._observer, "_inotify_fd", self._observer)  # of watchdog 7 on Linux: not an emitter
        return all(thread.is_alive() for thread in (self._observer, reader, *self._observer.emitters))


class _Handler(FileSystemEventHandler):
    def __init__(
        self, debouncer: Debouncer, workspace: Workspace, real: Mapping[str, str], *, says_closed: bool
    ) -> None:
        self._debouncer, self._workspace, self._real = debouncer, workspace, real
        self._wanted = _ALWAYS if says_closed else _ALWAYS | {"modified"}

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in self._wanted or (event.is_directory and event.event_type == "modified"):
            return
        source, target = os.fsdecode(event.src_path), os.fsdecode(event.dest_path or "")
        if source.endswith(TEMPORARY_SUFFIX):
            return  # a file of ours gets its name
        if event.is_directory:
            self._debouncer.touch()
        elif files := [path for path in (source, target) if matters(path)]:
            self._debouncer.touch(*(self._workspace.relative(Path(self._in_workspace(path))) for path in files))

    def _in_workspace(self, path: str) -> str:
        """Return the path of an event by way of the workspace, which may hold links to the observed folders."""
        for observed, folder in self._real.items():
            if path.startswith(observed + os.sep):
                return folder + path[len(observed) :]
        return path


def matters(path: str) -> bool:
    """Return whether a change of the file can change the dataset, going by its name."""
    name = PurePath(path).name
    if not name or name.startswith("."):
        return False
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
    return (
        suffix in ANNOTATION_SUFFIXES
        or suffix in SCANNED_SUFFIXES
        or name in ("label_map.pbtxt", "split.csv")
        or is_class_file(name)
    )
