"""metrics.csv: what a kill costs, what a resumed run keeps, and what of it is drawn."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from boxwright.runs.metrics import METRICS_FILE, MetricsReader, MetricsRow, MetricsWriter, read_metrics, thin


def row(step: int, loss: float = 1.5) -> MetricsRow:
    return MetricsRow(step, step / 4, loss, 0.7, 0.3, 0.5, 0.004, 32.25)


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = (row(1), MetricsRow(1, 0.5, ap=0.25, ap50=0.75), row(2))
    writer = MetricsWriter(tmp_path, 0)
    for one in rows:
        writer.append(one)
    assert read_metrics(tmp_path) == rows
    header, first, *_ = (tmp_path / METRICS_FILE).read_text().splitlines()
    assert header == (
        "step,seconds,total_loss,classification_loss,localization_loss,regularization_loss,learning_rate,"
        "images_per_second,ap,ap50"
    )
    assert first == "1,0.25,1.5,0.7,0.3,0.5,0.004,32.25,,"


def test_a_kill_costs_at_most_the_last_row(tmp_path: Path) -> None:
    writer = MetricsWriter(tmp_path, 0)
    for step in (1, 2, 3):
        writer.append(row(step))
    path = tmp_path / METRICS_FILE
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for length in range(last, len(whole)):
        path.write_bytes(whole[:length])
        assert read_metrics(tmp_path) == (row(1), row(2))
        MetricsWriter(tmp_path, 3).append(row(3))
        assert path.read_bytes() == whole, "the torn row is truncated, and the next one is whole"


def test_a_resumed_run_drops_the_rows_after_its_checkpoint(tmp_path: Path) -> None:
    writer = MetricsWriter(tmp_path, 0)
    for step in range(1, 6):
        writer.append(row(step))
    MetricsWriter(tmp_path, 3).append(row(4, loss=9.0))
    assert read_metrics(tmp_path) == (row(1), row(2), row(3), row(4, loss=9.0))


def test_a_run_that_starts_over_has_its_own_rows_only(tmp_path: Path) -> None:
    MetricsWriter(tmp_path, 0).append(row(1))
    MetricsWriter(tmp_path, 0)
    assert read_metrics(tmp_path) == ()


def test_what_is_not_a_row_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / METRICS_FILE
    assert read_metrics(tmp_path) == ()
    MetricsWriter(tmp_path, 0).append(row(1))
    with path.open("ab") as stream:
        stream.write(b"2,x,,,,,,,,\n\xff\n2\n\n")
    MetricsWriter(tmp_path, 9).append(row(3))
    assert read_metrics(tmp_path) == (row(1), row(3))
    path.write_text("other,columns\n1,2\n")
    assert read_metrics(tmp_path) == ()


def test_a_reader_follows_a_file_that_grows_and_one_that_is_replaced(tmp_path: Path) -> None:
    reader = MetricsReader(tmp_path)
    assert reader.rows() == ()
    writer = MetricsWriter(tmp_path, 0)
    assert reader.rows() == ()
    writer.append(row(1))
    with (tmp_path / METRICS_FILE).open("ab") as stream:
        stream.write(b"2,0.5,1")
    assert reader.rows() == (row(1),)
    with (tmp_path / METRICS_FILE).open("ab") as stream:
        stream.write(b".5,0.7,0.3,0.5,0.004,32.25,,\n")
    assert reader.rows() == (row(1), row(2))
    MetricsWriter(tmp_path, 1)
    assert reader.rows() == (row(1),)
    (tmp_path / METRICS_FILE).unlink()
    assert reader.rows() == ()


def test_a_thinned_curve_keeps_its_shape_over_100_000_steps() -> None:
    limit, steps = 2000, np.arange(1, 100_001)
    noise = np.random.default_rng(0).normal(0.0, 0.02, len(steps))
    loss = 0.5 + 20.0 * np.exp(-steps / 3000.0) + noise
    loss[70_123] = 40.0  # one step in 100,000
    drawn = thin([MetricsRow(int(step), step * 0.1, float(one)) for step, one in zip(steps, loss, strict=True)], limit)
    at = np.array([one.step for one in drawn])
    values = np.array([one.total_loss for one in drawn])
    assert len(drawn) <= limit
    assert (at[0], at[-1]) == (1, 100_000)
    assert np.all(np.diff(at) > 0)
    assert abs(sum(at <= 50_000) / len(at) - 0.5) < 0.02, "the beginning stays"
    for start in range(0, len(steps), 1000):  # what a screen's column of pixels shows
        column, thinned = loss[start : start + 1000], values[(at > start) & (at <= start + 1000)]
        errors = thinned.min() - column.min(), column.max() - thinned.max()
        assert max(errors) <= 0.01 * (loss.max() - loss.min())
    assert values.max() == 40.0
    smooth = thin([MetricsRow(int(step), 0.0, float(math.exp(-step / 3000.0))) for step in steps], limit)
    curve = np.interp(steps, [one.step for one in smooth], [one.total_loss for one in smooth])
    assert (
        np.abs(curve - np.exp(-steps / 3000.0)).max() < 2e-4
    )  # of 1: 100 steps wide, a chord lies h*h/8 times the curvature off


def test_a_short_curve_stays_whole_and_a_curve_has_its_own_rows() -> None:
    rows = [row(1), MetricsRow(1, 0.5, ap=0.25, ap50=0.75), row(2)]
    assert thin(rows, 100) == (row(1), row(2))
    assert thin(rows, 100, lambda one: one.ap50) == (rows[1],)
    assert thin([], 100) == ()
