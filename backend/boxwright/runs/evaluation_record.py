"""What an evaluation leaves in a run's folder: evaluation.json, and the entries of the evaluations while training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from boxwright.files import atomic_write_text
from boxwright.typed_json import from_json_value, to_json_value

EVALUATION_FILE = "evaluation.json"
VERSION = 1  # files without a version have the same keys
AP_TAG = "DetectionBoxes_Precision/mAP"
AP50_TAG = "DetectionBoxes_Precision/mAP@.50IOU"


@dataclass(frozen=True)
class TrainingEvaluation:
    """An evaluation while training.

    Attributes:
        step: The global step that was measured.
        ap: AP@[.50:.95] on the test split.
        ap50: AP@.50 on the test split.
        seconds: Time it took.
    """

    step: int
    ap: float
    ap50: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class BestEvaluation:
    """best/evaluation.json: the evaluation of the checkpoint in best/.

    Attributes:
        checkpoint: Its file name without suffix, for example "model.ckpt-500".
        step: The global step that was measured.
        ap: AP@[.50:.95] on the test split.
        ap50: AP@.50 on the test split.
        seconds: Time it took.
        images: Of the test split.
        version: Of the file's form.
    """

    checkpoint: str
    step: int
    ap: float
    ap50: float | None = None
    seconds: float | None = None
    images: int | None = None
    version: int = VERSION

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(to_json_value(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> BestEvaluation:
        """Return what the file's text says.

        Raises:
            ValueError: It is no JSON, or lacks checkpoint, step or ap.
        """
        return from_json_value(cls, json.loads(text))


@dataclass(frozen=True)
class ClassRecord:
    """A class in evaluation.json; None stands where the test split has no object of it.

    Attributes:
        label: Class name.
        id: From 1.
        objects: Ground truth boxes, difficult ones included.
        ap: COCO AP@[.50:.95].
        ap50: COCO AP@.50.
        pascal_voc_ap: Pascal VOC AP@.5.
        best_score: The score that maximises F1 at IoU .5: what scores less is better left out. None where the model
            found no object of the class, and in files of earlier versions.
        best_f1: F1 at that score.
    """

    label: str
    id: int | None = None
    objects: int | None = None
    ap: float | None = None
    ap50: float | None = None
    pascal_voc_ap: float | None = None
    best_score: float | None = None
    best_f1: float | None = None


@dataclass(frozen=True)
class IntervalRecord:
    """95% confidence intervals, each (low, high), of AP@[.50:.95] and AP@.50."""

    ap: tuple[float, float]
    ap50: tuple[float, float]


@dataclass(frozen=True)
class EvaluationRecord:
    """evaluation.json: what `boxwright evaluate` measured.

    Attributes:
        checkpoint: File name of the checkpoint without suffix, for example "model.ckpt-600".
        step: Its global step.
        records: The record files of the test split, relative to the workspace where they are in it.
        images: Of the test split, negatives included.
        objects: Ground truth boxes of known classes, difficult ones included.
        coco: COCO's twelve numbers by the original's tag; None where there is no such object.
        interval_95: Confidence intervals; None for a large test split and one without objects.
        pascal_voc_map: Mean Pascal VOC AP; None without objects.
        classes: By id.
        objects_of_unknown_class: Objects left out because the label map does not know their class.
        seconds: Time it took.
        tiles: Size of the tiles that photos were looked at in, too, as --tiles says it; None for whole photos only.
        version: Of the file's form.
    """

    checkpoint: str = ""
    step: int | None = None
    records: tuple[str, ...] = ()
    images: int | None = None
    objects: int | None = None
    coco: Mapping[str, float | None] = field(default_factory=dict)
    interval_95: IntervalRecord | None = None
    pascal_voc_map: float | None = None
    classes: tuple[ClassRecord, ...] = ()
    objects_of_unknown_class: int | None = None
    seconds: float | None = None
    tiles: str | None = None
    version: int = VERSION

    @property
    def ap(self) -> float | None:
        """AP@[.50:.95]."""
        return self.coco.get(AP_TAG)

    @property
    def ap50(self) -> float | None:
        """AP@.50."""
        return self.coco.get(AP50_TAG)

    @property
    def best_scores(self) -> dict[str, float]:
        """The score that maximises F1 of each class that has one."""
        return {row.label: row.best_score for row in self.classes if row.best_score is not None}

    def to_json(self) -> dict[str, Any]:
        """Return the file's object; null stands for None."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> EvaluationRecord:
        """Return what a file's object says; what is missing or of another type gets its default.

        Raises:
            ValueError: It is not an object.
        """
        return from_json_value(cls, value)


def read_evaluation(train_dir: Path) -> EvaluationRecord | None:
    """Return a run's evaluation.json; None when there is none or it cannot be read."""
    try:
        return EvaluationRecord.from_json(json.loads((train_dir / EVALUATION_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def write_evaluation(train_dir: Path, record: EvaluationRecord) -> Path:
    """Write a run's evaluation.json and return its path."""
    path = train_dir / EVALUATION_FILE
    atomic_write_text(path, json.dumps(record.to_json(), indent=1, ensure_ascii=False) + "\n")
    return path
