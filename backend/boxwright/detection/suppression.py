"""Greedy non-maximum suppression of many rows at once, with the original's order and rule for ties."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def suppress(
    boxes: Any, scores: Any, *, max_selected: int, iou_threshold: float, score_threshold: float = float("-inf")
) -> Any:
    """Select boxes by descending score, leaving out each that overlaps an earlier one by more than the threshold.

    The selection of a row is `tf.image.non_max_suppression`'s: boxes are not clipped, ties go to the lower index (TF
    1.15 left their order open).

    `CombinedNonMaxSuppression` spreads the rows over threads in one operation that a TF 1.15 graph knows as well, but
    leaves the order of ties open and returns no indices. Handing it ranks instead of scores answers both: all ranks of
    a row differ, and a rank names its box. It runs on the CPU, where it is exact; its GPU kernel rounds IoU otherwise.

    Args:
        boxes: float32 [R, A, 4].
        scores: float32 [R, A]; NaN is never selected.
        max_selected: most boxes selected in a row.
        iou_threshold: overlap above which the later box is dropped.
        score_threshold: a score must be above it.

    Returns:
        int32 [R, min(max_selected, A)]: indices of boxes in descending score, filled up with -1.
    """
    boxes, scores = tf.stop_gradient(boxes), tf.stop_gradient(scores)
    candidates = scores.shape[1]
    limit = min(max_selected, candidates)
    with tf.device("/CPU:0"):
        values, order = tf.math.top_k(scores, k=candidates)
        ranks = tf.where(values > score_threshold, tf.range(candidates, 0, -1, tf.float32), 0.0)
        selected = tf.raw_ops.CombinedNonMaxSuppression(
            boxes=tf.gather(boxes, order, batch_dims=1)[:, :, tf.newaxis],
            scores=ranks[:, :, tf.newaxis],
            max_output_size_per_class=limit,
            max_total_size=limit,
            iou_threshold=iou_threshold,
            score_threshold=0.5,
            pad_per_class=False,
            clip_boxes=False,
        ).nmsed_scores
        places = candidates - tf.cast(selected, tf.int32)
        indices = tf.gather(order, tf.minimum(places, candidates - 1), batch_dims=1)
        return tf.where(selected > 0.0, indices, -1)
