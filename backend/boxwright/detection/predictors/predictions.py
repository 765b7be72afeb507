"""The output of the network for a batch of images."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Predictions(NamedTuple):
    """The output of the network for a batch, before box encodings are decoded and scores are converted.

    B is the batch size, A the number of anchors, C the number of classes without background.

    Attributes:
        box_encodings: float32 [B, A, 4], [ty, tx, th, tw] relative to the anchors, as the box coder scales them.
        class_predictions_with_background: float32 [B, A, C + 1] logits, column 0 is the background (no such column
            with `add_background_class: false`).
        feature_maps: The feature maps that the predictor read, each [B, h, w, channels], the finest first.
    """

    box_encodings: tf.Tensor
    class_predictions_with_background: tf.Tensor
    feature_maps: list[tf.Tensor]
