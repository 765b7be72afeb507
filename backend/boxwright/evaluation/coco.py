"""COCO detection metrics, computed by pycocotools.

Source: https://cocodataset.org/#detection-eval; tag names are the original TF Object Detection API's.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boxwright.evaluation.confidence_interval import ConfidenceInterval, ap_confidence_interval
from boxwright.evaluation.scored_image import ScoredImage

SUMMARY_TAGS = (
    "DetectionBoxes_Precision/mAP",
    "DetectionBoxes_Precision/mAP@.50IOU",
    "DetectionBoxes_Precision/mAP@.75IOU",
    "DetectionBoxes_Precision/mAP (small)",
    "DetectionBoxes_Precision/mAP (medium)",
    "DetectionBoxes_Precision/mAP (large)",
    "DetectionBoxes_Recall/AR@1",
    "DetectionBoxes_Recall/AR@10",
    "DetectionBoxes_Recall/AR@100",
    "DetectionBoxes_Recall/AR@100 (small)",
    "DetectionBoxes_Recall/AR@100 (medium)",
    "DetectionBoxes_Recall/AR@100 (large)",
)
"""The 12 numbers in the order in which COCOeval.summarize leaves them."""


@dataclass(frozen=True)
class CocoMetrics:
    """COCO's numbers; nan where there is no ground truth to measure against.

    Attributes:
        summary: The 12 numbers by tag (SUMMARY_TAGS), means over the classes that have ground truth.
        ap: By class id, average precision over IoU .50:.05:.95.
        ap50: By class id, average precision at IoU .50.
        confidence_interval: Of the two averages over all classes; None for a large split, and for one without objects.
    """

    summary: dict[str, float]
    ap: dict[int, float]
    ap50: dict[int, float]
    confidence_interval: ConfidenceInterval | None


def coco_metrics(images: Sequence[ScoredImage], class_ids: Sequence[int]) -> CocoMetrics:
    """Compute COCO average precision and recall.

    Args:
        images: Every image of the split, negatives included: a detection in one is a false positive.
        class_ids: Ids of the label map. Boxes of another class are not counted.

    Returns:
        The 12 numbers and the per-class ones. Difficult objects count like any other, as in the original.
    """
    ids = sorted(class_ids)
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints every stage and the table
        evaluation = COCOeval(_ground_truth(images, ids), _detections(images, ids), "bbox")
        evaluation.params.imgIds = list(range(1, len(images) + 1))
        evaluation.params.catIds = ids
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"]  # [IoU, recall, class, area, max detections], -1 where undefined
    everywhere, hundred = 0, -1
    return CocoMetrics(
        summary={tag: _or_nan(value) for tag, value in zip(SUMMARY_TAGS, evaluation.stats, strict=True)},
        ap={number: _mean(precision[:, :, k, everywhere, hundred]) for k, number in enumerate(ids)},
        ap50={number: _mean(precision[0, :, k, everywhere, hundred]) for k, number in enumerate(ids)},
        confidence_interval=ap_confidence_interval(evaluation, len(images)),
    )


def _mean(values: Any) -> float:
    return float(values.mean()) if values.size and values.min() > -1 else float("nan")


def _or_nan(value: float) -> float:
    return float(value) if value > -1 else float("nan")


def _ground_truth(images: Sequence[ScoredImage], ids: Sequence[int]) -> COCO:
    annotations: list[dict[str, Any]] = []
    for number, image in enumerate(images, start=1):
        for box, class_id in zip(_xywh(image.gt_boxes, image), image.gt_classes.tolist(), strict=True):
            # Ids start at 1: COCOeval marks an unmatched detection with 0.
            annotations.append(_annotation(len(annotations) + 1, number, class_id, box))
    return _coco(annotations, images, ids)


def _detections(images: Sequence[ScoredImage], ids: Sequence[int]) -> COCO:
    # Built like the ground truth and not by loadRes, which fails on an empty list.
    annotations: list[dict[str, Any]] = []
    for number, image in enumerate(images, start=1):
        rows = zip(_xywh(image.boxes, image), image.classes.tolist(), image.scores.tolist(), strict=True)
        for box, class_id, score in rows:
            annotations.append({**_annotation(len(annotations) + 1, number, class_id, box), "score": score})
    return _coco(annotations, images, ids)


def _xywh(boxes: Any, image: ScoredImage) -> list[list[float]]:
    pixels = np.asarray(boxes, np.float64).reshape(-1, 4) * [image.height, image.width, image.height, image.width]
    top, left, bottom, right = pixels.T
    return np.stack([left, top, right - left, bottom - top], axis=1).tolist()


def _annotation(number: int, image: int, class_id: int, box: list[float]) -> dict[str, Any]:
    return {
        "id": number,
        "image_id": image,
        "category_id": class_id,
        "bbox": box,
        "area": box[2] * box[3],
        "iscrowd": 0,
    }


def _coco(annotations: list[dict[str, Any]], images: Sequence[ScoredImage], ids: Sequence[int]) -> COCO:
    coco = COCO()
    coco.dataset = {
        "images": [{"id": n, "height": i.height, "width": i.width} for n, i in enumerate(images, start=1)],
        "categories": [{"id": number, "name": str(number)} for number in ids],
        "annotations": annotations,
    }
    coco.createIndex()
    return coco
