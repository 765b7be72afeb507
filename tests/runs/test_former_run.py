"""A run that the former version left is read whole: its own files, not ones that a test made up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from boxwright.runs.evaluation_record import BestEvaluation, read_evaluation
from boxwright.runs.find import find_runs
from boxwright.runs.labels import read_labels
from boxwright.runs.record import read_run, write_run

FORMER = Path(__file__).with_name("former")


def content(name: str) -> dict[str, object]:
    return dict(json.loads((FORMER / name).read_text("utf-8")))


def test_the_record_is_read() -> None:
    record, written = read_run(FORMER), content("run.json")
    assert record is not None
    for name in (
        "model",
        "seed",
        "deterministic",
        "precision",
        "xla",
        "batch_size",
        "started_from",
        "started",
        "ended",
    ):
        assert getattr(record, name) == written[name]
    for name in ("ended", "outcome", "step", "seconds", "seconds_per_step", "device"):
        assert getattr(record, name) == written[name]
    assert record.micro_batches == written["parts"] == 1
    assert record.config is not None and record.config.text.startswith("model {")
    assert record.dataset is not None and (record.dataset.images, len(record.dataset.fingerprint)) == (20, 64)
    assert record.losses is not None and record.losses.last == pytest.approx(14.8898, abs=1e-4)
    assert record.versions is not None and record.versions.boxwright == "0.1.0"
    assert [evaluation.step for evaluation in record.evaluations] == [4]
    assert record.results is not None and record.results.evaluation is not None
    assert record.results.evaluation.ap50 == pytest.approx(0.010422, abs=1e-6)


def test_what_is_written_again_says_the_same(tmp_path: Path) -> None:
    record = read_run(FORMER)
    assert record is not None
    write_run(tmp_path, record)
    assert read_run(tmp_path) == record
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["micro_batches"] == 1


def test_the_evaluations_are_read() -> None:
    evaluation, written = read_evaluation(FORMER), content("evaluation.json")
    assert evaluation is not None
    assert (evaluation.checkpoint, evaluation.step, evaluation.images) == ("model.ckpt-4", 4, 4)
    assert dict(evaluation.coco) == written["coco"]
    assert {row.label: row.objects for row in evaluation.classes} == {
        row["label"]: row["objects"] for row in written["classes"]
    }
    assert evaluation.interval_95 is not None
    best = BestEvaluation.from_json((FORMER / "best" / "evaluation.json").read_text("utf-8"))
    assert (best.checkpoint, best.step, best.images) == ("model.ckpt-4", 4, 4)


def test_the_labels_are_read() -> None:
    labels = read_labels(FORMER / "labels.csv")
    assert {split for split, _ in labels} == {"train", "test"}
    assert sum(map(len, labels.values())) == len((FORMER / "labels.csv").read_text().splitlines()) - 1 - sum(
        not boxes for boxes in labels.values()
    )


def test_the_run_is_listed(tmp_path: Path) -> None:
    shutil.copytree(FORMER, tmp_path / "work" / "training")
    (run,) = find_runs(tmp_path / "work")
    assert (run.name, run.outcome, run.images) == ("training", "reached step 4", 20)
    assert run.last_loss == pytest.approx(14.8898, abs=1e-4)
    assert run.evaluated is not None and run.evaluated.ap50 == pytest.approx(0.010422, abs=1e-6)
