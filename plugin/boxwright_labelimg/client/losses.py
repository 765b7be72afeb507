"""The loss of a training, step by step, from the lines of its log."""

from __future__ import annotations

import re
from pathlib import Path

from boxwright.jobs.logs import job_log
from boxwright.workspace import Workspace

MOST = 2000  # points; twice as many are thinned out to that
_LINE = re.compile(rb"^global step (\d+): loss = ([0-9.eE+-]+)", re.MULTILINE)


class LossLog:
    """Reads what was added to a log since it was last asked."""

    def __init__(self, workspace: Workspace, job: int) -> None:
        """Read nothing yet."""
        self.job = job
        self._log = job_log(workspace, job)
        self._read = 0
        self._points: list[tuple[int, float]] = []
        earlier = self._log.with_name(f"{self._log.name}.1")
        if earlier.exists():
            self._take(_bytes(earlier, 0))

    def points(self) -> tuple[tuple[int, float], ...]:
        """Return (step, loss) of the training so far; steps rise, also where it went back to a checkpoint."""
        try:
            size = self._log.stat().st_size
        except OSError:
            return tuple(self._points)
        if size < self._read:  # begun anew
            self._read = 0
        if size > self._read:
            data = _bytes(self._log, self._read)
            whole = data[: data.rfind(b"\n") + 1]
            self._read += len(whole)
            self._take(whole)
        return tuple(self._points)

    def _take(self, data: bytes) -> None:
        for found in _LINE.finditer(data):
            try:
                point = int(found[1]), float(found[2])
            except ValueError:
                continue
            while self._points and self._points[-1][0] >= point[0]:
                self._points.pop()
            self._points.append(point)
        if len(self._points) >= 2 * MOST:
            self._points = self._points[::2]


def _bytes(path: Path, start: int) -> bytes:
    try:
        with path.open("rb") as stream:
            stream.seek(start)
            return stream.read()
    except OSError:
        return b""
