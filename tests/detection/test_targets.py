"""Target assignment: exactly the original's, with and without weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.targets import TargetAssigner, Targets, pairwise_iou
from boxwright.errors import BoxwrightError
from boxwright.pipeline.load import load_pipeline

IMAGES = range(5)


@pytest.fixture
def config(golden_a: Path) -> Any:
    return load_pipeline(golden_a / "pipeline.config").model.ssd


@pytest.fixture(scope="module")
def anchors(golden_a: Path) -> np.ndarray:
    return np.load(golden_a / "anchors.npz")["anchors"]


@pytest.fixture(scope="module")
def expected(golden_a: Path) -> dict[str, np.ndarray]:
    return dict(np.load(golden_a / "targets.npz"))


def assert_same(ours: Targets, expected: dict[str, np.ndarray], prefix: str, image: int) -> None:
    np.testing.assert_array_equal(ours.match, expected[f"{prefix}_match"][image])
    np.testing.assert_array_equal(ours.cls_targets, expected[f"{prefix}_cls_targets"][image])
    # The original repeats one weight over the columns of an anchor.
    np.testing.assert_array_equal(ours.cls_weights, expected[f"{prefix}_cls_weights"][image][:, 0])
    np.testing.assert_array_equal(ours.reg_weights, expected[f"{prefix}_reg_weights"][image])
    np.testing.assert_allclose(ours.reg_targets, expected[f"{prefix}_reg_targets"][image], atol=1e-5, rtol=1e-6)


@pytest.mark.parametrize("image", IMAGES)
def test_targets_equal_the_originals(
    config: Any, anchors: np.ndarray, expected: dict[str, np.ndarray], image: int
) -> None:
    boxes, classes = tf.constant(expected[f"gt_boxes_{image}"]), tf.constant(expected[f"gt_classes0_{image}"])
    assert_same(TargetAssigner(config, anchors).assign(boxes, classes), expected, "noweights", image)


@pytest.mark.parametrize("image", IMAGES)
def test_targets_with_weights_equal_the_originals(
    config: Any, anchors: np.ndarray, expected: dict[str, np.ndarray], image: int
) -> None:
    truth = [tf.constant(expected[f"{name}_{image}"]) for name in ("gt_boxes", "gt_classes0", "gt_weights")]
    assert_same(TargetAssigner(config, anchors).assign(*truth), expected, "weights", image)


def test_in_a_tf_data_map_with_a_dynamic_number_of_boxes(
    config: Any, anchors: np.ndarray, expected: dict[str, np.ndarray]
) -> None:
    def rows() -> Any:
        for image in IMAGES:
            yield expected[f"gt_boxes_{image}"], expected[f"gt_classes0_{image}"]

    signature = (tf.TensorSpec([None, 4]), tf.TensorSpec([None], tf.int32))
    dataset = tf.data.Dataset.from_generator(rows, output_signature=signature)
    batch = next(iter(dataset.map(TargetAssigner(config, anchors).assign).batch(5)))
    assert isinstance(batch, Targets)
    assert batch.cls_targets.shape == [5, 1917, 4]
    np.testing.assert_array_equal(batch.match, expected["noweights_match"])


def test_ignored_anchors_take_part_in_no_loss(
    config: Any, anchors: np.ndarray, expected: dict[str, np.ndarray]
) -> None:
    config.matcher.argmax_matcher.unmatched_threshold = 0.3
    config.negative_class_weight = 0.25
    ours = TargetAssigner(config, anchors).assign(
        tf.constant(expected["gt_boxes_2"]), tf.constant(expected["gt_classes0_2"])
    )
    ignored, background = ours.match.numpy() == -2, ours.match.numpy() == -1
    assert ignored.any()
    assert (ours.cls_weights.numpy()[ignored] == 0).all()
    assert (ours.reg_weights.numpy()[ignored | background] == 0).all()
    assert (ours.cls_weights.numpy()[background] == 0.25).all()
    assert (ours.cls_targets.numpy()[ignored] == [1, 0, 0, 0]).all()


def test_background_as_zeros_and_without_its_column(
    config: Any, anchors: np.ndarray, expected: dict[str, np.ndarray]
) -> None:
    boxes, classes = tf.constant(expected["gt_boxes_0"]), tf.constant(expected["gt_classes0_0"])
    plain = TargetAssigner(config, anchors).assign(boxes, classes).cls_targets.numpy()
    config.encode_background_as_zeros = True
    zeros = TargetAssigner(config, anchors).assign(boxes, classes).cls_targets.numpy()
    assert (zeros[:, 0] == 0).all()
    np.testing.assert_array_equal(zeros[:, 1:], plain[:, 1:])
    config.add_background_class = False
    np.testing.assert_array_equal(TargetAssigner(config, anchors).assign(boxes, classes).cls_targets, plain[:, 1:])


def test_iou_of_every_pair() -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(0, 0.7, (40, 2))
    boxes = np.concatenate([corners, corners + random.uniform(0, 0.5, (40, 2))], axis=1).astype(np.float32)
    ours = pairwise_iou(tf.constant(boxes[:10]), tf.constant(boxes[10:])).numpy()
    for i, a in enumerate(boxes[:10]):
        for j, b in enumerate(boxes[10:]):
            height = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
            width = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
            areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
            assert ours[i, j] == pytest.approx(height * width / (areas - height * width), abs=1e-6)


def test_iou_of_boxes_without_area_is_zero() -> None:
    point = tf.constant([[0.5, 0.5, 0.5, 0.5]])
    assert pairwise_iou(point, point).numpy().tolist() == [[0.0]]


def test_another_matcher_is_refused(config: Any, anchors: np.ndarray) -> None:
    config.matcher.bipartite_matcher.SetInParent()
    with pytest.raises(BoxwrightError, match="bipartite_matcher"):
        TargetAssigner(config, anchors)


def test_another_similarity_is_refused(config: Any, anchors: np.ndarray) -> None:
    config.similarity_calculator.neg_sq_dist_similarity.SetInParent()
    with pytest.raises(BoxwrightError, match="neg_sq_dist_similarity"):
        TargetAssigner(config, anchors)
