"""The metrics against the original stack, against a second implementation, and on cases worked out by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from boxwright.evaluation.coco import SUMMARY_TAGS, coco_metrics
from boxwright.evaluation.evaluate import EvaluationResult
from boxwright.evaluation.metrics import Metrics, compute_metrics
from boxwright.evaluation.pascal_voc import pascal_voc_ap
from boxwright.evaluation.scored_image import ScoredImage

A, B = [0.1, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9]


def scored(
    truth: list[tuple[list[float], int]],
    found: list[tuple[list[float], int, float]],
    difficult: tuple[bool, ...] | None = None,
) -> ScoredImage:
    return ScoredImage(
        name="image",
        height=200,
        width=300,
        gt_boxes=np.array([box for box, _ in truth], np.float32).reshape(-1, 4),
        gt_classes=np.array([number for _, number in truth], np.int32),
        gt_difficult=np.array(difficult or [False] * len(truth), bool),
        boxes=np.array([box for box, _, _ in found], np.float32).reshape(-1, 4),
        scores=np.array([score for *_, score in found], np.float32),
        classes=np.array([number for _, number, _ in found], np.int32),
    )


@pytest.fixture(scope="module")
def original_images(golden: Path) -> list[ScoredImage]:
    with np.load(golden / "metrics" / "images.npz") as data:
        height, width = data["height_width"].tolist()
        numbers = sorted({key[:2] for key in data if key[0].isdigit()})
        fields = ("gt_boxes", "gt_classes", "gt_difficult", "boxes", "scores", "classes")
        stored = {field: field.replace("gt_", "true_") for field in fields}  # the file's names for ground truth
        return [
            ScoredImage(number, height, width, **{field: data[f"{number}_{stored[field]}"] for field in fields})
            for number in numbers
        ]


@pytest.fixture(scope="module")
def original_metrics(original_images: list[ScoredImage]) -> Metrics:
    return compute_metrics(original_images, {number: f"class{number}" for number in (1, 2, 3, 4)})


def test_the_original_evaluators_give_the_same_numbers(golden: Path, original_metrics: Metrics) -> None:
    original = json.loads((golden / "metrics" / "original.json").read_text())
    ours = original_metrics.scalars()
    for tag in [*SUMMARY_TAGS, "PascalBoxes_Precision/mAP@0.5IOU"]:
        assert ours[tag] == pytest.approx(original[tag], abs=1e-6), tag
    for row in original_metrics.classes[:3]:
        assert row.voc_ap == pytest.approx(
            original[f"PascalBoxes_PerformanceByCategory/AP@0.5IOU/{row.label}"], abs=1e-6
        )
        assert row.ap50 == pytest.approx(
            original[f"DetectionBoxes_PerformanceByCategory/mAP@.50IOU/{row.label}"], abs=1e-6
        )
        assert row.ap == pytest.approx(original[f"DetectionBoxes_PerformanceByCategory/mAP/{row.label}"], abs=1e-6)


def test_a_class_without_ground_truth_is_nan_and_leaves_the_mean_alone(original_metrics: Metrics) -> None:
    absent = original_metrics.classes[3]
    assert math.isnan(absent.ap) and math.isnan(absent.ap50) and math.isnan(absent.voc_ap)
    assert original_metrics.voc_map == pytest.approx(np.mean([row.voc_ap for row in original_metrics.classes[:3]]))
    assert original_metrics.ap50 == pytest.approx(np.mean([row.ap50 for row in original_metrics.classes[:3]]))
    record = EvaluationResult(original_metrics, (), 0, 1.0).record("model.ckpt-1", 1, [])
    assert record.classes[3].ap50 is None
    assert not any("class4" in tag for tag in original_metrics.scalars())


def _second_voc_ap(images: list[ScoredImage], class_id: int) -> float:
    """Walk all detections of the split in order of score, as the VOC devkit does; nothing difficult here."""
    truth = {
        (number, index): box
        for number, image in enumerate(images)
        for index, box in enumerate(image.gt_boxes)
        if image.gt_classes[index] == class_id
    }
    queue = sorted(
        (-float(image.scores[index]), number, index)
        for number, image in enumerate(images)
        for index in range(len(image.scores))
        if image.classes[index] == class_id and (image.boxes[index][2:] > image.boxes[index][:2]).all()
    )
    taken: set[tuple[int, int]] = set()
    points, hits = [], 0
    for rank, (_, number, index) in enumerate(queue, start=1):
        y0, x0, y1, x1 = images[number].boxes[index].tolist()
        best, best_key = 0.0, None
        for key, (v0, u0, v1, u1) in truth.items():
            if key[0] != number:
                continue
            inside = max(0.0, min(y1, v1) - max(y0, v0)) * max(0.0, min(x1, u1) - max(x0, u0))
            overlap = inside / ((y1 - y0) * (x1 - x0) + (v1 - v0) * (u1 - u0) - inside)
            if overlap > best:
                best, best_key = overlap, key
        if best >= 0.5 and best_key not in taken:
            taken.add(best_key)  # type: ignore[arg-type]
            hits += 1
        points.append((hits / len(truth), hits / rank))
    area, reached = 0.0, 0.0
    for recall, _ in points:
        if recall > reached:
            area += (recall - reached) * max(precision for other, precision in points if other >= recall)
            reached = recall
    return area


def test_a_second_implementation_agrees(original_images: list[ScoredImage]) -> None:
    easy = [
        ScoredImage(
            i.name,
            i.height,
            i.width,
            i.gt_boxes,
            i.gt_classes,
            np.zeros_like(i.gt_difficult),
            i.boxes,
            i.scores,
            i.classes,
        )
        for i in original_images
    ]
    ours = pascal_voc_ap(easy, [1, 2, 3])
    for class_id in (1, 2, 3):
        assert ours[class_id] == pytest.approx(_second_voc_ap(easy, class_id), abs=1e-9)


def test_perfect_detections_score_one() -> None:
    metrics = compute_metrics([scored([(A, 1), (B, 2)], [(A, 1, 0.9), (B, 2, 0.8)])], {1: "a", 2: "b"})
    assert (metrics.ap50, metrics.voc_map) == pytest.approx((1.0, 1.0))
    assert metrics.summary["DetectionBoxes_Precision/mAP"] == pytest.approx(1.0)


def test_half_found_scores_half() -> None:
    assert pascal_voc_ap([scored([(A, 1), (B, 1)], [(A, 1, 0.9)])], [1]) == {1: pytest.approx(0.5)}


def test_a_detection_in_a_negative_image_costs_precision() -> None:
    with_truth, negative = scored([(A, 1)], [(A, 1, 0.5)]), scored([], [(B, 1, 0.9)])
    assert pascal_voc_ap([with_truth], [1])[1] == pytest.approx(1.0)
    assert pascal_voc_ap([with_truth, negative], [1])[1] == pytest.approx(0.5)
    assert coco_metrics([with_truth, negative], [1]).ap50[1] == pytest.approx(0.5)


def test_a_second_detection_of_one_object_is_a_false_positive() -> None:
    images = [scored([(A, 1), (B, 1)], [(A, 1, 0.9), (A, 1, 0.8), (B, 1, 0.7)])]
    assert pascal_voc_ap(images, [1])[1] == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_difficult_objects_count_neither_way_in_voc_and_count_in_coco() -> None:
    images = [scored([(A, 1), (B, 1)], [(B, 1, 0.9), (A, 1, 0.8)], difficult=(False, True))]
    assert pascal_voc_ap(images, [1])[1] == pytest.approx(1.0)
    missed = [scored([(A, 1), (B, 1)], [(A, 1, 0.8)], difficult=(False, True))]
    assert pascal_voc_ap(missed, [1])[1] == pytest.approx(1.0)
    assert coco_metrics(missed, [1]).ap50[1] == pytest.approx(51 / 101)  # 101 recall points, .00 to .50 reached


def test_boxes_without_area_are_dropped() -> None:
    flat = [0.3, 0.3, 0.3, 0.7]
    assert pascal_voc_ap([scored([(A, 1)], [(flat, 1, 0.99), (A, 1, 0.5)])], [1])[1] == pytest.approx(1.0)


def test_the_wrong_class_finds_nothing() -> None:
    metrics = compute_metrics([scored([(A, 1)], [(A, 2, 0.9)])], {1: "a", 2: "b"})
    assert metrics.classes[0].ap50 == metrics.classes[0].voc_ap == 0.0
    assert math.isnan(metrics.classes[1].voc_ap)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ([scored([(A, 1)], [])], 0.0),
        ([scored([], [(A, 1, 0.9)])], math.nan),
        ([scored([], [])], math.nan),
        ([], math.nan),
    ],
    ids=["no detections", "no ground truth", "nothing at all", "no image"],
)
def test_empty_sides(images: list[ScoredImage], expected: float) -> None:
    metrics = compute_metrics(images, {1: "a"})
    assert metrics.ap50 == pytest.approx(expected, nan_ok=True)
    assert metrics.voc_map == pytest.approx(expected, nan_ok=True)
    record = EvaluationResult(metrics, tuple(images), 0, 1.0).record("model.ckpt-1", 1, [])
    json.dumps(record.to_json(), allow_nan=False)


def test_pycocotools_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    compute_metrics([scored([(A, 1)], [(A, 1, 0.9)])], {1: "a"})
    assert capfd.readouterr() == ("", "")
