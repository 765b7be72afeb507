"""The loss of a training, step by step, from the lines of its log."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from boxwright.jobs.logs import job_log
from boxwright.workspace import Workspace

MOST = 2000  # points; twice as many are thinned out to that
CHUNK = 1 << 20  # in bytes, read at a time: a log of a long training has hundreds of them
_LINE = re.compile(rb"^global step (\d+): loss = ([0-9.eE+-]+)", re.MULTILINE)


class LossLog:
    """Reads what was added to a log since it was last asked."""

    def __init__(self, workspace: Workspace, job: int) -> None:
        """Read nothing yet."""
        self.job = job
        self._log = job_log(workspace, job)
        self._read = 0
        self._points: list[tuple[int, float]] = []
        self._take_from(self._log.with_name(f"{self._log.name}.1"), 0)

    def points(self) -> tuple[tuple[int, float], ...]:
        """Return (step, loss) of the training so far; steps rise, also where it went back to a checkpoint."""
        with contextlib.suppress(OSError):
            if self._log.stat().st_size < self._read:  # begun anew
                self._read = 0
            self._read = self._take_from(self._log, self._read)
        return tuple(self._points)

    def _take_from(self, log: Path, start: int) -> int:
        """Take the lines from a place in a log on; return the place after the last that is whole."""
        try:
            with log.open("rb") as stream:
                while True:
                    stream.seek(start)
                    data = stream.read(CHUNK)
                    whole = data.rfind(b"\n") + 1
                    if not whole and len(data) < CHUNK:
                        return start
                    self._take(data[:whole])
                    start += whole or len(data)  # a line as long as that is none of ours
        except OSError:
            return start

    def _take(self, data: bytes) -> None:
        for found in _LINE.finditer(data):
            try:
                point = int(found[1]), float(found[2])
            except ValueError:
                continue
            while self._points and self._points[-1][0] >= point[0]:
                self._points.pop()
            self._points.append(point)
        while len(self._points) >= 2 * MOST:
            self._points = self._points[(len(self._points) + 1) % 2 :: 2]  # the last one stays
