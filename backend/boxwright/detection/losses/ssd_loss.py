"""The training loss of an SSD, weighted and normalised as in the original API.

Sources: SSD paper, section 2.2; Lin et al., "Focal Loss for Dense Object Detection", for the focal loss.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from boxwright.detection.box_coder import FasterRcnnBoxCoder
from boxwright.detection.losses.hard_example_miner import HardExampleMiner, MinedSelection, selection_mask
from boxwright.detection.predictors.predictions import Predictions
from boxwright.detection.targets import Targets
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


class Losses(NamedTuple):
    """The two parts of the loss, weighted and normalised.

    Attributes:
        localization: float32 [].
        classification: float32 [].
        num_matches: float32 [], the sum of the matched boxes' weights over the batch.
        mined: The anchors that the loss counts; None when the config has no hard example miner.
    """

    localization: tf.Tensor
    classification: tf.Tensor
    num_matches: tf.Tensor
    mined: MinedSelection | None


def ssd_loss(
    ssd_config: messages.Ssd,
    predictions: Predictions,
    targets: Targets,
    anchors: tf.Tensor,
    box_coder: FasterRcnnBoxCoder,
    *,
    num_matches: tf.Tensor | None = None,
) -> Losses:
    """Compute the loss of a batch.

    Args:
        ssd_config: The `ssd` message, of which `loss` and the two `normalize_` fields are read.
        predictions: The predictions for the batch.
        targets: The targets, batched to [B, ...].
        anchors: float32 [A, 4], [ymin, xmin, ymax, xmax] normalised.
        box_coder: Decodes the boxes that the miner compares.
        num_matches: float32 [], of the whole batch, when these are the predictions for a micro-batch.

    Returns:
        Losses. With `normalize_loss_by_num_matches` both are divided by the sum of `reg_weights` over the whole batch
        (at least 1), neither per image nor by the number of mined anchors.

    Raises:
        BoxwrightError: The config sets a loss that is not supported, or hard example mining with a focal loss.
    """
    _refuse_mining_of_focal_losses(ssd_config.loss)
    location_losses, class_losses = per_anchor_losses(ssd_config, predictions, targets)
    mined = None
    if ssd_config.loss.HasField("hard_example_miner"):
        decoded = box_coder.decode(tf.stop_gradient(predictions.box_encodings), anchors)
        mined = HardExampleMiner(ssd_config.loss).select(
            tf.stop_gradient(location_losses), tf.stop_gradient(class_losses), decoded, targets.match
        )
        mask = selection_mask(mined, class_losses.shape[1])
        location_losses, class_losses = location_losses * mask, class_losses * mask
    if num_matches is None:
        num_matches = tf.reduce_sum(targets.reg_weights)
    normalizer = tf.maximum(num_matches, 1.0) if ssd_config.normalize_loss_by_num_matches else tf.constant(1.0)
    location_normalizer = normalizer
    if ssd_config.normalize_loc_loss_by_codesize:
        location_normalizer = normalizer * float(box_coder.code_size)
    return Losses(
        localization=ssd_config.loss.localization_weight / location_normalizer * tf.reduce_sum(location_losses),
        classification=ssd_config.loss.classification_weight / normalizer * tf.reduce_sum(class_losses),
        num_matches=num_matches,
        mined=mined,
    )


def per_anchor_losses(
    ssd_config: messages.Ssd, predictions: Predictions, targets: Targets
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute the loss of each anchor before mining and normalising.

    Returns:
        (localization, classification), each float32 [B, A].

    Raises:
        BoxwrightError: The config sets a loss that is not supported.
    """
    return (
        _location_losses(ssd_config.loss.localization_loss, predictions.box_encodings, targets),
        _class_losses(ssd_config.loss.classification_loss, predictions.class_predictions_with_background, targets),
    )


def _location_losses(loss_config: messages.LocalizationLoss, encodings: tf.Tensor, targets: Targets) -> tf.Tensor:
    kind = loss_config.WhichOneof("localization_loss")
    error = encodings - targets.reg_targets
    if kind == "weighted_smooth_l1":
        delta = loss_config.weighted_smooth_l1.delta
        size = tf.abs(error)
        inner = tf.minimum(size, delta)
        huber = 0.5 * inner * inner + delta * (size - inner)
        return tf.reduce_sum(huber, axis=-1) * targets.reg_weights
    if kind == "weighted_l2":
        # The weight is inside the square, as in the original.
        return tf.reduce_sum(0.5 * tf.square(error * targets.reg_weights[..., tf.newaxis]), axis=-1)
    raise _unsupported("localization_loss", kind, "weighted_smooth_l1, weighted_l2")


def _class_losses(loss_config: messages.ClassificationLoss, logits: tf.Tensor, targets: Targets) -> tf.Tensor:
    kind = loss_config.WhichOneof("classification_loss")
    labels = targets.cls_targets
    if kind == "weighted_softmax":
        scaled = logits / loss_config.weighted_softmax.logit_scale
        return tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=scaled) * targets.cls_weights
    if kind == "weighted_sigmoid":
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        return tf.reduce_sum(entropy, axis=-1) * targets.cls_weights
    if kind == "weighted_sigmoid_focal":
        focal = _focal_losses(loss_config.weighted_sigmoid_focal, logits, labels)
        return tf.reduce_sum(focal, axis=-1) * targets.cls_weights
    raise _unsupported("classification_loss", kind, "weighted_sigmoid, weighted_sigmoid_focal, weighted_softmax")


def _focal_losses(
    focal_config: messages.SigmoidFocalClassificationLoss, logits: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
    """Compute cross-entropy times (1 - p_t)^gamma, balanced by alpha if it is set: [B, A, C + 1]."""
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    probabilities = tf.sigmoid(logits)
    p_t = labels * probabilities + (1.0 - labels) * (1.0 - probabilities)
    if focal_config.gamma:
        entropy = tf.pow(1.0 - p_t, focal_config.gamma) * entropy
    if focal_config.HasField("alpha"):
        entropy = (labels * focal_config.alpha + (1.0 - labels) * (1.0 - focal_config.alpha)) * entropy
    return entropy


def _refuse_mining_of_focal_losses(loss_config: messages.Loss) -> None:
    """Refuse hard example mining with the focal loss, which reduces the weight of easy anchors itself.

    The original refuses this as well.
    """
    focal = loss_config.classification_loss.WhichOneof("classification_loss") == "weighted_sigmoid_focal"
    if focal and loss_config.HasField("hard_example_miner"):
        raise BoxwrightError(
            "loss.hard_example_miner: cannot be used with classification_loss weighted_sigmoid_focal, which counts all "
            "anchors. Remove hard_example_miner, or write weighted_sigmoid."
        )


def _unsupported(field: str, kind: str | None, supported: str) -> BoxwrightError:
    return BoxwrightError(f"loss.{field}: {kind or 'none is set'}; supported are {supported}. Write one of these.")
