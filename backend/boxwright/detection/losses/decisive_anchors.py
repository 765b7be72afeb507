"""Finding the anchors that can change what the hard example miner selects, so that suppression runs on fewer of them.

Greedy suppression of all 1917 anchors of 12 images compares 22 million pairs. The miner uses a small part of the
result: every positive, and the first few negatives by loss. Whether an anchor survives depends only on the anchors of
larger loss that overlap it above the threshold, and on those that overlap them in turn. The set collected here is
closed under that relation and contains every anchor that the miner may select. Suppression within the set therefore
gives each member the same result as suppression among all anchors.
"""

from __future__ import annotations

import tensorflow as tf

# Boxes count as overlapping from slightly below the threshold: one anchor too many costs little, a missed one is wrong.
_IOU_MARGIN = 1e-4
# Above this share of positives among all anchors, collecting is slower than comparing every pair in one kernel.
_MOST_POSITIVES = 1 / 16


def decisive_anchors(
    losses: tf.Tensor, boxes: tf.Tensor, match: tf.Tensor, quota: tf.Tensor, iou_threshold: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Collect the decisive anchors.

    Args:
        losses: float32 [B, A], the losses that the miner sorts by.
        boxes: float32 [B, A, 4], [ymin, xmin, ymax, xmax].
        match: int32 [B, A], the `match` of the targets.
        quota: int32 [B], the largest number of negatives that may be kept.
        iou_threshold: The IoU threshold of the suppression.

    Returns:
        decisive: bool [B, A]: the positives, the hardest anchors (about one and a half times the quota of negatives),
            and all anchors on which their survival depends.
        hardest: bool [B, A]: those of them that are complete down to a loss: no anchor of a larger loss is missing.
    """
    negatives = tf.where(match == -1, losses, float("-inf"))
    wanted = tf.minimum(quota + quota // 2 + 16, losses.shape[1])
    lowest = tf.gather(tf.sort(negatives, direction="DESCENDING"), wanted - 1, batch_dims=1)
    hardest = losses >= lowest[:, tf.newaxis]
    frontier = (match >= 0) & ~hardest
    share = tf.reduce_mean(tf.cast(frontier, tf.float32))
    decisive = tf.cond(
        share > _MOST_POSITIVES,
        lambda: tf.ones_like(hardest),
        lambda: _closure(losses, boxes, hardest, frontier, iou_threshold - _IOU_MARGIN),
    )
    return decisive, hardest


def _closure(losses: tf.Tensor, boxes: tf.Tensor, hardest: tf.Tensor, frontier: tf.Tensor, overlap: float) -> tf.Tensor:
    """Add the anchors of larger loss that overlap a member of the frontier, until none is left to add."""

    def step(members: tf.Tensor, frontier: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        found = _earlier_overlapping(losses, boxes, frontier, overlap) & ~members
        return members | found, found

    members, _ = tf.while_loop(
        lambda members, frontier: tf.reduce_any(frontier), step, (hardest | frontier, frontier), maximum_iterations=None
    )
    return members


def _earlier_overlapping(losses: tf.Tensor, boxes: tf.Tensor, frontier: tf.Tensor, overlap: float) -> tf.Tensor:
    """Return bool [B, A]: anchors that overlap one in the frontier of their image and have at least its loss."""
    places = tf.cast(tf.where(frontier), tf.int32)
    image = places[:, 0]
    one = tf.gather_nd(boxes, places)[:, tf.newaxis]
    ymin, xmin, ymax, xmax = (tf.gather(side, image) for side in tf.unstack(boxes, num=4, axis=-1))
    height = tf.maximum(tf.minimum(ymax, one[..., 2]) - tf.maximum(ymin, one[..., 0]), 0.0)
    width = tf.maximum(tf.minimum(xmax, one[..., 3]) - tf.maximum(xmin, one[..., 1]), 0.0)
    intersection = height * width
    areas = tf.gather((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]), image)
    union = areas + (one[..., 2] - one[..., 0]) * (one[..., 3] - one[..., 1]) - intersection
    earlier = tf.gather(losses, image) >= tf.gather_nd(losses, places)[:, tf.newaxis]
    found = (intersection > overlap * union) & earlier
    return tf.math.unsorted_segment_max(tf.cast(found, tf.int32), image, tf.shape(losses)[0]) > 0
