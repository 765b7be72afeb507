"""The SSD training loss, by the original API's weights and normalisers.

Sources: SSD paper, section 2.2; Lin et al., "Focal Loss for Dense Object Detection", for the focal loss.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from boxwright.detection.losses.hard_example_miner import HardExampleMiner, MinedSelection, selection_mask
from boxwright.detection.targets import Targets
from boxwright.errors import BoxwrightError


class Losses(NamedTuple):
    """The two parts of the loss, weighted and normalised.

    Attributes:
        localization: float32 [].
        classification: float32 [].
        num_matches: float32 [], sum of the matched boxes' weights over the batch.
        mined: the anchors that counted, or None when the config has no hard example miner.
    """

    localization: Any
    classification: Any
    num_matches: Any
    mined: MinedSelection | None


def ssd_loss(
    config: Any, predictions: Any, targets: Targets, anchors: Any, box_coder: Any, *, num_matches: Any = None
) -> Losses:
    """Compute the loss of a batch.

    Args:
        config: the `Ssd` message.
        predictions: has `box_encodings` [B, A, 4] and `class_predictions_with_background` [B, A, C + 1] (logits).
        targets: batched to [B, ...].
        anchors: float32 [A, 4].
        box_coder: decodes the boxes that the miner compares.
        num_matches: of the whole batch, when this is a part of it.

    Returns:
        Losses. Both are divided by the sum of `reg_weights` over the whole batch (at least 1) when
        `normalize_loss_by_num_matches` is set: not per image, and not by what was mined.

    Raises:
        BoxwrightError: the config names a loss that is not supported, or mines a focal loss.
    """
    _refuse_mining_of_focal_losses(config.loss)
    location_losses, class_losses = per_anchor_losses(config, predictions, targets)
    mined = None
    if config.loss.HasField("hard_example_miner"):
        decoded = box_coder.decode(tf.stop_gradient(predictions.box_encodings), anchors)
        mined = HardExampleMiner(config.loss).select(
            tf.stop_gradient(location_losses), tf.stop_gradient(class_losses), decoded, targets.match
        )
        mask = selection_mask(mined, class_losses.shape[1])
        location_losses, class_losses = location_losses * mask, class_losses * mask
    if num_matches is None:
        num_matches = tf.reduce_sum(targets.reg_weights)
    normalizer = tf.maximum(num_matches, 1.0) if config.normalize_loss_by_num_matches else tf.constant(1.0)
    location_normalizer = normalizer
    if config.normalize_loc_loss_by_codesize:
        location_normalizer = normalizer * float(box_coder.code_size)
    return Losses(
        localization=config.loss.localization_weight / location_normalizer * tf.reduce_sum(location_losses),
        classification=config.loss.classification_weight / normalizer * tf.reduce_sum(class_losses),
        num_matches=num_matches,
        mined=mined,
    )


def per_anchor_losses(config: Any, predictions: Any, targets: Targets) -> tuple[Any, Any]:
    """(localization, classification) loss of each anchor before mining and normalising, each float32 [B, A].

    Raises:
        BoxwrightError: the config names a loss that is not supported.
    """
    return (
        _location_losses(config.loss.localization_loss, predictions.box_encodings, targets),
        _class_losses(config.loss.classification_loss, predictions.class_predictions_with_background, targets),
    )


def _location_losses(config: Any, encodings: Any, targets: Targets) -> Any:
    kind = config.WhichOneof("localization_loss")
    error = encodings - targets.reg_targets
    if kind == "weighted_smooth_l1":
        delta = config.weighted_smooth_l1.delta
        size = tf.abs(error)
        inner = tf.minimum(size, delta)
        huber = 0.5 * inner * inner + delta * (size - inner)
        return tf.reduce_sum(huber, axis=-1) * targets.reg_weights
    if kind == "weighted_l2":
        # The weight is inside the square, as in the original.
        return tf.reduce_sum(0.5 * tf.square(error * targets.reg_weights[..., tf.newaxis]), axis=-1)
    raise _unsupported("localization_loss", kind, "weighted_smooth_l1, weighted_l2")


def _class_losses(config: Any, logits: Any, targets: Targets) -> Any:
    kind = config.WhichOneof("classification_loss")
    labels = targets.cls_targets
    if kind == "weighted_softmax":
        scaled = logits / config.weighted_softmax.logit_scale
        return tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=scaled) * targets.cls_weights
    if kind == "weighted_sigmoid":
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_sum(entropy, axis=-1) * targets.cls_weights
    if kind == "weighted_sigmoid_focal":
        focal = _focal_losses(config.weighted_sigmoid_focal, logits, labels)
        return tf.reduce_sum(focal, axis=-1) * targets.cls_weights
    raise _unsupported("classification_loss", kind, "weighted_sigmoid, weighted_sigmoid_focal, weighted_softmax")


def _focal_losses(config: Any, logits: Any, labels: Any) -> Any:
    """Cross-entropy times (1 - p_t)^gamma, and the balance alpha when the config has one: [B, A, C + 1]."""
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    probabilities = tf.sigmoid(logits)
    p_t = labels * probabilities + (1.0 - labels) * (1.0 - probabilities)
    if config.gamma:
        entropy = tf.pow(1.0 - p_t, config.gamma) * entropy
    if config.HasField("alpha"):
        entropy = (labels * config.alpha + (1.0 - labels) * (1.0 - config.alpha)) * entropy
    return entropy


def _refuse_mining_of_focal_losses(config: Any) -> None:
    """The focal loss weighs down easy anchors by itself; the original refuses the two together as well."""
    focal = config.classification_loss.WhichOneof("classification_loss") == "weighted_sigmoid_focal"
    if focal and config.HasField("hard_example_miner"):
        raise BoxwrightError(
            "loss.hard_example_miner: does not go with classification_loss weighted_sigmoid_focal, which counts all "
            "anchors. Remove hard_example_miner, or write weighted_sigmoid."
        )


def _unsupported(field: str, kind: str | None, supported: str) -> BoxwrightError:
    return BoxwrightError(f"loss.{field}: {kind or 'none is set'}; supported are {supported}. Write one of these.")
