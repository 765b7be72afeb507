"""doubtful.json of a run: labels of training photos that a model contradicts, the most suspicious first.

It is light to read and to compute: neither TensorFlow nor numpy is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from boxwright.annotations.overlap import Edges, iou
from boxwright.files import atomic_write_text, stays_within
from boxwright.runs.verdicts import JudgedDetection, JudgedImage, JudgedObject, VerdictsRecord
from boxwright.typed_json import from_json_value

DOUBTFUL_FILE = "doubtful.json"
VERSION = 1

MIN_SUSPICION = 0.1
"""Less is not worth a look: nearly all detections are there."""
SAME_PLACE = 0.5
"""From this IoU on two boxes are of one place, as of the metric."""
BESIDE = 0.2
"""A detection that overlaps an annotated object less is of another object."""
TIGHT = 0.75
"""An annotated box that a detection overlaps so much is not loose."""


class DoubtKind(str, Enum):
    """What is probably wrong with a label."""

    MISSING_BOX = "missing box"  # an object is there that nobody annotated
    WRONG_CLASS = "wrong class"  # the annotated object is of another class
    LOOSE_BOX = "loose box"  # the annotated box is at another place than the object


@dataclass(frozen=True)
class DoubtfulLabel:
    """One label that is probably wrong.

    Attributes:
        kind: The value of a DoubtKind.
        image: Path relative to images/, with forward slashes.
        label: The class that the model found.
        suspicion: From 0 to 1, 1 for the most suspicious. Kinds are comparable: one list has all.
        score: Of the model's box.
        box: The model's box: xmin, ymin, xmax, ymax in pixels of the upright image, from its left and top edge.
        object_label: Class of the annotated object; "" for a missing box.
        object_box: Of the annotated object, as `box`; None for a missing box.
    """

    kind: str
    image: str
    label: str
    suspicion: float
    score: float
    box: Edges
    object_label: str = ""
    object_box: Edges | None = None


@dataclass(frozen=True)
class DoubtfulRecord:
    """doubtful.json.

    Attributes:
        checkpoint: File name of the checkpoint without suffix.
        step: Its global step, or that of the models of the folds.
        folds: How many models there were, each trained without the photos that it judged; 0 for the run's own model.
        images: How many photos were judged.
        labels: The most suspicious first.
        version: Of the file's form.
    """

    checkpoint: str = ""
    step: int = 0
    folds: int = 0
    images: int = 0
    labels: tuple[DoubtfulLabel, ...] = ()
    version: int = VERSION

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> DoubtfulRecord:
        """Return what the file's text says, without images whose name leads out of images/.

        Raises:
            ValueError: It is no JSON object, or of a later version.
        """
        found = from_json_value(cls, json.loads(text))
        if found.version != VERSION:
            raise ValueError(f"doubtful labels of version {found.version}")
        labels = tuple(one for one in found.labels if stays_within(one.image))
        return cls(found.checkpoint, found.step, found.folds, found.images, labels)


def read_doubtful(train_dir: Path) -> DoubtfulRecord | None:
    """Return a run's doubtful.json; None when there is none or it cannot be read."""
    try:
        return DoubtfulRecord.from_json((train_dir / DOUBTFUL_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write_doubtful(train_dir: Path, record: DoubtfulRecord) -> Path:
    """Write a run's doubtful.json and return its path."""
    path = train_dir / DOUBTFUL_FILE
    atomic_write_text(path, record.to_json())
    return path


def doubtful_labels(verdicts: VerdictsRecord) -> tuple[DoubtfulLabel, ...]:
    """Return the labels that a model's detections contradict, the most suspicious first.

    A detection beside all annotated objects is a missing box, as suspicious as it scores. A detection on an object
    whose class it contradicts is a wrong class, less suspicious the more the model finds the annotated class there,
    too. A detection of an object's class that overlaps it less than TIGHT, where no detection overlaps it more, is a
    loose box, the less suspicious the more they overlap.

    Args:
        verdicts: Of training photos, with detections down to a low score.
    """
    found = [label for image in verdicts.images for label in _in_image(image) if label.suspicion >= MIN_SUSPICION]
    return tuple(sorted(found, key=lambda one: (-one.suspicion, one.image, one.label, one.box)))


def _in_image(image: JudgedImage) -> Iterator[DoubtfulLabel]:
    named: list[Edges] = []  # places that a suspicion is about already
    found = sorted(image.detections, key=lambda one: -one.score)
    for detection in found:
        box = _edges(detection)
        if any(iou(box, other) >= SAME_PLACE for other in named):
            continue
        label = _doubt(image, detection, found)
        if label is not None:
            named.append(box)
            yield label


def _doubt(image: JudgedImage, detection: JudgedDetection, found: list[JudgedDetection]) -> DoubtfulLabel | None:
    box, score = _edges(detection), detection.score
    overlaps = [iou(box, _edges(one)) for one in image.objects]
    nearest = max(range(len(overlaps)), key=overlaps.__getitem__, default=None)
    if nearest is None or overlaps[nearest] < BESIDE:
        return _label(DoubtKind.MISSING_BOX, image, detection, score)
    annotated, overlap = image.objects[nearest], overlaps[nearest]
    if annotated.difficult:
        return None
    of_its_class = [one for one in found if one.label == annotated.label]
    if annotated.label != detection.label:
        if overlap < SAME_PLACE:
            return None
        expected = max((one.score for one in of_its_class if _is_on(one, annotated)), default=0.0)
        return _label(DoubtKind.WRONG_CLASS, image, detection, max(score - expected, 0.0), annotated)
    closest = max(iou(_edges(one), _edges(annotated)) for one in of_its_class)
    if overlap < closest or overlap >= TIGHT:
        return None
    return _label(DoubtKind.LOOSE_BOX, image, detection, score * (1 - overlap / TIGHT), annotated)


def _is_on(detection: JudgedDetection, annotated: JudgedObject) -> bool:
    return iou(_edges(detection), _edges(annotated)) >= SAME_PLACE


def _label(
    kind: DoubtKind,
    image: JudgedImage,
    detection: JudgedDetection,
    suspicion: float,
    annotated: JudgedObject | None = None,
) -> DoubtfulLabel:
    return DoubtfulLabel(
        kind.value,
        image.name,
        detection.label,
        round(suspicion, 4),
        detection.score,
        _edges(detection),
        annotated.label if annotated else "",
        _edges(annotated) if annotated else None,
    )


def _edges(one: JudgedDetection | JudgedObject) -> Edges:
    return one.xmin, one.ymin, one.xmax, one.ymax
