"""The bootstrap's AP of a draw is COCO's AP of the images drawn."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval

from boxwright.evaluation import coco
from boxwright.evaluation.confidence_interval import _classes, ap_confidence_interval, weighted_ap
from boxwright.evaluation.evaluate import EvaluationResult
from boxwright.evaluation.metrics import compute_metrics
from boxwright.evaluation.scored_image import ScoredImage

LABELS = {1: "eins", 2: "zwei"}


def split(images: int, *, seed: int = 0, found: float = 0.7) -> list[ScoredImage]:
    """Images with up to three objects, of which some are found, more or less well, among false alarms."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(images):
        count = int(random.integers(0, 4))
        corners = random.uniform(0, 0.5, [count, 2]).astype(np.float32)
        true = np.concatenate([corners, corners + 0.3], axis=1)
        hits = true[random.random(count) < found] + random.normal(0, 0.02, [1, 4]).astype(np.float32)
        alarms = random.uniform(0, 0.5, [2, 2]).astype(np.float32)
        boxes = np.concatenate([hits, np.concatenate([alarms, alarms + 0.2], axis=1)])
        made.append(
            ScoredImage(
                name=str(number), height=200, width=300, gt_boxes=true,
                gt_classes=random.integers(1, 3, count).astype(np.int32), gt_difficult=np.zeros(count, bool),
                boxes=boxes.astype(np.float32), scores=random.permutation(len(boxes)).astype(np.float32) + number / 100,
                classes=random.integers(1, 3, len(boxes)).astype(np.int32),
            )
        )  # fmt: skip
    return made


def matched(images: list[ScoredImage]) -> COCOeval:
    evaluation = COCOeval(coco._ground_truth(images, [1, 2]), coco._detections(images, [1, 2]), "bbox")
    evaluation.params.imgIds, evaluation.params.catIds = list(range(1, len(images) + 1)), [1, 2]
    evaluation.evaluate()
    return evaluation


def test_a_draw_counts_as_coco_counts_the_images_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    images = split(12)
    evaluation = matched(images)
    for seed in range(4):
        times = np.bincount(np.random.default_rng(seed).integers(0, 12, 12), minlength=12)
        drawn = [
            # a copy of an image has its scores a hair lower, so that COCO has no ties to order
            dataclasses.replace(image, scores=image.scores - copy * 1e-4)
            for image, number in zip(images, times, strict=True)
            for copy in range(number)
        ]
        expected = compute_metrics(drawn, LABELS)
        ours = weighted_ap(_classes(evaluation, 12), times, evaluation.params.recThrs)
        assert ours == pytest.approx((expected.ap, expected.ap50), abs=1e-6)
        assert 0 < expected.ap < 1


def test_the_interval_holds_the_average_and_narrows_with_more_images() -> None:
    few, many = (compute_metrics(split(count, seed=3), LABELS) for count in (15, 240))
    for metrics in (few, many):
        assert metrics.confidence_interval is not None
        assert metrics.confidence_interval.ap50[0] <= metrics.ap50 <= metrics.confidence_interval.ap50[1]
        assert metrics.confidence_interval.ap[0] <= metrics.ap <= metrics.confidence_interval.ap[1]
    width = [metrics.confidence_interval.ap50[1] - metrics.confidence_interval.ap50[0] for metrics in (few, many)]
    assert width[1] < width[0] / 2
    assert "95%, by bootstrap over 240 images" in many.confidence_interval.in_words()
    assert EvaluationResult(many, (), 0, 1.0).record("x", 1, []).interval_95.ap50 == many.confidence_interval.ap50


def test_too_few_images_are_said_plainly() -> None:
    confidence_interval = compute_metrics(split(6), LABELS).confidence_interval
    assert confidence_interval is not None and confidence_interval.means_little
    assert "too few for these numbers to mean anything" in confidence_interval.in_words()


def test_no_object_and_a_large_side_have_no_confidence_interval() -> None:
    assert compute_metrics([dataclasses.replace(image, gt_boxes=image.gt_boxes[:0],
                            gt_classes=image.gt_classes[:0], gt_difficult=image.gt_difficult[:0])
                            for image in split(3)], LABELS).confidence_interval is None  # fmt: skip
    nothing = SimpleNamespace(params=SimpleNamespace(areaRng=[0], iouThrs=[0.5], catIds=[], recThrs=[]), evalImgs=[])
    assert ap_confidence_interval(nothing, 500) is None
