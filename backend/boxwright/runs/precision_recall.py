"""Precision and recall by score, and which class is taken for which, from the verdicts of an evaluation.

It is light to compute and needs neither TensorFlow nor numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boxwright.runs.verdicts import Verdict, VerdictsRecord, threshold_of


@dataclass(frozen=True)
class CurvePoint:
    """What a class gives when everything that scores `score` or more counts.

    Attributes:
        score: From 0 to 1.
        precision: Share of the detections that are correct.
        recall: Share of the objects that are found.
    """

    score: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Curve:
    """Precision and recall of a class.

    Attributes:
        label: The class.
        objects: Annotated boxes that count.
        points: The highest score first; none where nothing was detected.
    """

    label: str
    objects: int
    points: tuple[CurvePoint, ...]

    def at(self, min_score: float) -> CurvePoint | None:
        """Return the last point that scores `min_score` or more; None when there is none."""
        return next((point for point in reversed(self.points) if point.score >= min_score), None)


@dataclass(frozen=True)
class Confusion:
    """Which class is taken for which.

    Attributes:
        labels: Of rows and columns, sorted.
        counts: counts[i][j]: how many detections of class j are on an object of class i. On the diagonal each object
            counts once.
        missed: Of each class, objects that no detection of their class found.
        spurious: Of each class, detections on nothing, poorly placed, or on an object that was found already.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    missed: tuple[int, ...]
    spurious: tuple[int, ...]


def precision_recall(record: VerdictsRecord) -> tuple[Curve, ...]:
    """Return the curve of each class that the test split has objects of, by name.

    Detections of equal score are one point. Difficult objects, and detections on them, count neither way.
    """
    objects: dict[str, int] = {}
    scored: dict[str, list[tuple[float, bool]]] = {}
    for image in record.images:
        for one in image.objects:
            objects[one.label] = objects.get(one.label, 0) + (not one.difficult)
        for detection in image.detections:
            if detection.verdict != Verdict.IGNORED.value:
                is_correct = detection.verdict == Verdict.CORRECT.value
                scored.setdefault(detection.label, []).append((detection.score, is_correct))
    return tuple(
        Curve(label, count, _points(scored.get(label, []), count)) for label, count in sorted(objects.items()) if count
    )


def confusion(record: VerdictsRecord, min_score: float | Mapping[str, float]) -> Confusion:
    """Return which class is taken for which, at a threshold of the score, one for all classes or by class."""
    labels = sorted(
        {one.label for image in record.images for one in image.objects}
        | {one.label for image in record.images for one in image.detections}
    )
    place = {label: number for number, label in enumerate(labels)}
    counts = [[0] * len(labels) for _ in labels]
    missed, spurious = [0] * len(labels), [0] * len(labels)
    for image in record.images:
        for one in image.objects:
            missed[place[one.label]] += one.is_missed(threshold_of(one.label, min_score))
        for detection in image.detections:
            row, column = place.get(detection.object_label), place[detection.label]
            if detection.score < threshold_of(detection.label, min_score) or detection.verdict == Verdict.IGNORED.value:
                continue
            if row is not None and detection.verdict in (Verdict.CORRECT.value, Verdict.WRONG_CLASS.value):
                counts[row][column] += 1
            else:
                spurious[column] += 1
    return Confusion(tuple(labels), tuple(map(tuple, counts)), tuple(missed), tuple(spurious))


def _points(scored: list[tuple[float, bool]], objects: int) -> tuple[CurvePoint, ...]:
    points: list[CurvePoint] = []
    found = correct = 0
    for score, is_correct in sorted(scored, reverse=True):
        found, correct = found + 1, correct + is_correct
        if points and points[-1].score == score:
            points.pop()
        points.append(CurvePoint(score, correct / found, correct / objects))
    return tuple(points)
