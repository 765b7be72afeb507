"""Every metric of a test split: COCO's twelve numbers and a row for each class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boxwright.evaluation.coco import coco_metrics
from boxwright.evaluation.confidence_interval import ConfidenceInterval
from boxwright.evaluation.pascal_voc import pascal_voc_ap
from boxwright.evaluation.scored_image import ScoredImage


@dataclass(frozen=True)
class ClassMetrics:
    """One class of the label map on the test split; nan where the split has no object of it.

    Attributes:
        label: Class name.
        class_id: Its id, from 1.
        objects: Ground truth boxes, difficult ones included.
        ap: COCO average precision over IoU .50:.05:.95.
        ap50: COCO average precision at IoU .50.
        voc_ap: Pascal VOC average precision at IoU .5.
    """

    label: str
    class_id: int
    objects: int
    ap: float
    ap50: float
    voc_ap: float


@dataclass(frozen=True)
class Metrics:
    """The metrics of a test split.

    Attributes:
        images: Number of images, negatives included.
        summary: COCO's 12 numbers by the original's tag.
        classes: One row for each class, by id.
        confidence_interval: Of the averages; None for a large split, and for one without objects.
    """

    images: int
    summary: Mapping[str, float]
    classes: tuple[ClassMetrics, ...]
    confidence_interval: ConfidenceInterval | None = None

    @property
    def ap(self) -> float:
        """Mean AP over IoU .50:.05:.95 and the classes with ground truth."""
        return self.summary["DetectionBoxes_Precision/mAP"]

    @property
    def ap50(self) -> float:
        """Mean AP at IoU .50 over the classes with ground truth."""
        return self.summary["DetectionBoxes_Precision/mAP@.50IOU"]

    @property
    def voc_map(self) -> float:
        """Mean Pascal VOC AP over the classes with ground truth; nan when there is none."""
        known = [row.voc_ap for row in self.classes if not math.isnan(row.voc_ap)]
        return sum(known) / len(known) if known else math.nan

    def scalars(self) -> dict[str, float]:
        """Return every number by the tag that the original writes to TensorBoard, nan left out."""
        tags = dict(self.summary)
        tags["PascalBoxes_Precision/mAP@0.5IOU"] = self.voc_map
        for row in self.classes:
            tags[f"PascalBoxes_PerformanceByCategory/AP@0.5IOU/{row.label}"] = row.voc_ap
            tags[f"DetectionBoxes_PerformanceByCategory/mAP/{row.label}"] = row.ap
            tags[f"DetectionBoxes_PerformanceByCategory/mAP@.50IOU/{row.label}"] = row.ap50
        return {tag: value for tag, value in tags.items() if not math.isnan(value)}


def compute_metrics(images: Sequence[ScoredImage], labels: Mapping[int, str]) -> Metrics:
    """Compute every metric.

    Args:
        images: Every image of the split, negatives included.
        labels: Class names by id.
    """
    ids = sorted(labels)
    coco = coco_metrics(images, ids)
    voc = pascal_voc_ap(images, ids)
    return Metrics(
        images=len(images),
        summary=coco.summary,
        classes=tuple(
            ClassMetrics(
                label=labels[number],
                class_id=number,
                objects=sum(int((image.gt_classes == number).sum()) for image in images),
                ap=coco.ap[number],
                ap50=coco.ap50[number],
                voc_ap=voc[number],
            )
            for number in ids
        ),
        confidence_interval=coco.confidence_interval,
    )
