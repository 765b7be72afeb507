"""The loss curve, from a log that grows, begins anew, and goes back to a checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.jobs.logs import job_log
from boxwright.workspace import Workspace
from boxwright_labelimg.client import losses
from boxwright_labelimg.client.losses import MOST, LossLog


@pytest.fixture
def log(workspace: Workspace) -> Path:
    path = job_log(workspace, 7)
    path.parent.mkdir()
    return path


def line(step: int, loss: float | str) -> str:
    return f"global step {step}: loss = {loss} (0.345 sec/step)\n"


def add(log: Path, text: str) -> None:
    with log.open("ab") as stream:
        stream.write(text.encode())


def test_points_are_read_as_they_come(workspace: Workspace, log: Path) -> None:
    read = LossLog(workspace, 7)
    assert read.points() == ()
    add(log, "reading records\n" + line(1, 12.5) + "  50 of 100\n" + line(2, "3.2e-05"))
    assert read.points() == ((1, 12.5), (2, 3.2e-05))
    add(log, line(3, 1.0))
    assert read.points()[-1] == (3, 1.0)
    assert read.points() == LossLog(workspace, 7).points()


def test_half_a_line_is_taken_when_it_is_whole(workspace: Workspace, log: Path) -> None:
    read = LossLog(workspace, 7)
    whole = line(10, 1.25)
    for place in range(len(whole)):
        add(log, whole[place])
        assert read.points() == (((10, 1.25),) if place == len(whole) - 1 else ())


def test_steps_rise_also_after_a_training_went_back(workspace: Workspace, log: Path) -> None:
    add(log, "".join(line(step, 100 - step) for step in range(10)) + line(6, 1.0) + line(7, 2.0))
    assert LossLog(workspace, 7).points() == (*((step, 100.0 - step) for step in range(6)), (6, 1.0), (7, 2.0))


def test_what_is_no_number_is_no_point(workspace: Workspace, log: Path) -> None:
    add(log, line(1, "nan") + line(2, "1.2.3") + line(3, "inf") + "xglobal step 4: loss = 1\n" + line(5, 0.5))
    assert LossLog(workspace, 7).points() == ((5, 0.5),)


def test_a_log_put_aside_is_read_too(workspace: Workspace, log: Path) -> None:
    add(log, line(1, 3.0))
    read = LossLog(workspace, 7)
    assert read.points() == ((1, 3.0),)
    log.replace(log.with_name(f"{log.name}.1"))
    add(log, "new\n")
    assert read.points() == ((1, 3.0),)
    add(log, line(2, 2.0))
    assert read.points() == LossLog(workspace, 7).points() == ((1, 3.0), (2, 2.0))


def test_a_log_that_is_deleted_takes_nothing_with_it(workspace: Workspace, log: Path) -> None:
    add(log, line(1, 3.0))
    read = LossLog(workspace, 7)
    assert read.points() == ((1, 3.0),)
    log.unlink()
    assert read.points() == ((1, 3.0),)


@pytest.mark.parametrize("count", [2 * MOST - 1, 2 * MOST, 3 * MOST + 1, 20 * MOST])
def test_a_long_curve_is_thinned_out_and_keeps_its_end(workspace: Workspace, log: Path, count: int) -> None:
    add(log, "".join(line(step, step) for step in range(count)))
    points = LossLog(workspace, 7).points()
    assert MOST <= len(points) < 2 * MOST
    assert points[-1] == (count - 1, count - 1.0)
    steps = [step for step, _ in points]
    assert steps == sorted(set(steps))


def test_a_huge_log_is_read_in_pieces(workspace: Workspace, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "CHUNK", 100)
    read = LossLog(workspace, 7)
    add(log, "".join(line(step, step) for step in range(50)) + "x" * 1000 + "\n" + line(50, 50))
    assert [step for step, _ in read.points()] == list(range(51))
    add(log, "\r 10 %" * 1000)  # never a whole line: it is passed over, not read again at each look
    read.points()
    assert log.stat().st_size - read._read < 100
