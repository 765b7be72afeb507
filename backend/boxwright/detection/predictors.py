"""The convolutional box predictor: box encodings and class scores from every cell of every feature map.

Source: object_detection.protos.ConvolutionalBoxPredictor and its behaviour in the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from boxwright.detection.hyperparams import ConvHyperparams, constant
from boxwright.detection.layers import Convolution, VariableStore

BOX_CODE_SIZE = 4


class ConvolutionalBoxPredictor:
    """One pair of convolutions a feature map, under "BoxPredictor_<index of the map>".

    Args:
        config: object_detection.protos.ConvolutionalBoxPredictor message.
        store: Where the variables are made.
        channels: Channels of each feature map.
        boxes_per_location: Anchors at a cell of each feature map.
        num_columns: Class columns, the background included where there is one.
    """

    def __init__(
        self,
        config: Any,
        store: VariableStore,
        *,
        channels: Sequence[int],
        boxes_per_location: Sequence[int],
        num_columns: int,
    ) -> None:
        self._config = config
        self._num_columns = num_columns
        self._hyperparams = ConvHyperparams.from_config(config.conv_hyperparams)
        self._heads = [
            self._build_head(store, f"BoxPredictor_{index}", depth, boxes)
            for index, (depth, boxes) in enumerate(zip(channels, boxes_per_location, strict=True))
        ]

    def __call__(self, feature_maps: Sequence[tf.Tensor], training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Predict box encodings [B, A, 4] and class scores [B, A, num_columns], before any score conversion."""
        encodings, scores = [], []
        for (shared, box_head, class_head), feature_map in zip(self._heads, feature_maps, strict=True):
            tensor = feature_map
            for layer in shared:
                tensor = layer(tensor, training)
            encodings.append(_flatten(box_head(tensor, training), BOX_CODE_SIZE))
            if self._config.use_dropout and training:
                tensor = tf.nn.dropout(tensor, rate=1.0 - self._config.dropout_keep_probability)
            class_scores = _flatten(class_head(tensor, training), self._num_columns)
            scores.append(tf.sigmoid(class_scores) if self._config.apply_sigmoid_to_scores else class_scores)
        return tf.concat(encodings, 1), tf.concat(scores, 1)

    def _build_head(
        self, store: VariableStore, scope: str, depth: int, boxes: int
    ) -> tuple[list[Convolution], Convolution, Convolution]:
        config, hyperparams = self._config, self._hyperparams
        inner = max(min(depth, config.max_depth), config.min_depth)
        shared = []
        for index in range(config.num_layers_before_predictor if inner > 0 else 0):
            shared.append(Convolution(store, f"{scope}/Conv2d_{index}_1x1_{inner}", depth, inner, 1, hyperparams))
            depth = inner
        box_head = Convolution(
            store,
            f"{scope}/BoxEncodingPredictor",
            depth,
            boxes * BOX_CODE_SIZE,
            config.kernel_size,
            hyperparams,
            linear=True,
        )
        class_head = Convolution(
            store,
            f"{scope}/ClassPredictor",
            depth,
            boxes * self._num_columns,
            config.kernel_size,
            hyperparams,
            bias_initializer=constant(config.class_prediction_bias_init),
            linear=True,
        )
        return shared, box_head, class_head


def _flatten(tensor: tf.Tensor, code_size: int) -> tf.Tensor:
    """[B, h, w, anchors · code_size] → [B, h · w · anchors, code_size]."""
    _, height, width, channels = tensor.shape  # known even where the batch is not, as in an export
    return tf.reshape(tensor, [-1, height * width * channels // code_size, code_size])
