"""run.json, evaluation.json and the README's section."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from boxwright.runs.evaluation_record import (
    AP50_TAG,
    AP_TAG,
    BestEvaluation,
    ClassRecord,
    EvaluationRecord,
    IntervalRecord,
    TrainingEvaluation,
    read_evaluation,
    write_evaluation,
)
from boxwright.runs.readme import update_readme
from boxwright.runs.record import (
    ConfigEntry,
    Continued,
    DatasetBefore,
    DatasetEntry,
    Losses,
    Results,
    RunRecord,
    Versions,
    config_entry,
    put,
    read_run,
    write_run,
)
from boxwright.training.hardware.environment import versions
from training_records import small_config

RECORD = RunRecord(model="ssd_inception_v2", step=7, batch_size=2, seed=0, started="2026-01-01", versions=Versions())
EVALUATION = EvaluationRecord(
    checkpoint="model.ckpt-600",
    step=600,
    records=("annotations/test.record",),
    images=9,
    objects=20,
    coco={AP_TAG: 0.5, AP50_TAG: 0.75, "DetectionBoxes_Precision/mAP (small)": None},
    interval_95=IntervalRecord((0.4, 0.6), (0.7, 0.8)),
    pascal_voc_map=0.7,
    classes=(ClassRecord("disc", 1, 20, 0.5, 0.75, 0.7), ClassRecord("square", 2, 0)),
    objects_of_unknown_class=0,
    seconds=1.5,
)
FULL = RunRecord(
    config=ConfigEntry("training/pipeline.config", "0" * 64, "model {}"),
    model="ssd_inception_v2",
    dataset=DatasetEntry("f" * 64, 2, ("annotations/train.record",)),
    seed=5,
    deterministic=True,
    precision="float32",
    xla=False,
    batch_size=4,
    micro_batches=2,
    label_map={"dog": 1},
    started_from="random weights",
    started="2026-01-01T10:00:00+00:00",
    continued=(Continued(2, "2026-01-01T10:00:00+00:00", DatasetBefore("e" * 64, 1, (), "labels.csv.backup-1")),),
    ended="2026-01-01T10:10:00+00:00",
    outcome="reached step 600",
    step=600,
    seconds=600.0,
    seconds_per_step=0.5,
    losses=Losses(20.0, 1.5, 0.25, 0.75, 0.5, 3.0),
    evaluations=(TrainingEvaluation(300, 0.25, 0.5, 1.5),),
    results=Results(EVALUATION),
    device="CPU, 2 cores",
    versions=Versions("3.12.1", "Linux", "0.1", "2.21.0", "2.3"),
)
OLD_FORM = {  # as it was written before the file had a version
    "config": {"path": "training/pipeline.config", "sha256": "0" * 64, "text": "model {}"},
    "model": "ssd_inception_v2",
    "dataset": {"fingerprint": "f" * 64, "images": 2, "records": ["annotations/train.record"]},
    "seed": 5,
    "parts": 2,
    "batch_size": 4,
    "started": "2026-01-01T10:00:00+00:00",
    "continued": [{"step": 2, "at": "2026-01-01T10:00:00+00:00", "dataset_before": {"labels": None}}],
    "ended": None,
    "losses": {"first": 20.0, "last": 1.5, "total_loss": 1.5, "localization_loss": 0.25, "wishes": 0.0},
    "evaluations": [{"step": 300, "ap": 0.25, "ap50": 0.5, "seconds": 1.5}],
    "results": {
        "evaluated checkpoint": "model.ckpt-600",
        "AP@.50": 0.75,
        "evaluation": {"step": 600, "images": 9, "coco": {AP50_TAG: 0.75}, "interval_95": None, "classes": []},
    },
    "versions": {"python": "3.12.1", "tensorflow": "2.21.0"},
}


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert all(getattr(FULL, field.name) not in (None, ()) for field in fields(RunRecord)), "FULL has every field"
    for record in (FULL, RunRecord()):
        write_run(tmp_path, record)
        assert read_run(tmp_path) == record
    assert json.loads((tmp_path / "run.json").read_text()) == {
        "version": 1, "continued": [], "evaluations": [],
    }  # fmt: skip


def test_a_record_without_a_version_is_read(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps(OLD_FORM))
    record = read_run(tmp_path)
    assert record is not None and record.evaluation is not None
    assert (record.micro_batches, record.batch_size, record.seed, record.version) == (2, 4, 5, 1)
    assert record.losses == Losses(20.0, 1.5, 0.25)
    assert record.continued == (Continued(2, "2026-01-01T10:00:00+00:00", DatasetBefore()),)
    assert record.evaluations == FULL.evaluations
    assert (record.evaluation.step, record.evaluation.ap50, record.evaluation.ap) == (600, 0.75, None)
    assert record.versions == Versions(python="3.12.1", tensorflow="2.21.0")


@pytest.mark.parametrize("text", ["", "{ cut off", "[]", "7", "\xff"])
def test_a_file_that_is_no_record_counts_as_none(text: str, tmp_path: Path) -> None:
    assert read_run(tmp_path) is None
    for name in ("run.json", "evaluation.json"):
        (tmp_path / name).write_text(text, "latin-1")
    assert read_run(tmp_path) is None
    assert read_evaluation(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", "5"),
        ("seed", True),
        ("seed", 1.5),
        ("dataset", 7),
        ("dataset", []),
        ("losses", {"first": 1.0}),
        ("continued", {"step": 1}),
        ("evaluations", None),
        ("started", 5),
        ("results", {"evaluation": []}),
    ],
)
def test_a_value_of_another_type_counts_as_missing(name: str, value: Any, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({**FULL.to_json(), name: value}))
    missing = Results() if name == "results" else getattr(RunRecord(), name)
    assert read_run(tmp_path) == replace(FULL, **{name: missing})


def test_of_a_list_only_the_elements_of_another_type_are_left_out(tmp_path: Path) -> None:
    evaluations = [{"step": 1}, {"step": 300, "ap": 0.25, "ap50": 0.5, "seconds": 1.5}, 7]
    (tmp_path / "run.json").write_text(json.dumps({"evaluations": evaluations}))
    assert read_run(tmp_path) == RunRecord(evaluations=FULL.evaluations)


def test_an_evaluation_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_evaluation(write_evaluation(tmp_path, EVALUATION).parent) == EVALUATION
    best = BestEvaluation("model.ckpt-7", 7, 0.25, 0.5, 1.5, 9)
    assert BestEvaluation.from_json(best.to_json()) == best
    old_form = '{"checkpoint": "model.ckpt-7", "step": 7, "ap": 0.25, "ap50": 0.5, "seconds": 1.5, "images": 9}'
    assert BestEvaluation.from_json(old_form) == best
    with pytest.raises(ValueError, match="ap"):
        BestEvaluation.from_json('{"checkpoint": "model.ckpt-7", "step": 7}')


def test_the_config_is_recorded_whole() -> None:
    entry = config_entry(small_config(), "training/pipeline.config")
    assert len(entry.sha256) == 64
    assert "batch_size: 2" in entry.text
    assert config_entry(small_config(batch_size=3), "x").sha256 != entry.sha256
    assert versions().tensorflow.startswith("2")


def test_the_users_text_stays_byte_for_byte(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    before, after = b"# Mine\r\n\r\nlatin-1: \xe9\r\n", b"\n\nBelow.\n"
    readme.write_bytes(before)
    update_readme(readme, RECORD)
    readme.write_bytes(readme.read_bytes() + after)
    update_readme(readme, replace(RECORD, step=99, results=Results(EVALUATION)))
    text = readme.read_bytes()
    assert text.startswith(before.rstrip())
    assert text.endswith(after)
    assert text.count(b"## Training conditions") == 1
    assert b"| steps | 99, batch 2, seed 0 |" in text
    assert b"| AP@.50 | 0.75 |" in text
    assert b"| AP@.50, 95% of such test splits | 0.70 to 0.80 |" in text


def test_a_readme_is_made_where_there_is_none(tmp_path: Path) -> None:
    update_readme(tmp_path / "README.md", RECORD)
    assert "| model | ssd_inception_v2 |" in (tmp_path / "README.md").read_text()


def test_a_file_is_put_and_every_other_one_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "pipeline.config"
    assert put(target, b"one") is None
    assert put(target, b"one") is None
    for number, data in ((1, b"two"), (2, b"three"), (3, None)):
        assert put(target, data) == tmp_path / f"pipeline.config.backup-{number}"
        assert (target.read_bytes() if target.exists() else None) == data
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"one", b"two", b"three"]


def test_the_time_of_a_run_as_far_as_its_record_tells() -> None:
    older = RunRecord(started="2026-01-01T10:00:00+00:00", ended="2026-01-01T10:01:40+00:00")
    assert older.seconds_trained == 100
    assert replace(older, continued=(Continued(2, "2026-01-01T10:01:00+00:00"),)).seconds_trained == 40
    assert replace(older, seconds=12.5).seconds_trained == 12.5
    assert replace(older, ended=None).seconds_trained is None
    assert RunRecord().seconds_trained is None
