"""Hard example mining: selecting the anchors that the loss counts.

Source: SSD paper, section 2.2 ("Hard negative mining"), with the original API's `hard_example_miner`.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from boxwright.detection.losses.decisive_anchors import decisive_anchors
from boxwright.detection.matcher import UNMATCHED
from boxwright.detection.suppression import suppress
from boxwright.pipeline import messages


class MinedSelection(NamedTuple):
    """The selected anchors of each image.

    Attributes:
        indices: int32 [B, K], anchors by descending loss; -1 in empty places, which may be anywhere.
        num_positives: int32 [B], the number of selected anchors that are matched.
        num_negatives: int32 [B], the number of the other selected anchors.
    """

    indices: tf.Tensor
    num_positives: tf.Tensor
    num_negatives: tf.Tensor


class HardExampleMiner:
    """Selects the positives and the hardest negatives, after non-maximum suppression of the boxes by their loss.

    Args:
        loss_config: The `loss` message, of which `hard_example_miner` is read, and the two weights, which
            `loss_type: BOTH` uses.
    """

    def __init__(self, loss_config: messages.Loss) -> None:
        miner = loss_config.hard_example_miner
        self._loss_type = type(miner).LossType.Name(miner.loss_type)
        self._weights = (loss_config.localization_weight, loss_config.classification_weight)
        self._num_hard_examples = miner.num_hard_examples
        self._iou_threshold = miner.iou_threshold
        self._max_negatives_per_positive = miner.max_negatives_per_positive
        self._min_negatives_per_image = miner.min_negatives_per_image

    def select(
        self, location_losses: tf.Tensor, class_losses: tf.Tensor, boxes: tf.Tensor, match: tf.Tensor
    ) -> MinedSelection:
        """Select the anchors of each image.

        Args:
            location_losses: float32 [B, A], the localization loss of each anchor.
            class_losses: float32 [B, A], the classification loss of each anchor.
            boxes: float32 [B, A, 4], [ymin, xmin, ymax, xmax], decoded and not clipped.
            match: int32 [B, A], the `match` of the targets.
        """
        losses = self._ranking_losses(location_losses, class_losses)
        anchors = losses.shape[1]
        # 0 in the message means no limit, as the original's builder has it.
        limit = self._num_hard_examples if self._num_hard_examples > 0 else anchors
        if self._max_negatives_per_positive > 0 and limit >= anchors:
            survivors = self._decisive_survivors(losses, boxes, match)
        else:
            survivors = suppress(boxes, losses, max_selected=limit, iou_threshold=self._iou_threshold)
        return self._limit_negatives(survivors, match)

    def _decisive_survivors(self, losses: tf.Tensor, boxes: tf.Tensor, match: tf.Tensor) -> tf.Tensor:
        """Run suppression among the decisive anchors only: with limited negatives the selection is the same.

        12 images of 1917 anchors take 10 ms instead of 60 on two cores, in every training step.
        """
        positives = tf.reduce_sum(tf.cast(match >= 0, tf.int32), axis=1)
        quota = self._quota(positives)
        decisive, hardest = decisive_anchors(losses, boxes, match, quota, self._iou_threshold)

        def among(scores: tf.Tensor) -> tf.Tensor:
            return suppress(boxes, scores, max_selected=losses.shape[1], iou_threshold=self._iou_threshold)

        survivors = among(tf.where(decisive, losses, float("-inf")))
        # With one negative more than the quota, all survivors within the quota are known, ignored anchors included.
        places = tf.maximum(survivors, 0)
        counted = (survivors >= 0) & tf.gather(hardest & (match == UNMATCHED), places, batch_dims=1)
        enough = tf.reduce_sum(tf.cast(counted, tf.int32), axis=1) > quota
        complete = enough | tf.reduce_all(decisive, axis=1)
        return tf.cond(tf.reduce_all(complete), lambda: survivors, lambda: among(losses))

    def _quota(self, num_positives: tf.Tensor) -> tf.Tensor:
        """Return the largest number of negatives of each image: int32 [B]."""
        return tf.maximum(self._min_negatives_per_image, self._max_negatives_per_positive * num_positives)

    def _ranking_losses(self, location_losses: tf.Tensor, class_losses: tf.Tensor) -> tf.Tensor:
        """Return the loss by which anchors are ordered: float32 [B, A]."""
        if self._loss_type == "LOCALIZATION":
            return location_losses
        if self._loss_type == "CLASSIFICATION":
            return class_losses
        location_weight, class_weight = self._weights
        return class_losses * class_weight + location_losses * location_weight

    def _limit_negatives(self, survivors: tf.Tensor, match: tf.Tensor) -> MinedSelection:
        """Keep all positives and, by descending loss, the negatives up to the quota of each image."""
        exists = survivors >= 0
        matched_to = tf.gather(match, tf.maximum(survivors, 0), batch_dims=1)
        positive = exists & (matched_to >= 0)
        negative = exists & (matched_to == UNMATCHED)
        num_positives = tf.reduce_sum(tf.cast(positive, tf.int32), axis=1)
        kept = exists
        if self._max_negatives_per_positive > 0:
            quota = self._quota(num_positives)
            # An ignored anchor within the quota is kept too, as in the original; its weights are 0.
            within = tf.cumsum(tf.cast(negative, tf.int32), axis=1) <= quota[:, tf.newaxis]
            kept = exists & (positive | within)
        num_kept = tf.reduce_sum(tf.cast(kept, tf.int32), axis=1)
        return MinedSelection(tf.where(kept, survivors, -1), num_positives, num_kept - num_positives)


def selection_mask(selection: MinedSelection, anchors: int) -> tf.Tensor:
    """Return the selection as float32 [B, A]: 1 for selected anchors, 0 for the others."""
    indices = selection.indices
    # Empty places go to an additional column, which is removed at the end.
    columns = tf.where(indices >= 0, indices, anchors)
    rows = tf.broadcast_to(tf.range(tf.shape(indices)[0])[:, tf.newaxis], tf.shape(indices))
    mask = tf.tensor_scatter_nd_max(
        tf.zeros([tf.shape(indices)[0], anchors + 1]), tf.stack([rows, columns], axis=-1), tf.ones(tf.shape(indices))
    )
    return mask[:, :anchors]
