"""Losses: the original's numbers per anchor and in total, and plain numpy on random input."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.box_coder import FasterRcnnBoxCoder
from boxwright.detection.losses.ssd_loss import Losses, per_anchor_losses, ssd_loss
from boxwright.detection.targets import TargetAssigner, Targets
from boxwright.errors import BoxwrightError
from boxwright.pipeline.load import load_pipeline

MODES = ["infer_bn", "train_bn"]


@pytest.fixture
def config(golden_a: Path) -> Any:
    return load_pipeline(golden_a / "pipeline.config").model.ssd


@pytest.fixture(scope="module")
def anchors(golden_a: Path) -> np.ndarray:
    return np.load(golden_a / "anchors.npz")["anchors"]


@pytest.fixture(scope="module")
def arrays(golden_a: Path) -> dict[str, np.ndarray]:
    return dict(np.load(golden_a / "losses.npz"))


def golden_predictions(arrays: dict[str, np.ndarray], mode: str) -> Any:
    return SimpleNamespace(
        box_encodings=tf.constant(arrays[f"{mode}_box_encodings"]),
        class_predictions_with_background=tf.constant(arrays[f"{mode}_class_predictions_with_background"]),
    )


def golden_targets(config: Any, anchors: np.ndarray, arrays: dict[str, np.ndarray]) -> Targets:
    assigner = TargetAssigner(config, anchors)
    images = [
        assigner.assign(tf.constant(arrays[f"gt_boxes_{i}"]), tf.constant(arrays[f"gt_classes0_{i}"])) for i in range(4)
    ]
    return Targets(*(tf.stack(parts) for parts in zip(*images, strict=True)))


def golden_loss(config: Any, anchors: np.ndarray, arrays: dict[str, np.ndarray], mode: str) -> Losses:
    coder = FasterRcnnBoxCoder(config.box_coder.faster_rcnn_box_coder)
    predictions = golden_predictions(arrays, mode)
    return ssd_loss(config, predictions, golden_targets(config, anchors, arrays), anchors, coder)


def random_case(seed: int, images: int = 2, count: int = 40, columns: int = 4) -> tuple[Any, Targets]:
    random = np.random.default_rng(seed)
    single = np.float32
    predictions = SimpleNamespace(
        box_encodings=tf.constant(random.normal(0, 2, (images, count, 4)).astype(single)),
        class_predictions_with_background=tf.constant(random.normal(0, 3, (images, count, columns)).astype(single)),
    )
    match = random.integers(-2, 3, (images, count))
    weights = np.where(match >= 0, random.choice([0.0, 0.5, 1.0], match.shape), 0.0)
    targets = Targets(
        cls_targets=tf.constant(np.eye(columns, dtype=single)[random.integers(0, columns, match.shape)]),
        cls_weights=tf.constant(np.where(match == -1, 0.75, weights), tf.float32),
        reg_targets=tf.constant(random.normal(0, 2, (images, count, 4)).astype(single)),
        reg_weights=tf.constant(weights, tf.float32),
        match=tf.constant(match, tf.int32),
    )
    return predictions, targets


@pytest.mark.parametrize("mode", MODES)
def test_per_anchor_losses_equal_the_originals(
    config: Any, anchors: np.ndarray, arrays: dict[str, np.ndarray], mode: str
) -> None:
    targets = golden_targets(config, anchors, arrays)
    location, classification = per_anchor_losses(config, golden_predictions(arrays, mode), targets)
    np.testing.assert_allclose(location, arrays[f"{mode}_loc_loss_per_anchor"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(classification, arrays[f"{mode}_cls_loss_per_anchor"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("mining", ["mined", "all"])
def test_losses_equal_the_originals(
    config: Any, anchors: np.ndarray, arrays: dict[str, np.ndarray], mode: str, mining: str
) -> None:
    if mining == "all":
        config.loss.ClearField("hard_example_miner")
    losses = golden_loss(config, anchors, arrays, mode)
    assert float(losses.localization) == pytest.approx(arrays[f"{mode}_{mining}_localization_loss"], rel=1e-4)
    assert float(losses.classification) == pytest.approx(arrays[f"{mode}_{mining}_classification_loss"], rel=1e-4)
    assert (losses.mined is None) == (mining == "all")


@pytest.mark.parametrize("mode", MODES)
def test_mined_selections_equal_the_originals_in_order(
    config: Any, anchors: np.ndarray, arrays: dict[str, np.ndarray], mode: str
) -> None:
    mined = golden_loss(config, anchors, arrays, mode).mined
    assert mined is not None
    for image, indices in enumerate(mined.indices.numpy()):
        np.testing.assert_array_equal(indices[indices >= 0], arrays[f"{mode}_mined_selected_{image}"])
        assert mined.num_positives[image] == arrays[f"{mode}_mined_numpos_{image}"]
        assert mined.num_negatives[image] == arrays[f"{mode}_mined_numneg_{image}"]


def test_weights_and_normalizers(config: Any, anchors: np.ndarray, arrays: dict[str, np.ndarray]) -> None:
    config.loss.ClearField("hard_example_miner")
    before = golden_loss(config, anchors, arrays, "infer_bn")
    config.loss.localization_weight, config.loss.classification_weight = 3.0, 0.5
    config.normalize_loc_loss_by_codesize = True
    after = golden_loss(config, anchors, arrays, "infer_bn")
    assert float(after.localization) == pytest.approx(float(before.localization) * 3.0 / 4, rel=1e-5)
    assert float(after.classification) == pytest.approx(float(before.classification) * 0.5, rel=1e-5)
    config.normalize_loss_by_num_matches = False
    sums = golden_loss(config, anchors, arrays, "infer_bn")
    matches = float(before.num_matches)
    assert matches == sum((golden_targets(config, anchors, arrays).match.numpy() >= 0).reshape(-1))
    assert float(sums.localization) == pytest.approx(float(after.localization) * matches, rel=1e-5)
    assert float(sums.classification) == pytest.approx(float(after.classification) * matches, rel=1e-5)


def test_a_batch_without_objects_is_divided_by_one(config: Any, anchors: np.ndarray) -> None:
    targets = TargetAssigner(config, anchors).assign(tf.zeros([0, 4]), tf.zeros([0], tf.int32))
    batch = Targets(*(part[tf.newaxis] for part in targets))
    predictions = SimpleNamespace(
        box_encodings=tf.zeros([1, 1917, 4]), class_predictions_with_background=tf.zeros([1, 1917, 4])
    )
    coder = FasterRcnnBoxCoder(config.box_coder.faster_rcnn_box_coder)
    mined = ssd_loss(config, predictions, batch, anchors, coder)
    assert float(mined.localization) == float(mined.classification) == 0.0  # no positives: no negatives either
    config.loss.ClearField("hard_example_miner")
    everything = ssd_loss(config, predictions, batch, anchors, coder)
    assert float(everything.classification) == pytest.approx(1917 * 4 * np.log(2), rel=1e-5)


@pytest.mark.parametrize("delta", [1.0, 0.4])
def test_smooth_l1(config: Any, delta: float) -> None:
    config.loss.localization_loss.weighted_smooth_l1.delta = delta
    predictions, targets = random_case(1)
    error = np.abs(predictions.box_encodings.numpy() - targets.reg_targets.numpy()).astype(np.float64)
    huber = np.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2).sum(-1)
    ours, _ = per_anchor_losses(config, predictions, targets)
    np.testing.assert_allclose(ours, huber * targets.reg_weights.numpy(), rtol=1e-4, atol=1e-5)


def test_l2_squares_the_weight_too(config: Any) -> None:
    config.loss.localization_loss.weighted_l2.SetInParent()
    predictions, targets = random_case(2)
    error = predictions.box_encodings.numpy() - targets.reg_targets.numpy()
    expected = 0.5 * ((error * targets.reg_weights.numpy()[..., None]) ** 2).sum(-1)
    ours, _ = per_anchor_losses(config, predictions, targets)
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x.astype(np.float64)))


@pytest.mark.parametrize(("alpha", "gamma"), [(None, 2.0), (0.25, 2.0), (0.75, 1.5), (0.25, 0.0)])
def test_focal(config: Any, alpha: float | None, gamma: float) -> None:
    focal = config.loss.classification_loss.weighted_sigmoid_focal
    focal.gamma = gamma
    if alpha is not None:
        focal.alpha = alpha
    predictions, targets = random_case(3)
    labels = targets.cls_targets.numpy()
    p = sigmoid(predictions.class_predictions_with_background.numpy())
    p_t = np.where(labels == 1, p, 1 - p)
    balance = 1.0 if alpha is None else np.where(labels == 1, alpha, 1 - alpha)
    expected = (-balance * (1 - p_t) ** gamma * np.log(p_t)).sum(-1) * targets.cls_weights.numpy()
    _, ours = per_anchor_losses(config, predictions, targets)
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-5)


def test_sigmoid_counts_the_background_column(config: Any) -> None:
    predictions, targets = random_case(4)
    labels = targets.cls_targets.numpy()
    p = sigmoid(predictions.class_predictions_with_background.numpy())
    expected = -np.log(np.where(labels == 1, p, 1 - p)).sum(-1) * targets.cls_weights.numpy()
    _, ours = per_anchor_losses(config, predictions, targets)
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


def test_softmax_with_logit_scale(config: Any) -> None:
    config.loss.classification_loss.weighted_softmax.logit_scale = 2.5
    predictions, targets = random_case(5)
    logits = predictions.class_predictions_with_background.numpy().astype(np.float64) / 2.5
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -(targets.cls_targets.numpy() * log_p).sum(-1) * targets.cls_weights.numpy()
    _, ours = per_anchor_losses(config, predictions, targets)
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


def test_gradients_flow_through_the_mined_anchors_only(
    config: Any, anchors: np.ndarray, arrays: dict[str, np.ndarray]
) -> None:
    predictions, targets = golden_predictions(arrays, "infer_bn"), golden_targets(config, anchors, arrays)
    coder = FasterRcnnBoxCoder(config.box_coder.faster_rcnn_box_coder)
    with tf.GradientTape() as tape:
        tape.watch(predictions.class_predictions_with_background)
        losses = ssd_loss(config, predictions, targets, anchors, coder)
    gradient = tape.gradient(losses.classification, predictions.class_predictions_with_background)
    for image in range(4):
        moved = np.flatnonzero(np.abs(gradient[image]).sum(-1))
        assert set(moved) == set(arrays[f"infer_bn_mined_selected_{image}"])


def test_mining_a_focal_loss_is_refused_as_by_the_original(
    config: Any, anchors: np.ndarray, arrays: dict[str, np.ndarray]
) -> None:
    config.loss.classification_loss.weighted_sigmoid_focal.gamma = 2.0
    with pytest.raises(BoxwrightError, match="weighted_sigmoid_focal"):
        golden_loss(config, anchors, arrays, "infer_bn")


@pytest.mark.parametrize(
    ("part", "kind"), [("localization_loss", "weighted_iou"), ("classification_loss", "bootstrapped_sigmoid")]
)
def test_another_loss_is_refused_by_name(config: Any, part: str, kind: str) -> None:
    getattr(getattr(config.loss, part), kind).SetInParent()
    with pytest.raises(BoxwrightError, match=kind):
        per_anchor_losses(config, *random_case(6))
