"""From box encodings and logits to detections, in the original API's order of operations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.detection.box_coder import FasterRcnnBoxCoder
from boxwright.detection.suppression import Suppress, suppress
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


class Postprocessor:
    """Turns box encodings and logits into detections.

    In this order: decode the boxes, convert the scores, suppress within each class on unclipped boxes, merge the
    classes, clip, and keep the detections with the highest scores.

    TF 1.15 knows every operation used here, there is no control flow and no tensor list, and the batch size may be
    dynamic: the traced function freezes into a graph that TF 1.15 imports.

    Args:
        ssd_config: The `ssd` message, of which `post_processing`, `box_coder` and `add_background_class` are read.
        anchors: float32 [A, 4], [ymin, xmin, ymax, xmax] normalised.
        num_classes: C, without the background.

    Raises:
        BoxwrightError: The config sets a kind of suppression that is not supported.
    """

    def __init__(self, ssd_config: messages.Ssd, anchors: npt.ArrayLike, num_classes: int) -> None:
        post = ssd_config.post_processing
        self._nms = post.batch_non_max_suppression
        self._logit_scale = post.logit_scale
        self._converter = type(post).ScoreConverter.Name(post.score_converter)
        self._box_coder = FasterRcnnBoxCoder(ssd_config.box_coder.faster_rcnn_box_coder)
        self._anchors = anchors
        self._num_classes = num_classes
        self._background_columns = 1 if ssd_config.add_background_class else 0
        for field in ("use_class_agnostic_nms", "soft_nms_sigma", "use_partitioned_nms", "use_combined_nms"):
            if getattr(self._nms, field):
                raise BoxwrightError(
                    f"post_processing.batch_non_max_suppression.{field}: {getattr(self._nms, field)} is not supported; "
                    "Boxwright suppresses class by class. Remove the field."
                )
        if self._nms.max_total_detections < 1 or self._nms.max_detections_per_class < 1:
            raise BoxwrightError(
                "post_processing.batch_non_max_suppression: max_detections_per_class "
                f"{self._nms.max_detections_per_class} and max_total_detections {self._nms.max_total_detections} must "
                "both be at least 1. Write 100 for both, as the original's configs do."
            )

    def __call__(
        self,
        box_encodings: tf.Tensor,
        class_predictions_with_background: tf.Tensor,
        window: tf.Tensor | None = None,
        *,
        suppress: Suppress = suppress,
    ) -> dict[str, tf.Tensor]:
        """Postprocess a batch.

        Args:
            box_encodings: float32 [B, A, 4].
            class_predictions_with_background: float32 [B, A, C + 1], logits (C with add_background_class: false).
            window: float32 [4] or [B, 4], [0, 0, ymax, xmax]: the part of the input that the image covers; None when
                it covers all of it. Detections are clipped and then normalised to it, raw boxes are not.
            suppress: Another implementation of `suppression.suppress`, for runtimes without its operations.

        Returns:
            With M = max_total_detections; places after `num_detections` are zeros:
            detection_boxes float32 [B, M, 4] clipped to [0, 1], detection_scores float32 [B, M] descending,
            detection_classes float32 [B, M] 0-based, num_detections float32 [B],
            detection_multiclass_scores float32 [B, M, C + 1], detection_anchor_indices int32 [B, M],
            raw_detection_boxes float32 [B, A, 4] unclipped, raw_detection_scores float32 [B, A, C + 1].
        """
        with tf.name_scope("Postprocessor"):  # here and below the original's names, by which converters find tensors
            encodings = tf.identity(box_encodings, name="raw_box_encodings")
            with tf.name_scope("Decode"):
                decoded = self._box_coder.decode(encodings, tf.constant(self._anchors, tf.float32))
            boxes = tf.identity(decoded, name="raw_box_locations")
            converted = self._convert(class_predictions_with_background)
            scores = tf.identity(converted, name="raw_box_scores")
            with tf.name_scope("BatchMultiClassNonMaxSuppression"):
                anchor_indices, classes, merged = self._merge_classes(boxes, scores, suppress)
                best = self._best(boxes, scores, anchor_indices, classes, merged, window)
            return {**best, "raw_detection_boxes": boxes, "raw_detection_scores": scores}

    def _convert(self, logits: tf.Tensor) -> tf.Tensor:
        """Convert logits to scores, background column included."""
        if self._logit_scale == 1.0:
            scaled = tf.identity(logits, name="scale_logits")
        else:
            scaled = tf.divide(logits, self._logit_scale, name="scale_logits")
        if self._converter == "SIGMOID":
            return tf.sigmoid(scaled, name="convert_scores")
        if self._converter == "SOFTMAX":
            return tf.nn.softmax(scaled, name="convert_scores")
        return tf.identity(scaled, name="convert_scores")

    def _merge_classes(
        self, boxes: tf.Tensor, scores: tf.Tensor, suppress: Suppress
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Suppress within each class and concatenate the selected boxes, class after class; K are kept per class.

        Returns:
            Anchor indices int32 [B, C * K], 0 in empty places; classes int32 [C * K]; scores float32 [B, C * K], -1 in
            empty places.
        """
        classes, candidates = self._num_classes, scores.shape[1]
        per_class = tf.reshape(tf.transpose(scores[:, :, self._background_columns :], [0, 2, 1]), [-1, candidates])
        tiled = tf.reshape(tf.tile(boxes[:, tf.newaxis], [1, classes, 1, 1]), [-1, candidates, 4])
        selected = suppress(
            tiled,
            per_class,
            max_selected=self._nms.max_detections_per_class,
            iou_threshold=self._nms.iou_threshold,
            score_threshold=self._nms.score_threshold,
        )
        kept = selected.shape[1]
        anchor_indices = tf.maximum(selected, 0)
        values = tf.where(selected >= 0, tf.gather(per_class, anchor_indices, batch_dims=1), -1.0)
        return (
            tf.reshape(anchor_indices, [-1, classes * kept]),
            tf.constant(np.repeat(np.arange(classes), kept), tf.int32),
            tf.reshape(values, [-1, classes * kept]),
        )

    def _best(
        self,
        boxes: tf.Tensor,
        scores: tf.Tensor,
        anchor_indices: tf.Tensor,
        classes: tf.Tensor,
        merged: tf.Tensor,
        window: tf.Tensor | None,
    ) -> dict[str, tf.Tensor]:
        """Clip, drop boxes without area, and keep the highest scores over all classes."""
        clipped = _clipped(tf.gather(boxes, anchor_indices, batch_dims=1), window)
        area = (clipped[..., 2] - clipped[..., 0]) * (clipped[..., 3] - clipped[..., 1])
        total = self._nms.max_total_detections
        places = merged.shape[1]
        values, order = tf.math.top_k(tf.where(area > 0.0, merged, -1.0), k=min(total, places))
        # A place counts when its score is at least 0: empty and pruned ones carry -1.
        counts = values >= 0.0
        anchors = tf.where(counts, tf.gather(anchor_indices, order, batch_dims=1), 0)
        shown = counts[..., tf.newaxis]
        detections = {
            "detection_boxes": tf.where(shown, tf.gather(clipped, order, batch_dims=1), 0.0),
            "detection_scores": tf.where(counts, values, 0.0),
            "detection_classes": tf.where(counts, tf.cast(tf.gather(classes, order), tf.float32), 0.0),
            "detection_multiclass_scores": tf.where(shown, tf.gather(scores, anchors, batch_dims=1), 0.0),
            "detection_anchor_indices": anchors,
        }
        missing = total - min(total, places)
        for name, tensor in detections.items():
            padding = [[0, 0], [0, missing]] + [[0, 0]] * (tensor.shape.rank - 2)
            detections[name] = tf.pad(tensor, padding) if missing else tensor
        detections["num_detections"] = tf.reduce_sum(tf.cast(counts, tf.float32), axis=1)
        return detections


def _clipped(boxes: tf.Tensor, window: tf.Tensor | None) -> tf.Tensor:
    """Clip boxes [B, N, 4] to the window and normalise them to it; without a window, to the whole input."""
    if window is None:
        return tf.clip_by_value(boxes, 0.0, 1.0)
    sides = tf.reshape(tf.concat([window[..., 2:], window[..., 2:]], axis=-1), [-1, 1, 4])
    return tf.maximum(tf.minimum(boxes, sides), 0.0) / sides
