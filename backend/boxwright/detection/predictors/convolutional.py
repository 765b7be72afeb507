"""The convolutional box predictor: box encodings and class scores from every cell of every feature map.

Source: object_detection.protos.ConvolutionalBoxPredictor and its behaviour in the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from boxwright.detection.hyperparams import ConvHyperparams, Initializer, constant
from boxwright.detection.layers import Convolution, DepthwiseConvolution, Layer, VariableStore
from boxwright.errors import BoxwrightError

BOX_CODE_SIZE = 4


class ConvolutionalBoxPredictor:
    """One pair of convolutions a feature map, under "BoxPredictor_<index of the map>".

    Args:
        config: object_detection.protos.ConvolutionalBoxPredictor message.
        store: Where the variables are made.
        channels: Channels of each feature map.
        boxes_per_location: Anchors at a cell of each feature map.
        num_columns: Class columns, the background included where there is one.

    Raises:
        BoxwrightError: use_depthwise with a kernel of 1x1.
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
        if config.use_depthwise and config.kernel_size == 1:
            raise BoxwrightError(
                "box_predictor.convolutional_box_predictor: use_depthwise is true, and a depthwise convolution of "
                "kernel_size 1 sees nothing but its cell; the original refuses it as well. Write kernel_size: 3."
            )
        self._config = config
        self._num_columns = num_columns
        self._hyperparams = ConvHyperparams.from_config(config.conv_hyperparams)
        self._heads = [
            self._build_head(store, f"BoxPredictor_{index}", depth, boxes)
            for index, (depth, boxes) in enumerate(zip(channels, boxes_per_location, strict=True))
        ]

    def __call__(
        self, feature_maps: Sequence[tf.Tensor], training: bool, seed: Any = (0, 0)
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Predict box encodings [B, A, 4] and class scores [B, A, num_columns], before any score conversion.

        Args:
            feature_maps: Each [B, h, w, channels].
            training: Batch norm takes the batch's statistics, and dropout drops.
            seed: Two integers; what dropout drops is a function of them.
        """
        encodings, scores = [], []
        for index, ((shared, box_head, class_head), feature_map) in enumerate(
            zip(self._heads, feature_maps, strict=True)
        ):
            tensor = _chain(shared, feature_map, training)
            encodings.append(clipped(flatten(_chain(box_head, tensor, training), BOX_CODE_SIZE), self._config))
            if training:
                tensor = dropped(tensor, self._config, seed, index)
            class_scores = flatten(_chain(class_head, tensor, training), self._num_columns)
            scores.append(tf.sigmoid(class_scores) if self._config.apply_sigmoid_to_scores else class_scores)
        return tf.concat(encodings, 1), tf.concat(scores, 1)

    def _build_head(
        self, store: VariableStore, scope: str, depth: int, boxes: int
    ) -> tuple[list[Layer], list[Layer], list[Layer]]:
        config, hyperparams = self._config, self._hyperparams
        inner = max(min(depth, config.max_depth), config.min_depth)
        shared: list[Layer] = []
        for index in range(config.num_layers_before_predictor if inner > 0 else 0):
            shared.append(Convolution(store, f"{scope}/Conv2d_{index}_1x1_{inner}", depth, inner, 1, hyperparams))
            depth = inner
        box_head = self._build_output(store, f"{scope}/BoxEncodingPredictor", depth, boxes * BOX_CODE_SIZE, None)
        bias = constant(config.class_prediction_bias_init)
        class_head = self._build_output(store, f"{scope}/ClassPredictor", depth, boxes * self._num_columns, bias)
        return shared, box_head, class_head

    def _build_output(
        self, store: VariableStore, scope: str, depth: int, channels: int, bias_initializer: Initializer | None
    ) -> list[Layer]:
        """One convolution; with use_depthwise (SSDLite) a depthwise one and a 1x1 that has the outputs."""
        kernel_size, layers = self._config.kernel_size, list[Layer]()
        if self._config.use_depthwise:
            layers.append(DepthwiseConvolution(store, f"{scope}_depthwise", depth, kernel_size, self._hyperparams))
            kernel_size = 1
        layers.append(
            Convolution(
                store,
                scope,
                depth,
                channels,
                kernel_size,
                self._hyperparams,
                bias_initializer=bias_initializer,
                linear=True,
            )
        )
        return layers


def _chain(layers: Sequence[Layer], tensor: tf.Tensor, training: bool) -> tf.Tensor:
    for layer in layers:
        tensor = layer(tensor, training)
    return tensor


def dropped(tensor: tf.Tensor, config: Any, seed: Any, index: int) -> tf.Tensor:
    """Drop values of the feature map with that index, as the predictor's use_dropout says.

    Stateless: TensorFlow's own generator would begin anew in a run that is continued.
    """
    if not config.use_dropout:
        return tensor
    own = tf.random.experimental.stateless_fold_in(tf.cast(seed, tf.int64), index)
    return tf.nn.experimental.stateless_dropout(tensor, 1.0 - config.dropout_keep_probability, own)


def clipped(encodings: tf.Tensor, config: Any) -> tf.Tensor:
    """Cut box encodings to the predictor's box_encodings_clip_range, if it has one."""
    if not config.HasField("box_encodings_clip_range"):
        return encodings
    return tf.clip_by_value(encodings, config.box_encodings_clip_range.min, config.box_encodings_clip_range.max)


def flatten(tensor: tf.Tensor, code_size: int) -> tf.Tensor:
    """[B, h, w, anchors · code_size] → [B, h · w · anchors, code_size]."""
    _, height, width, channels = tensor.shape  # known even where the batch is not, as in an export
    return tf.reshape(tensor, [-1, height * width * channels // code_size, code_size])
