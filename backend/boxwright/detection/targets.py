"""Classification and regression targets per anchor: what the network should predict for an image."""

from __future__ import annotations

from typing import NamedTuple

import numpy.typing as npt
import tensorflow as tf

from boxwright.detection.box_coder import FasterRcnnBoxCoder
from boxwright.detection.matcher import UNMATCHED, ArgMaxMatcher
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


class Targets(NamedTuple):
    """Per-anchor targets of one image; `tf.data` batches them to a leading B.

    Attributes:
        cls_targets: float32 [A, C + 1], one-hot, column 0 is background. The row of a background anchor is
            [1, 0, ...], or all zeros with `encode_background_as_zeros`. C columns with `add_background_class: false`.
        cls_weights: float32 [A]: the box's weight, `negative_class_weight` for background, 0 for ignored anchors.
        reg_targets: float32 [A, 4] box encodings; zeros where no box is matched.
        reg_weights: float32 [A]: the box's weight, 0 where no box is matched.
        match: int32 [A]: index of the matched box, -1 background, -2 ignored.
    """

    cls_targets: tf.Tensor
    cls_weights: tf.Tensor
    reg_targets: tf.Tensor
    reg_weights: tf.Tensor
    match: tf.Tensor


class TargetAssigner:
    """Assigns ground truth to anchors with the matcher, similarity and box coder of the config.

    Args:
        ssd_config: The `ssd` message.
        anchors: float32 [A, 4], [ymin, xmin, ymax, xmax] normalised.

    Raises:
        BoxwrightError: The config sets a matcher or similarity that is not supported.
    """

    def __init__(self, ssd_config: messages.Ssd, anchors: npt.ArrayLike) -> None:
        matcher = ssd_config.matcher.WhichOneof("matcher_oneof")
        if matcher != "argmax_matcher":
            raise BoxwrightError(f"matcher: {matcher or 'none is set'}; supported is argmax_matcher. Write that one.")
        similarity = ssd_config.similarity_calculator.WhichOneof("region_similarity")
        if similarity != "iou_similarity":
            raise BoxwrightError(
                f"similarity_calculator: {similarity or 'none is set'}; supported is iou_similarity. Write that one."
            )
        self._anchors = anchors
        self._matcher = ArgMaxMatcher(ssd_config.matcher.argmax_matcher)
        self._box_coder = FasterRcnnBoxCoder(ssd_config.box_coder.faster_rcnn_box_coder)
        self._num_classes = ssd_config.num_classes
        self._background_columns = 1 if ssd_config.add_background_class else 0
        # one_hot of -1 is a row of zeros
        self._background = 0 if ssd_config.add_background_class and not ssd_config.encode_background_as_zeros else -1
        self._negative_class_weight = ssd_config.negative_class_weight

    def assign(self, boxes: tf.Tensor, classes: tf.Tensor, weights: tf.Tensor | None = None) -> Targets:
        """Assign the ground truth of one image; runs in graph mode inside a `tf.data` map.

        Args:
            boxes: float32 [N, 4], [ymin, xmin, ymax, xmax] normalised; N may be 0 and dynamic.
            classes: int32 [N], 0-based, background not counted.
            weights: float32 [N]; None for ones. A box of weight 0 forces no match; anchors that overlap it best still
                match it, with weight 0.

        Returns:
            Targets of all A anchors.
        """
        anchors = tf.constant(self._anchors, tf.float32)
        weights = tf.ones(tf.shape(boxes)[:1]) if weights is None else weights
        match = self._matcher.match(pairwise_iou(boxes, anchors), weights > 0)
        matched = match >= 0
        # One box is appended that no anchor matches, so that gather has a row even when there are no boxes.
        row = tf.maximum(match, 0)
        box = tf.gather(tf.concat([boxes, tf.zeros([1, 4])], axis=0), row)
        weight = tf.gather(tf.concat([weights, tf.zeros([1])], axis=0), row)
        column = tf.gather(tf.concat([classes, tf.zeros([1], classes.dtype)], axis=0), row) + self._background_columns
        background_weight = tf.where(match == UNMATCHED, self._negative_class_weight, 0.0)
        encodings = self._box_coder.encode(box, anchors)
        columns = self._num_classes + self._background_columns
        return Targets(
            cls_targets=tf.one_hot(tf.where(matched, column, self._background), columns),
            cls_weights=tf.where(matched, weight, background_weight),
            reg_targets=tf.where(matched[:, tf.newaxis], encodings, 0.0),
            reg_weights=tf.where(matched, weight, 0.0),
            match=match,
        )


def pairwise_iou(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Compute the intersection over union of every pair.

    Args:
        boxes: float32 [N, 4], [ymin, xmin, ymax, xmax].
        others: float32 [M, 4].

    Returns:
        float32 [N, M]; 0 where two boxes do not overlap.
    """
    ymin, xmin, ymax, xmax = tf.unstack(boxes[:, tf.newaxis], num=4, axis=-1)
    other_ymin, other_xmin, other_ymax, other_xmax = tf.unstack(others[tf.newaxis], num=4, axis=-1)
    height = tf.maximum(0.0, tf.minimum(ymax, other_ymax) - tf.maximum(ymin, other_ymin))
    width = tf.maximum(0.0, tf.minimum(xmax, other_xmax) - tf.maximum(xmin, other_xmin))
    intersection = height * width
    union = (ymax - ymin) * (xmax - xmin) + (other_ymax - other_ymin) * (other_xmax - other_xmin) - intersection
    return tf.where(intersection == 0.0, 0.0, intersection / union)
