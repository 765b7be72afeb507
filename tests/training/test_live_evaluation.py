"""Evaluation while training: curves, the best checkpoint, early stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from boxwright.checkpoints.best import best_evaluation, keep_best
from boxwright.checkpoints.bundle import is_complete, read_bundle
from boxwright.checkpoints.store import resolve_prefix
from boxwright.evaluation.evaluate import EvaluationResult
from boxwright.evaluation.metrics import Metrics
from boxwright.progress import Progress
from boxwright.runs.evaluation_record import BestEvaluation
from boxwright.runs.metrics import read_metrics
from boxwright.runs.record import read_run
from boxwright.training import live_evaluation
from boxwright.training.live_evaluation import default_interval
from boxwright.training.loop import train
from boxwright.training.settings import Settings
from boxwright.workspace import Workspace
from training_records import good_examples, small_config, write_records

pytestmark = pytest.mark.usefixtures("tiny_network")


def measured(ap: float) -> EvaluationResult:
    summary = {"DetectionBoxes_Precision/mAP": ap, "DetectionBoxes_Precision/mAP@.50IOU": min(1.0, 2 * ap)}
    return EvaluationResult(Metrics(9, summary, ()), (SimpleNamespace(),), 0, 0.1)


def run(workspace: Workspace, **settings: Any) -> tuple[Any, list[Progress]]:
    said: list[Progress] = []
    result = train(
        workspace, small_config(), train_dir=workspace.training, reporter=said.append, settings=Settings(**settings)
    )
    return result, said


def test_the_best_checkpoint_outlives_pruning_and_a_stale_run_stops(
    new_workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AP rises, then falls: the best is step 2, although only the newest two checkpoints are kept."""
    aps = {1: 0.1, 2: 0.3, 3: 0.2, 4: 0.3, 5: 0.1, 6: 0.1}
    asked: list[int] = []

    def fake(*_: object, **__: object) -> EvaluationResult:
        asked.append(len(asked) + 1)
        return measured(aps[asked[-1]])

    monkeypatch.setattr(live_evaluation, "evaluate", fake)
    monkeypatch.setattr("boxwright.training.setup.CHECKPOINTS_KEPT", 2)
    monkeypatch.setattr("boxwright.training.run_folder.saver.CHECKPOINT_EVERY", 0.0)
    workspace = new_workspace()
    result, said = run(workspace, num_steps=50, eval_every=1, early_stop=3, log_every=1)
    assert (result.step, asked) == (5, [1, 2, 3, 4, 5])
    assert result.interrupted.startswith("early stop (3 evaluations without a better one than step 2)")
    best = resolve_prefix(workspace.training / "best")
    assert best.name == "model.ckpt-2"
    assert read_bundle(best)["global_step"] == 2
    assert not is_complete(workspace.training / "model.ckpt-2")
    assert is_complete(workspace.training / "model.ckpt-5")
    record = json.loads((workspace.training / "run.json").read_text())
    assert [(entry["step"], entry["ap"]) for entry in record["evaluations"]] == [(n, aps[n]) for n in range(1, 6)]
    lines = [progress.message for progress in said if progress.message.startswith("evaluation at step 2")]
    assert "AP@.50 0.600" in lines[0] and "the best so far, kept in best/" in lines[0]
    assert [p.metrics.get("AP@.50") for p in said if p.stage == "training" and p.done == 3 and "loss" in p.metrics] == [
        pytest.approx(0.6)
    ]

    again, said = run(workspace, num_steps=50, eval_every=1, early_stop=3)
    assert again.last is None and "nothing is trained" in said[-1].message
    longer, said = run(workspace, num_steps=6, eval_every=1, log_every=1)
    assert longer.step == 6 and best_evaluation(workspace.training).step == 2
    rows = read_metrics(workspace.training)
    assert [row.step for row in rows if row.total_loss is not None] == [1, 2, 3, 4, 5, 6]
    assert {row.step: row.ap for row in rows if row.ap is not None} == aps
    assert [row.seconds for row in rows] == sorted(row.seconds for row in rows), "the time continues where it was"
    losses = [progress.metrics["loss"] for progress in said if "loss" in progress.metrics]
    assert [row.total_loss for row in rows if row.total_loss is not None][-1] == pytest.approx(losses[-1], rel=1e-8)
    assert rows[0].images_per_second is None and rows[2].images_per_second > 0


def test_a_real_evaluation_at_the_end_and_one_that_cannot_be_made(new_workspace: Callable[..., Workspace]) -> None:
    workspace = new_workspace()
    _, said = run(workspace, num_steps=2)
    lines = [progress.message for progress in said if progress.message]
    assert any(line.startswith("evaluation at step 2: AP@.50") and "2 test images" in line for line in lines)
    assert any("too few for these numbers to mean anything" in line for line in lines)
    assert {progress.stage for progress in said} == {"training", "evaluating"}
    assert (workspace.training / "best" / "model.ckpt-2.index").is_file()
    labels = (workspace.training / "labels.csv").read_text().splitlines()
    assert labels[1:3] == ["train,img0.png,disc,0.25,0.2,0.6,0.5", "train,img1.png,square,0.25,0.2,0.6,0.5"]
    assert labels[5:] == ["train,negative.png,,,,,", "test,img0.png,disc,0.25,0.2,0.6,0.5", "test,negative.png,,,,,"]
    assert (seconds := read_run(workspace.training).seconds) > 0

    write_records(workspace.record("test"), [good_examples(2)[0].replace(b"IHDR", b"XXXX")])
    result, said = run(workspace, num_steps=3)
    assert result.step == 3
    assert any(progress.message.startswith("WARNING: no evaluation while training: ") for progress in said)
    record = read_run(workspace.training)
    assert record.continued[0].dataset_before.labels == "labels.csv.backup-1"
    assert record.seconds > seconds
    labels = (workspace.training / "labels.csv").read_text().splitlines()
    assert labels[6:] == ["test,img0.png,disc,0.25,0.2,0.6,0.5"]


def test_the_default_interval() -> None:
    assert [default_interval(steps) for steps in (10, 600, 3000, 200_000, 0)] == [100, 100, 300, 1000, 1000]


def test_a_best_whose_files_are_gone_does_not_count(tmp_path: Path) -> None:
    for suffix in (".index", ".data-00000-of-00001"):
        (tmp_path / f"model.ckpt-7{suffix}").write_bytes(b"x")
    prefix = keep_best(tmp_path, BestEvaluation("model.ckpt-7", 7, 0.5))
    assert best_evaluation(tmp_path) == BestEvaluation("model.ckpt-7", 7, 0.5)
    prefix.with_name("model.ckpt-7.index").unlink()
    assert best_evaluation(tmp_path) is None
    assert best_evaluation(tmp_path / "nowhere") is None
