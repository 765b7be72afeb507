"""Two runs beside each other: configuration, other settings, labels, precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from boxwright.errors import BoxwrightError
from boxwright.pipeline.differences import Change, config_changes
from boxwright.pipeline.load import parse_pipeline
from boxwright.runs.evaluation_record import EvaluationRecord
from boxwright.runs.find import RecordedRun
from boxwright.runs.label_changes import LabelChanges, label_changes
from boxwright.runs.labels import LABELS_FILE, Labels, read_labels
from boxwright.runs.record import RunRecord
from boxwright.typed_json import to_json_value
from boxwright.workspace import SPLITS

SETTINGS = ("seed", "deterministic", "precision", "xla", "micro_batches", "started_from", "device", "versions")
"""What decides a run beside its configuration and its dataset."""

OF_THE_CONFIG = ("model", "batch_size")
"""What the record says once more, for when the configurations cannot be compared."""


@dataclass(frozen=True)
class ClassPrecision:
    """A class that both runs were evaluated on.

    Attributes:
        label: Its name.
        ap50, ap: Of each run, at IoU .50 and over .50:.05:.95; None where the test split had no such object.
    """

    label: str
    ap50: tuple[float | None, float | None]
    ap: tuple[float | None, float | None]


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs.

    Attributes:
        runs: Both.
        config: Fields that differ; None when that is not known.
        settings: What differs of SETTINGS; of OF_THE_CONFIG, too, when `config` is None.
        labels: What changed between the labels that they were (last) trained on; None when that is not known.
        classes: Precision of the classes that both were evaluated on.
        notes: Sentences about what is not known, and why, and about what makes numbers hard to compare.
    """

    runs: tuple[RecordedRun, RecordedRun]
    config: tuple[Change, ...] | None
    settings: tuple[Change, ...]
    labels: LabelChanges | None
    classes: tuple[ClassPrecision, ...]
    notes: tuple[str, ...]

    @property
    def is_same_dataset(self) -> bool | None:
        """Whether both trained on the same records, byte for byte; None when a record does not say."""
        one, other = (run.fingerprint for run in self.runs)
        return one == other if one and other else None

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {
            "runs": [run.name for run in self.runs],
            "config": None if self.config is None else [asdict(change) for change in self.config],
            "settings": [asdict(change) for change in self.settings],
            "same_dataset": self.is_same_dataset,
            "labels": self.labels.as_dict() if self.labels else None,
            "classes": [asdict(row) for row in self.classes],
            "notes": list(self.notes),
        }


def compare_runs(before: RecordedRun, after: RecordedRun) -> Comparison:
    """Compare two runs, as far as their folders tell."""
    runs, notes = (before, after), list[str]()
    config = _config_changes(runs, notes)
    kept = [_labels(run, notes) for run in runs]
    labels = label_changes(kept[0], kept[1]) if kept[0] is not None and kept[1] is not None else None
    notes += (note for run in runs for note in _other_datasets(run))
    if all(run.evaluated for run in runs) and _test_splits_differ(runs, labels):
        notes.append("The test splits differ, so their APs are not of the same images.")
    settings = _setting_changes(runs, SETTINGS if config is not None else OF_THE_CONFIG + SETTINGS)
    return Comparison(runs, config, tuple(settings), labels, _classes(runs), tuple(notes))


def _config_changes(runs: tuple[RecordedRun, RecordedRun], notes: list[str]) -> tuple[Change, ...] | None:
    configs = []
    for run in runs:
        if not run.record.config or not run.record.config.text:
            notes.append(f"{run.name}: its record has no configuration.")
            continue
        try:
            text = run.record.config.text.encode()
            configs.append(parse_pipeline(text, name=f"{run.name}, configuration of the record"))
        except BoxwrightError as error:
            notes.append(str(error))
    return tuple(config_changes(configs[0], configs[1])) if len(configs) == len(runs) else None


def _setting_changes(runs: tuple[RecordedRun, RecordedRun], names: Sequence[str]) -> Iterator[Change]:
    before, after = (_settings(run.record, names) for run in runs)
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name))


def _settings(record: RunRecord, names: Sequence[str]) -> dict[str, Any]:
    """Return the fields of these names, those of the versions as versions.NAME."""
    values = to_json_value(record)
    settings = {name: values.get(name) for name in names if name != "versions"}
    return settings | {f"versions.{name}": value for name, value in values.get("versions", {}).items()}


def _labels(run: RecordedRun, notes: list[str]) -> Labels | None:
    try:
        return read_labels(run.folder / LABELS_FILE)
    except FileNotFoundError:
        notes.append(
            f"{run.name}: its labels were not kept (there is no {LABELS_FILE}), as it is older, or its records could "
            "not be read."
        )
    except BoxwrightError as error:
        notes.append(str(error))
    return None


def _other_datasets(run: RecordedRun) -> Iterator[str]:
    """Say where a run resumed with another dataset: what is compared is the last one."""
    for entry in run.record.continued:
        if before := entry.dataset_before:
            kept = f", its labels in {before.labels}" if before.labels else ""
            yield (
                f"{run.name}: until step {entry.step} it was trained on another dataset "
                f"(fingerprint {before.fingerprint[:12]}{kept})."
            )


def _test_splits_differ(runs: tuple[RecordedRun, RecordedRun], labels: LabelChanges | None) -> bool:
    images = [run.record.evaluation.images if run.record.evaluation else None for run in runs]
    return bool(labels and labels.of_split(SPLITS[1])) or (None not in images and images[0] != images[1])


def _classes(runs: tuple[RecordedRun, RecordedRun]) -> tuple[ClassPrecision, ...]:
    evaluations = [run.record.evaluation or EvaluationRecord() for run in runs]
    before, after = ({row.label: row for row in evaluation.classes} for evaluation in evaluations)
    return tuple(
        ClassPrecision(label, (row.ap50, after[label].ap50), (row.ap, after[label].ap))
        for label, row in before.items()
        if label in after
    )
