"""run.json and labels.csv when a run starts over or resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from boxwright.checkpoints.best import BEST_FOLDER
from boxwright.dataset.plan.label_map import LabelMap
from boxwright.errors import BoxwrightError
from boxwright.files import backup
from boxwright.runs.labels import LABELS_FILE, render_labels
from boxwright.runs.record import (
    RUN_FILE,
    Continued,
    DatasetBefore,
    DatasetEntry,
    RunRecord,
    now,
    put,
    read_run,
    write_run,
)
from boxwright.runs.record_labels import labels_in


def run_labels(
    train_split: Sequence[Path], test_split: Sequence[Path], label_map: LabelMap, log: Callable[[str], None]
) -> bytes | None:
    """Return the run's labels.csv; None when a record cannot be read; training or evaluation explains it then.

    Args:
        train_split: TFRecord files.
        test_split: TFRecord files.
        label_map: Which classes count.
        log: Prints why there is none.
    """
    try:
        return render_labels(labels_in({"train": train_split, "test": test_split}, label_map))
    except (BoxwrightError, OSError) as error:
        log(f"WARNING: this run keeps no {LABELS_FILE}: {error}")
        return None


def record_start(train_dir: Path, record: RunRecord, labels: bytes | None) -> None:
    """Write run.json and labels.csv of a run that starts, or note that it resumes, and with which dataset.

    Args:
        train_dir: The run's folder.
        record: The conditions from now on; its step is 0 for a run that starts.
        labels: The run's labels.csv; None when they are not known.
    """
    step, earlier = record.step, read_run(train_dir) or RunRecord()
    if not step:
        earlier = RunRecord()
        (train_dir / RUN_FILE).unlink(missing_ok=True)
        (train_dir / LABELS_FILE).unlink(missing_ok=True)
        if (train_dir / BEST_FOLDER).exists():  # of another run
            backup(train_dir / BEST_FOLDER)
    before, dataset = earlier.dataset or DatasetEntry(), record.dataset or DatasetEntry()
    is_same = bool(step) and before.fingerprint == dataset.fingerprint
    # of the same records the labels are the same, also when they could not be read this time
    labels_before = None if labels is None and is_same else put(train_dir / LABELS_FILE, labels)
    continued = earlier.continued
    if step:
        other = None
        if labels_before or not is_same:
            other = DatasetBefore(**vars(before), labels=labels_before.name if labels_before else None)
        continued += (Continued(step, now(), other),)
    write_run(
        train_dir,
        replace(
            record,
            started=earlier.started or now(),
            continued=continued,
            seconds=earlier.seconds,
            seconds_per_step=earlier.seconds_per_step,
            losses=earlier.losses,
            evaluations=earlier.evaluations,
            results=earlier.results,
        ),
    )
