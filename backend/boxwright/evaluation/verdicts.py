"""What each detection and object of a test split is: correct, missed, or which mistake.

Detections are matched as the Pascal VOC metric matches them (evaluation.pascal_voc), so that the verdicts' counts are
the metric's true and false positives. The kinds of false positives follow D. Hoiem et al., Diagnosing Error in Object
Detectors, ECCV 2012, with the thresholds of D. Bolya et al., TIDE, arXiv 2008.08115.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.evaluation.pascal_voc import has_area, iou
from boxwright.evaluation.scored_image import ScoredImage
from boxwright.runs.verdicts import JudgedDetection, JudgedImage, JudgedObject, Verdict, VerdictsRecord

MATCH = 0.5
"""Least IoU of a match, as of the metric."""
TOUCH = 0.1
"""From this IoU on a detection means an object of its class, however badly."""
MIN_SCORE = 0.05
"""Detections that score less are left out of the record: they are nearly all of them, and nobody uses them."""

Array = npt.NDArray[Any]


def judge(images: Sequence[ScoredImage], labels: Mapping[int, str], *, checkpoint: str, step: int) -> VerdictsRecord:
    """Return the verdict of each object and detection.

    Args:
        images: Every image of the split, negatives included.
        labels: Class names by id; boxes of other classes are not counted, as in the metric.
        checkpoint, step: As of the record.
    """
    judged = tuple(_judge_image(image, labels) for image in images)
    return VerdictsRecord(checkpoint, step, MATCH, MIN_SCORE, judged)


def advised_scores(verdicts: VerdictsRecord) -> dict[str, tuple[float, float]]:
    """Return the score that maximises F1 of each class, and that F1, by class; classes without an object are left out.

    Every score between two detections gives the same F1; the one in the middle is taken.
    """
    scored: dict[str, list[tuple[float, bool]]] = {}
    for image in verdicts.images:
        for detection in image.detections:
            if detection.verdict != Verdict.IGNORED.value:
                is_correct = detection.verdict == Verdict.CORRECT.value
                scored.setdefault(detection.label, []).append((detection.score, is_correct))
    objects: dict[str, int] = {}
    for image in verdicts.images:
        for one in image.objects:
            objects[one.label] = objects.get(one.label, 0) + (not one.difficult)
    return {
        label: best
        for label, count in objects.items()
        if count and (best := _best_score(scored.get(label, []), count, verdicts.min_score)) is not None
    }


def _best_score(scored: Iterable[tuple[float, bool]], objects: int, lowest: float) -> tuple[float, float] | None:
    found = correct = 0
    steps = []  # (score, F1 of all that score so much)
    for score, group in groupby(sorted(scored, reverse=True), key=lambda row: row[0]):
        for _, is_correct in group:
            found, correct = found + 1, correct + is_correct
        steps.append((score, 2 * correct / (found + objects)))
    best = max(range(len(steps)), key=lambda index: steps[index][1], default=None)
    if best is None or steps[best][1] == 0:
        return None
    score, f1 = steps[best]
    below = steps[best + 1][0] if best + 1 < len(steps) else lowest
    middle = math.floor((score + below) / 2 * 10_000) / 10_000
    return (middle if below < middle <= score else score), f1


def _judge_image(image: ScoredImage, labels: Mapping[int, str]) -> JudgedImage:
    known = [index for index, number in enumerate(image.gt_classes.tolist()) if number in labels]
    gt_boxes, gt_classes, difficult = image.gt_boxes[known], image.gt_classes[known], image.gt_difficult[known]
    usable = (image.scores >= MIN_SCORE) & has_area(image.boxes) & np.isin(image.classes, list(labels))
    chosen = np.flatnonzero(usable)
    chosen = chosen[np.argsort(-image.scores[chosen], kind="stable")]
    overlaps = iou(image.boxes[chosen], gt_boxes)
    found_by: dict[int, float] = {}  # object to score
    detections = []
    pixels = _pixels(image.boxes, image)
    for index, overlap in zip(chosen.tolist(), overlaps, strict=True):
        score, number = float(image.scores[index]), int(image.classes[index])
        verdict, target = _verdict(overlap, gt_classes == number, difficult, found_by)
        if verdict is Verdict.CORRECT and target is not None:
            found_by[target] = score
        left, top, right, bottom = pixels[index]
        detections.append(
            JudgedDetection(
                labels[number],
                score,
                left,
                top,
                right,
                bottom,
                verdict=verdict.value,
                iou=0.0 if target is None else round(float(overlap[target]), 4),
                object_label="" if target is None else labels[int(gt_classes[target])],
            )
        )
    edges = _pixels(gt_boxes, image)
    objects = tuple(
        JudgedObject(labels[number], *edges[index], bool(difficult[index]), found_by.get(index))
        for index, number in enumerate(gt_classes.tolist())
    )
    return JudgedImage(image.name, image.width, image.height, objects, tuple(detections))


def _verdict(
    overlap: Array, is_same_class: Array, difficult: Array, found_by: Mapping[int, float]
) -> tuple[Verdict, int | None]:
    """Return the verdict of a detection, and the object that it is compared with."""
    same = _largest(overlap, is_same_class)
    if same is not None and overlap[same] >= MATCH:
        if difficult[same]:
            return Verdict.IGNORED, same
        return (Verdict.DUPLICATE if same in found_by else Verdict.CORRECT), same
    other = _largest(overlap, ~is_same_class & ~difficult)
    if other is not None and overlap[other] >= MATCH:
        return Verdict.WRONG_CLASS, other
    if same is not None and overlap[same] >= TOUCH:
        return Verdict.POOR_LOCALIZATION, same
    return Verdict.FALSE_POSITIVE, None


def _largest(overlap: Array, allowed: Array) -> int | None:
    """Return the object that overlaps most among those that are allowed; of equal ones the first, as in the metric."""
    candidates = np.flatnonzero(allowed)
    return int(candidates[overlap[candidates].argmax()]) if len(candidates) else None


def _pixels(boxes: Array, image: ScoredImage) -> list[tuple[float, float, float, float]]:
    scale = np.array([image.height, image.width, image.height, image.width], np.float64)
    rows = (np.asarray(boxes, np.float64).reshape(-1, 4) * scale).tolist()
    return [(round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)) for top, left, bottom, right in rows]
