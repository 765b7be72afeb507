"""Two runs beside each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from boxwright.pipeline.presets import build_preset
from boxwright.runs.compare import Comparison, compare_runs
from boxwright.runs.find import find_runs
from boxwright.runs.record import ConfigEntry, Continued, DatasetBefore, DatasetEntry, Versions, config_entry
from run_folders import LABELS, box, evaluation, make_run, names


def compared(root: Path, before: dict[str, Any], after: dict[str, Any]) -> Comparison:
    make_run(root / "a", **before)
    make_run(root / "b", **after)
    comparison = compare_runs(*find_runs(root))
    json.dumps(comparison.as_dict())
    return comparison


def test_the_same_run_twice(tmp_path: Path) -> None:
    comparison = compared(tmp_path, {}, {})
    assert (comparison.config, comparison.settings, comparison.notes) == ((), (), ())
    assert comparison.is_same_dataset
    assert comparison.labels is not None and not comparison.labels.changes


def test_everything_that_differs(tmp_path: Path) -> None:
    config = build_preset("small", num_classes=2, batch_size=8)
    labels = {**LABELS, ("train", "d.png"): [box("disc")]}
    comparison = compared(
        tmp_path,
        {"results": evaluation(0.5, 0.25, disc=0.4, square=0.6)},
        {
            "config": config_entry(config, "other.config"),
            "batch_size": 8,
            "seed": 3,
            "micro_batches": 2,
            "versions": Versions(python="3.12.1", tensorflow="2.22.0"),
            "dataset": DatasetEntry("e" * 64, 3),
            "labels": labels,
            "results": evaluation(0.6, 0.3, disc=0.7, ring=0.1),
        },
    )
    assert comparison.config is not None
    assert names(comparison.config) == ["train_config.batch_size"]
    assert [(change.path, change.before, change.after) for change in comparison.settings] == [
        ("seed", 0, 3),
        ("micro_batches", None, 2),
        ("versions.tensorflow", "2.21.0", "2.22.0"),
    ]
    assert comparison.is_same_dataset is False
    assert comparison.labels is not None
    assert [change.filename for change in comparison.labels.changes] == ["d.png"]
    assert [(row.label, row.ap50, row.ap) for row in comparison.classes] == [("disc", (0.4, 0.7), (0.2, 0.35))]
    assert comparison.notes == ()


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    comparison = compared(
        tmp_path, {"labels": None, "dataset": None}, {"config": ConfigEntry(text="model { rcnn {} }"), "batch_size": 8}
    )
    assert comparison.config is None
    assert names(comparison.settings) == ["batch_size"], "the configurations would have said it"
    assert comparison.labels is None
    assert comparison.is_same_dataset is None
    assert [note.partition(":")[0] for note in comparison.notes] == ["b, configuration of the record", "a"]
    assert "its labels were not kept" in comparison.notes[1]
    (tmp_path / "a" / "labels.csv").write_text("nonsense")
    assert "row 1 cannot be read" in compare_runs(*find_runs(tmp_path)).notes[1]
    assert compared(tmp_path, {"config": None}, {}).notes[0] == "a: its record has no configuration."


def test_other_test_splits_and_other_datasets_before_a_resume_are_noted(tmp_path: Path) -> None:
    split_differs = "The test splits differ, so their APs are not of the same images."
    labels = {**LABELS, ("test", "c.png"): [box("disc")]}
    scores = {"results": evaluation(0.5, 0.25)}
    assert compared(tmp_path, scores, {**scores, "labels": labels}).notes == (split_differs,)
    assert compared(tmp_path, {}, {"labels": labels}).notes == (), "there is no AP to mislead"
    more = {"results": evaluation(0.5, 0.25, images=2)}
    assert split_differs in compared(tmp_path, scores, {**more, "labels": None}).notes
    before = DatasetBefore("0123456789abcdef", 1, labels="labels.csv.backup-1")
    continued = (Continued(100), Continued(200, dataset_before=before))
    assert compared(tmp_path, {"continued": continued}, {}).notes == (
        "a: until step 200 it was trained on another dataset (fingerprint 0123456789ab, its labels in "
        "labels.csv.backup-1).",
    )
