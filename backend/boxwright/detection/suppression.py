"""Greedy non-maximum suppression of many rows at once, with the original's order and rule for ties."""

from __future__ import annotations

from typing import Protocol

import tensorflow as tf


class Suppress(Protocol):
    """The signature of `suppress`; an export may use an implementation of its own."""

    def __call__(
        self,
        boxes: tf.Tensor,
        scores: tf.Tensor,
        *,
        max_selected: int,
        iou_threshold: float,
        score_threshold: float = ...,
    ) -> tf.Tensor:
        """Select boxes; see `suppress`."""


def suppress(
    boxes: tf.Tensor,
    scores: tf.Tensor,
    *,
    max_selected: int,
    iou_threshold: float,
    score_threshold: float = float("-inf"),
) -> tf.Tensor:
    """Select boxes by descending score; a box that overlaps an earlier one by more than the threshold is left out.

    Each row is selected as `tf.image.non_max_suppression` selects: boxes are not clipped, and of equal scores the
    lower index comes first (TF 1.15 leaves their order open).

    `CombinedNonMaxSuppression` spreads the rows over threads in one operation, which TF 1.15 knows as well, but it
    leaves the order of equal scores open and returns no indices. Its input here is therefore ranks instead of scores:
    the ranks of a row are all different, and a rank identifies its box. It runs on the CPU, where it is exact; the GPU
    kernel rounds IoU differently.

    Args:
        boxes: float32 [R, A, 4], [ymin, xmin, ymax, xmax], in any unit.
        scores: float32 [R, A]; NaN is never selected.
        max_selected: The largest number of boxes selected per row.
        iou_threshold: The IoU above which the later box is dropped.
        score_threshold: Boxes with this score or less are dropped.

    Returns:
        int32 [R, min(max_selected, A)]: indices of boxes by descending score, filled up with -1.
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
