"""The losses of the run in training/, thinned out for drawing."""

from __future__ import annotations

from collections.abc import Sequence

from boxwright.runs.metrics import MetricsReader, MetricsRow, thin
from boxwright.workspace import Workspace

LIMIT = 2000  # points; the dock is some hundred pixels wide
NEWEST = 250  # rows at most that are not thinned yet: a new row must not thin the whole run again

Points = tuple[tuple[int, float], ...]
"""(step, total loss), by step."""


class LossPoints:
    """Reads the loss curve again and again while a training writes it.

    Args:
        workspace: Whose training/metrics.csv.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._reader = MetricsReader(workspace.training)
        self._last_thinned: MetricsRow | None = None
        self._thinned: Points = ()

    def read(self) -> Points:
        """Return the curve over all steps; what it holds depends on the file only, not on when it was read before."""
        rows = self._reader.rows()
        whole = len(rows) - len(rows) % NEWEST
        last = rows[whole - 1] if whole else None
        if last is not self._last_thinned:  # the reader makes new rows when the file is another one
            self._last_thinned, self._thinned = last, _points(thin(rows[:whole], LIMIT))
        return self._thinned + _points(rows[whole:])


def _points(rows: Sequence[MetricsRow]) -> Points:
    return tuple((row.step, row.total_loss) for row in rows if row.total_loss is not None)
