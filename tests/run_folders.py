"""Folders that a training would leave, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boxwright.pipeline.presets import build_preset
from boxwright.runs.labels import LABELS_FILE, LabelledBox, Labels, render_labels
from boxwright.runs.record import RUN_FILE, config_entry, update_run

AP = "DetectionBoxes_Precision/mAP"


def box(label: str, left: float = 0.1, width: float = 0.2) -> LabelledBox:
    """Return a box of a height of 0.5."""
    return LabelledBox(label, left, 0.25, left + width, 0.75)


LABELS: Labels = {("train", "a.png"): [box("disc")], ("train", "b.png"): [], ("test", "c.png"): [box("square")]}


def evaluation(ap50: float, ap: float, *, step: int = 600, images: int = 1, **classes: float) -> dict[str, Any]:
    """Return what `boxwright evaluate` puts into run.json under results."""
    rows = [{"label": label, "objects": 9, "ap50": value, "ap": value / 2} for label, value in classes.items()]
    return {"evaluation": {"step": step, "images": images, "coco": {AP: ap, f"{AP}@.50IOU": ap50}, "classes": rows}}


def make_run(
    folder: Path, *, started: str = "2026-01-01T10:00:00+00:00", labels: Labels | None = LABELS, **fields: Any
) -> Path:
    """Write run.json and labels.csv of a run that reached step 600."""
    record: Mapping[str, Any] = {
        "config": config_entry(build_preset("small", num_classes=2), "training/pipeline.config"),
        "model": "ssd_inception_v2",
        "dataset": {"fingerprint": "f" * 64, "images": 2, "records": ["annotations/train.record"]},
        "seed": 0,
        "batch_size": 16,
        "started": started,
        "ended": "2026-01-01T10:10:00+00:00",
        "seconds": 600.0,
        "continued": [],
        "step": 600,
        "losses": {"first": 20.0, "last": 1.5},
        "outcome": "reached step 600",
        "versions": {"python": "3.12.1", "tensorflow": "2.21.0"},
    }
    for name in (RUN_FILE, LABELS_FILE):
        (folder / name).unlink(missing_ok=True)
    update_run(folder, **{**record, **fields})
    if labels is not None:
        (folder / LABELS_FILE).write_bytes(render_labels(labels))
    return folder


def names(changes: Sequence[Any]) -> list[str]:
    """Return the paths of changes."""
    return [change.path for change in changes]
