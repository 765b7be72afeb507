"""verdicts.json of a run: every object and detection of the test split, and what is wrong with it.

It is light to read: neither TensorFlow nor numpy is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from boxwright.files import atomic_write_text, stays_within
from boxwright.typed_json import from_json_value

VERDICTS_FILE = "verdicts.json"
VERSION = 1


class Verdict(str, Enum):
    """What a detection or an object is, by the matching of Pascal VOC at IoU 0.5."""

    CORRECT = "correct"
    MISSED = "missed"  # of an object: no detection of its class found it
    FALSE_POSITIVE = "false positive"  # nothing is there
    WRONG_CLASS = "wrong class"  # an object of another class is there
    POOR_LOCALIZATION = "poor localization"  # it overlaps an object of its class, but too little
    DUPLICATE = "duplicate"  # a detection with a higher score found the object already
    IGNORED = "ignored"  # a difficult object: counts neither way


@dataclass(frozen=True)
class JudgedObject:
    """An annotated box of the test split.

    Attributes:
        label: The class.
        xmin, ymin, xmax, ymax: Edges in pixels of the upright image, from its left and top edge.
        difficult: It counts neither as found nor as missed.
        found_score: Score of the detection that found it; None where none did.
    """

    label: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: bool = False
    found_score: float | None = None

    def is_missed(self, min_score: float) -> bool:
        """Return whether no detection that scores `min_score` or more found it."""
        return not self.difficult and (self.found_score is None or self.found_score < min_score)


@dataclass(frozen=True)
class JudgedDetection:
    """A detection in an image of the test split.

    Attributes:
        label: The class.
        score: From 0 to 1.
        xmin, ymin, xmax, ymax: As of JudgedObject.
        verdict: The value of a Verdict. It does not depend on detections that score less.
        iou: With the object that it is compared with, 0 without one.
        object_label: Class of that object; "" without one.
    """

    label: str
    score: float
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    verdict: str
    iou: float = 0.0
    object_label: str = ""


@dataclass(frozen=True)
class JudgedImage:
    """An image of the test split.

    Attributes:
        name: Path relative to images/, with forward slashes, as the record has it.
        width, height: In pixels.
        objects: Annotated boxes of known classes.
        detections: Those that score the record's `min_score` or more, the highest score first.
    """

    name: str
    width: int
    height: int
    objects: tuple[JudgedObject, ...] = ()
    detections: tuple[JudgedDetection, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Of a class at a threshold of the score.

    Attributes:
        correct, false, missed: True positives, false positives and false negatives.
    """

    correct: int = 0
    false: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 where there is neither."""
        total = 2 * self.correct + self.false + self.missed
        return 2 * self.correct / total if total else 0.0


@dataclass(frozen=True)
class Mistake:
    """One thing that the model did wrong.

    Attributes:
        kind: Which; never CORRECT or IGNORED.
        image: Name of the image.
        label: Class of the detection, or of the object that was missed.
        severity: From 0 to 1, 1 for the worst: the score of a detection; 1 minus the score that an object was found
            with below the threshold.
        score: Of the detection; None for a missed object that nothing found.
        iou: With the object that it is compared with.
        object_label: Class of that object; "" without one.
        xmin, ymin, xmax, ymax: As of JudgedObject.
    """

    kind: Verdict
    image: str
    label: str
    severity: float
    score: float | None
    iou: float
    object_label: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float


@dataclass(frozen=True)
class VerdictsRecord:
    """verdicts.json.

    Attributes:
        checkpoint: File name of the checkpoint without suffix.
        step: Its global step.
        iou_threshold: Least IoU of a match.
        min_score: Detections that score less are left out.
        images: In the records' order.
        version: Of the file's form.
    """

    checkpoint: str = ""
    step: int = 0
    iou_threshold: float = 0.5
    min_score: float = 0.0
    images: tuple[JudgedImage, ...] = ()
    version: int = VERSION

    def counts(self, min_score: float) -> dict[str, Counts]:
        """Return what is right and wrong with each class, by class, at a threshold of at least `self.min_score`."""
        found: dict[str, list[int]] = {}
        for image in self.images:
            for one in image.objects:
                found.setdefault(one.label, [0, 0, 0])[2] += one.is_missed(min_score)
            for detection in image.detections:
                row = found.setdefault(detection.label, [0, 0, 0])
                if detection.score >= min_score and detection.verdict != Verdict.IGNORED.value:
                    row[detection.verdict != Verdict.CORRECT.value] += 1
        return {label: Counts(*row) for label, row in found.items()}

    def mistakes(self, min_score: float | Mapping[str, float]) -> list[Mistake]:
        """Return the mistakes at a threshold of the score, one for all classes or by class, the worst first."""
        found = [mistake for image in self.images for mistake in _mistakes_in(image, min_score)]
        return sorted(found, key=lambda one: (-one.severity, one.image, one.label, one.xmin, one.ymin))

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> VerdictsRecord:
        """Return what the file's text says, without images whose name leads out of images/.

        Raises:
            ValueError: It is no JSON object, or of a later version.
        """
        found = from_json_value(cls, json.loads(text))
        if found.version != VERSION:
            raise ValueError(f"verdicts of version {found.version}")
        images = tuple(image for image in found.images if stays_within(image.name))
        return cls(found.checkpoint, found.step, found.iou_threshold, found.min_score, images)


def read_verdicts(train_dir: Path) -> VerdictsRecord | None:
    """Return a run's verdicts.json; None when there is none or it cannot be read."""
    try:
        return VerdictsRecord.from_json((train_dir / VERDICTS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write_verdicts(train_dir: Path, record: VerdictsRecord) -> Path:
    """Write a run's verdicts.json and return its path."""
    path = train_dir / VERDICTS_FILE
    atomic_write_text(path, record.to_json())
    return path


def threshold_of(label: str, min_score: float | Mapping[str, float], default: float = 0.5) -> float:
    """Return the threshold of a class: the one for all, or its own, or `default`."""
    return min_score.get(label, default) if isinstance(min_score, Mapping) else min_score


def _mistakes_in(image: JudgedImage, min_score: float | Mapping[str, float]) -> Iterator[Mistake]:
    for one in image.objects:
        if one.is_missed(threshold_of(one.label, min_score)):
            box = (one.xmin, one.ymin, one.xmax, one.ymax)
            severity = 1 - (one.found_score or 0.0)
            yield Mistake(Verdict.MISSED, image.name, one.label, severity, one.found_score, 0.0, one.label, *box)
    for detection in image.detections:
        if detection.score < threshold_of(detection.label, min_score):
            continue
        try:
            kind = Verdict(detection.verdict)
        except ValueError:
            continue  # of another program
        if kind not in (Verdict.CORRECT, Verdict.IGNORED, Verdict.MISSED):
            score, box = detection.score, (detection.xmin, detection.ymin, detection.xmax, detection.ymax)
            about = (detection.iou, detection.object_label)
            yield Mistake(kind, image.name, detection.label, score, score, *about, *box)
