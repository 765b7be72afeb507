"""Which anchors the loss counts: the hardest, at most so many negatives per positive.

Source: SSD paper, section 2.2 ("Hard negative mining"), with the original API's `hard_example_miner`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from boxwright.detection.losses.decisive_anchors import decisive_anchors
from boxwright.detection.matcher import UNMATCHED
from boxwright.detection.suppression import suppress


class MinedSelection(NamedTuple):
    """The anchors that count, per image.

    Attributes:
        indices: int32 [B, K], anchors in descending loss, filled up with -1 (anywhere: mask them out).
        num_positives: int32 [B]: matched anchors among them.
        num_negatives: int32 [B]: all others among them.
    """

    indices: Any
    num_positives: Any
    num_negatives: Any


class HardExampleMiner:
    """Suppresses near-duplicates among decoded boxes by their loss, then keeps positives and the hardest negatives.

    Args:
        config: the `Loss` message: its `hard_example_miner` and the two weights, which `loss_type: BOTH` uses.
    """

    def __init__(self, config: Any) -> None:
        miner = config.hard_example_miner
        self._loss_type = type(miner).LossType.Name(miner.loss_type)
        self._weights = (config.localization_weight, config.classification_weight)
        self._num_hard_examples = miner.num_hard_examples
        self._iou_threshold = miner.iou_threshold
        self._max_negatives_per_positive = miner.max_negatives_per_positive
        self._min_negatives_per_image = miner.min_negatives_per_image

    def select(self, location_losses: Any, class_losses: Any, boxes: Any, match: Any) -> MinedSelection:
        """Select the anchors of each image.

        Args:
            location_losses: float32 [B, A].
            class_losses: float32 [B, A].
            boxes: float32 [B, A, 4], decoded and not clipped.
            match: int32 [B, A], as Targets has it.
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

    def _decisive_survivors(self, losses: Any, boxes: Any, match: Any) -> Any:
        """Survivors among the anchors that decide: once negatives are limited, the same selection as from all of them.

        12 images of 1917 anchors take 10 ms on two cores instead of 60: with every step of training, that counts.
        """
        positives = tf.reduce_sum(tf.cast(match >= 0, tf.int32), axis=1)
        quota = self._quota(positives)
        decisive, hardest = decisive_anchors(losses, boxes, match, quota, self._iou_threshold)

        def among(scores: Any) -> Any:
            return suppress(boxes, scores, max_selected=losses.shape[1], iou_threshold=self._iou_threshold)

        survivors = among(tf.where(decisive, losses, float("-inf")))
        # One negative more than the quota: up to it every survivor is known, ignored anchors between included.
        places = tf.maximum(survivors, 0)
        counted = (survivors >= 0) & tf.gather(hardest & (match == UNMATCHED), places, batch_dims=1)
        enough = tf.reduce_sum(tf.cast(counted, tf.int32), axis=1) > quota
        complete = enough | tf.reduce_all(decisive, axis=1)
        return tf.cond(tf.reduce_all(complete), lambda: survivors, lambda: among(losses))

    def _quota(self, num_positives: Any) -> Any:
        """The most negatives of each image: int32 [B]."""
        return tf.maximum(self._min_negatives_per_image, self._max_negatives_per_positive * num_positives)

    def _ranking_losses(self, location_losses: Any, class_losses: Any) -> Any:
        """The loss that decides which anchor is hard: float32 [B, A]."""
        if self._loss_type == "LOCALIZATION":
            return location_losses
        if self._loss_type == "CLASSIFICATION":
            return class_losses
        location_weight, class_weight = self._weights
        return class_losses * class_weight + location_losses * location_weight

    def _limit_negatives(self, survivors: Any, match: Any) -> MinedSelection:
        """Keep all positives and, in order of loss, the first negatives up to the ratio of each image."""
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


def selection_mask(selection: MinedSelection, anchors: int) -> Any:
    """The selection as float32 [B, A] of ones and zeros."""
    indices = selection.indices
    # Fillers fall into one column too many, which is cut off.
    columns = tf.where(indices >= 0, indices, anchors)
    rows = tf.broadcast_to(tf.range(tf.shape(indices)[0])[:, tf.newaxis], tf.shape(indices))
    mask = tf.tensor_scatter_nd_max(
        tf.zeros([tf.shape(indices)[0], anchors + 1]), tf.stack([rows, columns], axis=-1), tf.ones(tf.shape(indices))
    )
    return mask[:, :anchors]
