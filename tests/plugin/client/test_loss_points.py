"""The loss curve: over the whole run, the same after reopening, and of a run that was started on the command line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from boxwright.runs.metrics import MetricsRow, MetricsWriter
from boxwright.workspace import Workspace
from boxwright_labelimg.client import loss_points
from boxwright_labelimg.client.loss_points import LIMIT, NEWEST, LossPoints
from boxwright_labelimg.client.workspace_status import StatusReader


@pytest.fixture
def writer(workspace: Workspace) -> MetricsWriter:
    workspace.training.mkdir()
    return MetricsWriter(workspace.training, 0)


def row(step: int) -> MetricsRow:
    return MetricsRow(step, step / 10, total_loss=10.0 + step % 7)


def write_run(workspace: Workspace, steps: int) -> None:
    """Write a whole metrics.csv at once, as the writer would."""
    workspace.training.mkdir(exist_ok=True)
    writer = MetricsWriter(workspace.training, 0)
    path = workspace.training / "metrics.csv"
    writer.append(row(1))
    header, line = path.read_text().splitlines()
    cells = line.split(",")[2:]
    cells[0] = "{loss}"
    template = ",".join(["{step}", "{seconds}", *cells])
    lines = [template.format(step=step, seconds=step / 10, loss=10.0 + step % 7) for step in range(1, steps + 1)]
    path.write_text("\n".join([header, *lines, ""]))


def test_points_appear_as_steps_are_logged(workspace: Workspace, writer: MetricsWriter) -> None:
    points = LossPoints(workspace)
    assert points.read() == ()
    writer.append(row(1))
    writer.append(row(2))
    assert points.read() == ((1, 11.0), (2, 12.0))
    writer.append(MetricsRow(2, 0.3, ap=0.5, ap50=0.7))  # an evaluation has no loss
    writer.append(row(3))
    assert points.read() == ((1, 11.0), (2, 12.0), (3, 13.0))


def test_a_run_of_the_command_line_has_a_curve(workspace: Workspace, writer: MetricsWriter) -> None:
    """No job of the window wrote it, and there is no log."""
    writer.append(row(1))
    status = StatusReader(workspace).read()
    assert status.jobs == ()
    assert status.losses == ((1, 11.0),)


@pytest.mark.parametrize("steps", [20_000, 40_000, 100_000])
def test_the_curve_keeps_its_beginning(workspace: Workspace, steps: int) -> None:
    write_run(workspace, steps)
    points = LossPoints(workspace).read()
    assert LIMIT / 2 <= len(points) <= LIMIT + NEWEST
    assert (points[0][0], points[-1][0]) == (1, steps)
    tenths = Counter((step - 1) * 10 // steps for step, _ in points)
    assert set(tenths) == set(range(10))
    assert min(tenths.values()) > LIMIT / 20, "each tenth of the steps has its share of the points"


def test_the_curve_is_the_same_after_reopening(workspace: Workspace, writer: MetricsWriter) -> None:
    open_all_the_time = LossPoints(workspace)
    for step in range(1, 3 * LIMIT):
        writer.append(row(step))
        if step % 97 == 0:
            assert open_all_the_time.read() == LossPoints(workspace).read()


def test_a_run_that_resumes_or_starts_over_replaces_its_points(workspace: Workspace, writer: MetricsWriter) -> None:
    points = LossPoints(workspace)
    for step in range(1, 2 * NEWEST + 1):
        writer.append(row(step))
    assert len(points.read()) == 2 * NEWEST
    resumed = MetricsWriter(workspace.training, NEWEST)
    assert points.read()[-1][0] == NEWEST
    for step in range(NEWEST + 1, 2 * NEWEST + 1):
        resumed.append(MetricsRow(step, step / 10, total_loss=1.0))
    assert points.read()[-1] == (2 * NEWEST, 1.0)
    MetricsWriter(workspace.training, 0)
    assert points.read() == ()


def test_a_new_row_does_not_thin_the_whole_run_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(workspace, 10 * NEWEST)
    points = LossPoints(workspace)
    first = points.read()
    monkeypatch.setattr(loss_points, "thin", lambda *_: pytest.fail("thinned again"))
    writer = MetricsWriter.__new__(MetricsWriter)  # one that is in the middle of a run
    writer._path = Path(workspace.training / "metrics.csv")
    writer.append(row(10 * NEWEST + 1))
    assert points.read() == (*first, (10 * NEWEST + 1, row(10 * NEWEST + 1).total_loss))


def test_without_the_file_there_is_no_curve(workspace: Workspace) -> None:
    points = LossPoints(workspace)
    assert points.read() == ()
    write_run(workspace, 5)
    assert len(points.read()) == 5
    (workspace.training / "metrics.csv").unlink()
    assert points.read() == ()
