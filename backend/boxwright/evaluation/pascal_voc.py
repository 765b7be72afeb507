"""Pascal VOC average precision, with the semantics of the original's object_detection_evaluation.

Source: M. Everingham et al., The Pascal Visual Object Classes (VOC) Challenge, IJCV 2010; the area under the
interpolated curve uses all points (VOC 2010 and later), not eleven.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.evaluation.scored_image import ScoredImage

Array = npt.NDArray[Any]


def pascal_voc_ap(
    images: Sequence[ScoredImage], class_ids: Sequence[int], *, iou_threshold: float = 0.5
) -> dict[int, float]:
    """Compute average precision per class.

    Each detection, best score first, is compared with the object of its class and image that it overlaps most.
    At `iou_threshold` or more it is a true positive if that object was not found before, a false positive if
    it was, and not counted if the object is difficult; below, it is a false positive. Boxes without area are
    dropped.

    Args:
        images: Every image of the split, negatives included.
        class_ids: Ids of the label map.
        iou_threshold: Least intersection over union of a match.

    Returns:
        Class id → AP in [0, 1]; nan for a class that has no object that is not difficult.
    """
    return {class_id: _average_precision_of(images, class_id, iou_threshold) for class_id in class_ids}


def _average_precision_of(images: Sequence[ScoredImage], class_id: int, iou_threshold: float) -> float:
    scores: list[Array] = []
    verdicts: list[Array] = []
    objects = 0
    for image in images:
        of_class = image.gt_classes == class_id
        difficult = image.gt_difficult[of_class]
        objects += int((~difficult).sum())
        found = (image.classes == class_id) & has_area(image.boxes)
        order = np.argsort(-image.scores[found], kind="stable")
        kept_scores, kept_verdicts = _judge(
            image.boxes[found][order], image.scores[found][order], image.gt_boxes[of_class], difficult, iou_threshold
        )
        scores.append(kept_scores)
        verdicts.append(kept_verdicts)
    if objects == 0:
        return float("nan")
    all_scores, all_verdicts = np.concatenate(scores), np.concatenate(verdicts)
    true_positives = np.cumsum(all_verdicts[np.argsort(-all_scores, kind="stable")])
    precision = true_positives / np.arange(1, len(true_positives) + 1)
    return _area_under(precision, true_positives / objects)


def _judge(boxes: Array, scores: Array, gt_boxes: Array, difficult: Array, iou_threshold: float) -> tuple[Array, Array]:
    """Return the scores of one image's detections that count, and whether each is a true positive."""
    if len(boxes) == 0 or len(gt_boxes) == 0:
        return scores, np.zeros(len(scores), bool)
    overlap = iou(boxes, gt_boxes)
    best = overlap.argmax(axis=1)
    enough = overlap[np.arange(len(boxes)), best] >= iou_threshold
    verdict, counts = np.zeros(len(boxes), bool), np.ones(len(boxes), bool)
    already_found = np.zeros(len(gt_boxes), bool)
    for index in np.flatnonzero(enough):
        target = best[index]
        if difficult[target]:
            counts[index] = False
        elif not already_found[target]:
            verdict[index] = already_found[target] = True
    return scores[counts], verdict[counts]


def iou(first: Array, second: Array) -> npt.NDArray[np.float64]:
    """Return intersection over union of two sets of boxes, [N, 4] and [M, 4], as float64 [N, M]."""
    a, b = np.asarray(first, np.float64)[:, None], np.asarray(second, np.float64)[None]
    splits = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    intersection = np.clip(splits, 0.0, None).prod(axis=-1)
    area_a, area_b = (a[..., 2:] - a[..., :2]).prod(axis=-1), (b[..., 2:] - b[..., :2]).prod(axis=-1)
    union = area_a + area_b - intersection
    return np.divide(intersection, union, out=np.zeros_like(union), where=union > 0)


def has_area(boxes: Array) -> Array:
    """Return which boxes [N, 4] have an area; the others are dropped."""
    return (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])


def _area_under(precision: Array, recall: Array) -> float:
    """Return the area under the curve after precision was made non-increasing from the right."""
    recall = np.concatenate([[0.0], recall, [1.0]])
    precision = np.concatenate([[0.0], precision, [0.0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall) * precision[1:]))
