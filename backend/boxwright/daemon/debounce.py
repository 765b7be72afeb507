"""When a debouncer of events is over: after a quiet time, or after the longest wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FEW = 32  # files; of more than that in one debouncer each is not worth a look of its own
QUIET = 0.1  # in seconds
LONGEST = 1.0  # in seconds; a stream of events without a pause is looked at this often


class Debouncer:
    """Events of one workspace, gathered by the observer's thread and awaited by the dataset_sync's."""

    def __init__(
        self, *, quiet: float = QUIET, longest: float = LONGEST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with no event; `clock` gives seconds that never go back."""
        self._quiet, self._longest, self._clock = quiet, longest, clock
        self._first: float | None = None
        self._last = 0.0
        self._files: set[str] | None = set()
        self._changed = threading.Condition()

    def touch(self, *files: str) -> None:
        """Note an event of the files, paths relative to the workspace; without any, of who knows what."""
        with self._changed:
            if self._files is not None:
                self._files.update(files)
                if not files or len(self._files) > FEW:
                    self._files = None
            self._last = self._clock()
            if self._first is None:
                self._first = self._last
                self._changed.notify_all()

    def due_in(self) -> float | None:
        """Return the seconds until the debouncer may be acted on, 0 or less when it is now; None without an event."""
        with self._changed:
            if self._first is None:
                return None
            return min(self._last + self._quiet, self._first + self._longest) - self._clock()

    def wait_for_event(self, timeout: float) -> None:
        """Return at the first event, or after `timeout` seconds."""
        with self._changed:
            if self._first is None:
                self._changed.wait(timeout)

    def take(self) -> frozenset[str] | None:
        """Forget the events, which are looked at now; return their files when these are few and all of them known."""
        with self._changed:
            self._first = None
            files, self._files = self._files, set()
            return None if files is None else frozenset(files)
