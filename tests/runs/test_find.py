"""Which folders are runs, and what their records say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from boxwright.runs.evaluation_record import TrainingEvaluation
from boxwright.runs.find import Evaluated, find_runs
from boxwright.runs.metrics import MetricsRow, MetricsWriter
from boxwright.runs.record import LOCK_FILE, RunRecord
from boxwright.user_folder import CACHE_VARIABLE
from boxwright.workspace import Workspace
from run_folders import evaluation, make_run


def test_runs_are_found_in_the_order_in_which_they_started(tmp_path: Path) -> None:
    workspace = tmp_path / "work"
    make_run(workspace / "training", started="2026-01-03T10:00:00+00:00")
    make_run(workspace / "training.backup-1", started="2026-01-01T10:00:00+00:00")
    make_run(workspace / "tries" / "fast", started="2026-01-02T10:00:00+00:00")
    (workspace / "evaluated").mkdir()
    (workspace / "evaluated" / "run.json").write_text('{"results": {}}')
    for name in ("training/best", "training/worker-1", ".boxwright", "training/.records", "images/old"):
        make_run(workspace / name)
    (workspace / "damaged").mkdir()
    (workspace / "damaged" / "run.json").write_text("{ cut off")
    names = ["training.backup-1", "tries/fast", "training", "evaluated"]
    assert [run.name for run in find_runs(workspace)] == names
    assert [run.name for run in find_runs(workspace / "tries" / "fast")] == ["."]
    assert find_runs(tmp_path / "nowhere") == []


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
def test_an_accepted_link_is_followed_and_its_runs_are_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    make_run(tmp_path / "disk" / "training")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "training").symlink_to(tmp_path / "disk" / "training")
    (tmp_path / "disk" / "training" / "loop").symlink_to(tmp_path / "work")
    assert find_runs(tmp_path / "work") == []  # "all -> /" would be the whole disk
    Workspace(tmp_path / "work").accept_links()
    assert [run.name for run in find_runs(tmp_path / "work")] == ["training"]


def test_precision_is_that_of_the_evaluation_else_the_best_while_training(tmp_path: Path) -> None:
    history = tuple(TrainingEvaluation(step, ap, 2 * ap) for step, ap in ((100, 0.1), (200, 0.3), (300, 0.2)))
    make_run(tmp_path, evaluations=history)
    (run,) = find_runs(tmp_path)
    assert run.evaluated == Evaluated(0.6, 0.3, 200, is_best=True)
    assert run.evaluated.at_step == "200 (best)"
    make_run(tmp_path, evaluations=history, results=evaluation(0.5, 0.25, step=300))
    (run,) = find_runs(tmp_path)
    assert run.evaluated == Evaluated(0.5, 0.25, 300, is_best=False)
    assert run.as_dict()["ap50"] == 0.5
    make_run(tmp_path, evaluations=(), results=None)
    assert find_runs(tmp_path)[0].evaluated is None


def test_the_last_loss_is_that_of_metrics_csv_else_of_the_record(tmp_path: Path) -> None:
    make_run(tmp_path)
    (run,) = find_runs(tmp_path)
    assert run.last_loss == 1.5
    metrics = MetricsWriter(tmp_path, 0)
    metrics.append(MetricsRow(600, 1.0, 1.25))
    metrics.append(MetricsRow(600, 1.0, ap=0.5))
    assert run.as_dict()["last_loss"] == 1.25


def test_a_run_that_nobody_makes_any_more_broke_off(tmp_path: Path) -> None:
    make_run(tmp_path, outcome="running", step=40)
    (run,) = find_runs(tmp_path)
    assert run.outcome == "broke off after step 40"
    with FileLock(tmp_path / LOCK_FILE):
        assert run.outcome == "running"
    assert run.outcome == "broke off after step 40"


def test_a_record_of_another_hand_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"dataset": 7, "losses": null, "evaluations": null, "started": 5, "mine": 1}')
    (run,) = find_runs(tmp_path)
    shown = {name: value for name, value in run.as_dict().items() if value is not None}
    assert shown == {"name": ".", "record": RunRecord().to_json()}
