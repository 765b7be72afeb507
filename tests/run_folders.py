"""Folders that a training would leave, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from boxwright.pipeline.presets import build_preset
from boxwright.runs.evaluation_record import AP50_TAG, AP_TAG, ClassRecord, EvaluationRecord
from boxwright.runs.labels import LABELS_FILE, LabelledBox, Labels, render_labels
from boxwright.runs.metrics import METRICS_FILE
from boxwright.runs.record import DatasetEntry, Losses, Results, RunRecord, Versions, config_entry, write_run

FINGERPRINT = "f" * 64


def box(label: str, left: float = 0.1, width: float = 0.2) -> LabelledBox:
    """Return a box of a height of 0.5."""
    return LabelledBox(label, left, 0.25, left + width, 0.75)


LABELS: Labels = {("train", "a.png"): [box("disc")], ("train", "b.png"): [], ("test", "c.png"): [box("square")]}


def evaluation(ap50: float, ap: float, *, step: int = 600, images: int = 1, **classes: float) -> Results:
    """Return what `boxwright evaluate` puts into run.json under results."""
    rows = tuple(ClassRecord(label, objects=9, ap50=value, ap=value / 2) for label, value in classes.items())
    return Results(EvaluationRecord(step=step, images=images, coco={AP_TAG: ap, AP50_TAG: ap50}, classes=rows))


def make_run(
    folder: Path, *, started: str = "2026-01-01T10:00:00+00:00", labels: Labels | None = LABELS, **fields: Any
) -> Path:
    """Write run.json and labels.csv of a run that reached step 600; `fields` are those of RunRecord."""
    record = RunRecord(
        config=config_entry(build_preset("small", num_classes=2), "training/pipeline.config"),
        model="ssd_inception_v2",
        dataset=DatasetEntry(FINGERPRINT, 2, ("annotations/train.record",)),
        seed=0,
        batch_size=16,
        started=started,
        ended="2026-01-01T10:10:00+00:00",
        seconds=600.0,
        step=600,
        losses=Losses(20.0, 1.5),
        outcome="reached step 600",
        versions=Versions(python="3.12.1", tensorflow="2.21.0"),
    )
    for name in (METRICS_FILE, LABELS_FILE):
        (folder / name).unlink(missing_ok=True)
    write_run(folder, replace(record, **fields))
    if labels is not None:
        (folder / LABELS_FILE).write_bytes(render_labels(labels))
    return folder


def names(changes: Sequence[Any]) -> list[str]:
    """Return the paths of changes."""
    return [change.path for change in changes]
