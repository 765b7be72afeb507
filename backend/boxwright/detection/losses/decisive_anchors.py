"""Which anchors decide what the hard example miner keeps, so that suppression need not look at all of them.

Greedy suppression of all 1917 anchors of 12 images compares 22 million pairs. The miner uses little of the answer:
every positive, and the first few negatives by loss. Whether an anchor survives depends on the anchors before it that
overlap it above the threshold, on theirs in turn, and on nothing else. So this collects a set that is closed under that
relation and contains all that the miner may keep; suppression within the set gives each of its members the answer it
has among all.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

# Boxes count as overlapping from slightly below the threshold on: one too many costs nothing, one missed is an error.
_IOU_MARGIN = 1e-4
# Above this share of positives among all anchors, collecting costs more than comparing every pair in one kernel.
_MOST_POSITIVES = 1 / 16


def decisive_anchors(losses: Any, boxes: Any, match: Any, quota: Any, iou_threshold: float) -> tuple[Any, Any]:
    """Collect the anchors that decide.

    Args:
        losses: float32 [B, A], what the miner sorts by.
        boxes: float32 [B, A, 4].
        match: int32 [B, A], as Targets has it.
        quota: int32 [B], the most negatives that may be kept.
        iou_threshold: of the suppression.

    Returns:
        decisive bool [B, A]: positives, the hardest anchors down to half as many negatives again as the quota, and all
            that their survival depends on.
        hardest bool [B, A]: the part of them that has every anchor of at least its lowest loss.
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


def _closure(losses: Any, boxes: Any, hardest: Any, frontier: Any, overlap: float) -> Any:
    """Add the anchors that come before a member of the frontier and overlap it, until there are none to add."""

    def step(members: Any, frontier: Any) -> tuple[Any, Any]:
        found = _earlier_overlapping(losses, boxes, frontier, overlap) & ~members
        return members | found, found

    members, _ = tf.while_loop(
        lambda members, frontier: tf.reduce_any(frontier), step, (hardest | frontier, frontier), maximum_iterations=None
    )
    return members


def _earlier_overlapping(losses: Any, boxes: Any, frontier: Any, overlap: float) -> Any:
    """bool [B, A]: anchors with at least the loss of one in the frontier of their image, and overlapping it."""
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
