"""The convolutional box predictor: box encodings and class scores from every cell of every feature map.

Source: object_detection.protos.ConvolutionalBoxPredictor and its behaviour in the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import tensorflow as tf

from boxwright.detection.hyperparams import ConvHyperparams, Initializer, Seed, constant
from boxwright.detection.layers import Convolution, DepthwiseConvolution, Layer, VariableStore
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages

BOX_CODE_SIZE = 4
"""Numbers per box encoding: ty, tx, th, tw."""

PredictorConfig: TypeAlias = "messages.ConvolutionalBoxPredictor | messages.WeightSharedConvolutionalBoxPredictor"


class ConvolutionalBoxPredictor:
    """One convolution for boxes and one for classes per feature map, named "BoxPredictor_<index of the map>".

    Args:
        predictor_config: The `convolutional_box_predictor` message.
        store: Creates the variables.
        channels: The number of channels of each feature map, the finest first.
        boxes_per_location: The number of anchors per cell of each feature map.
        num_columns: The number of class columns, with the background where there is one.

    Raises:
        BoxwrightError: use_depthwise is set with a kernel of 1x1.
    """

    def __init__(
        self,
        predictor_config: messages.ConvolutionalBoxPredictor,
        store: VariableStore,
        *,
        channels: Sequence[int],
        boxes_per_location: Sequence[int],
        num_columns: int,
    ) -> None:
        if predictor_config.use_depthwise and predictor_config.kernel_size == 1:
            raise BoxwrightError(
                "box_predictor.convolutional_box_predictor: use_depthwise is true, and a depthwise convolution of "
                "kernel_size 1 sees nothing but its cell; the original refuses it as well. Write kernel_size: 3."
            )
        self._predictor_config = predictor_config
        self._num_columns = num_columns
        self._hyperparams = ConvHyperparams.from_config(predictor_config.conv_hyperparams)
        self._heads = [
            self._build_head(store, f"BoxPredictor_{index}", depth, boxes)
            for index, (depth, boxes) in enumerate(zip(channels, boxes_per_location, strict=True))
        ]

    def __call__(
        self, feature_maps: Sequence[tf.Tensor], training: bool, seed: Seed = (0, 0)
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Predict box encodings and class scores, before the scores are converted.

        Args:
            feature_maps: Each [B, h, w, channels], the finest first.
            training: Whether batch normalisation uses the batch's statistics, and dropout is active.
            seed: Two integers that determine the values that dropout drops.

        Returns:
            Box encodings [B, A, 4] and class scores [B, A, num_columns].
        """
        encodings, scores = [], []
        for index, ((shared, box_head, class_head), feature_map) in enumerate(
            zip(self._heads, feature_maps, strict=True)
        ):
            tensor = _chain(shared, feature_map, training)
            box_outputs = _chain(box_head, tensor, training)
            if training:
                tensor = dropped(tensor, self._predictor_config, seed, index)
            class_outputs = _chain(class_head, tensor, training)
            with tf.name_scope(f"BoxPredictor_{index}"):
                encodings.append(clipped(flatten(box_outputs, BOX_CODE_SIZE), self._predictor_config))
                flat = flatten(class_outputs, self._num_columns)
                scores.append(tf.sigmoid(flat) if self._predictor_config.apply_sigmoid_to_scores else flat)
        # The original has an axis of size 1 to remove here; converters look for the name.
        return tf.identity(tf.concat(encodings, 1), name="Squeeze"), tf.concat(scores, 1)

    def _build_head(
        self, store: VariableStore, scope: str, depth: int, boxes: int
    ) -> tuple[list[Layer], list[Layer], list[Layer]]:
        predictor_config, hyperparams = self._predictor_config, self._hyperparams
        inner = max(min(depth, predictor_config.max_depth), predictor_config.min_depth)
        shared: list[Layer] = []
        for index in range(predictor_config.num_layers_before_predictor if inner > 0 else 0):
            shared.append(Convolution(store, f"{scope}/Conv2d_{index}_1x1_{inner}", depth, inner, 1, hyperparams))
            depth = inner
        box_head = self._build_output(store, f"{scope}/BoxEncodingPredictor", depth, boxes * BOX_CODE_SIZE, None)
        bias = constant(predictor_config.class_prediction_bias_init)
        class_head = self._build_output(store, f"{scope}/ClassPredictor", depth, boxes * self._num_columns, bias)
        return shared, box_head, class_head

    def _build_output(
        self, store: VariableStore, scope: str, depth: int, channels: int, bias_initializer: Initializer | None
    ) -> list[Layer]:
        """Return one convolution, or with use_depthwise (SSDLite) a depthwise one and a 1x1 convolution."""
        kernel_size, layers = self._predictor_config.kernel_size, list[Layer]()
        if self._predictor_config.use_depthwise:
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


def dropped(tensor: tf.Tensor, predictor_config: PredictorConfig, seed: Seed, index: int) -> tf.Tensor:
    """Apply dropout to the feature map with that index if the predictor's use_dropout is set.

    It is stateless, because TensorFlow's own generator would start over in a resumed run.
    """
    if not predictor_config.use_dropout:
        return tensor
    own = tf.random.experimental.stateless_fold_in(tf.cast(seed, tf.int64), index)
    return tf.nn.experimental.stateless_dropout(tensor, 1.0 - predictor_config.dropout_keep_probability, own)


def clipped(encodings: tf.Tensor, predictor_config: PredictorConfig) -> tf.Tensor:
    """Clip box encodings to the predictor's box_encodings_clip_range, if it is set."""
    if not predictor_config.HasField("box_encodings_clip_range"):
        return encodings
    return tf.clip_by_value(
        encodings, predictor_config.box_encodings_clip_range.min, predictor_config.box_encodings_clip_range.max
    )


def flatten(tensor: tf.Tensor, code_size: int) -> tf.Tensor:
    """Reshape [B, h, w, anchors · code_size] to [B, h · w · anchors, code_size]."""
    _, height, width, channels = tensor.shape  # static, also where the batch size is not, as in an export
    return tf.reshape(tensor, [-1, height * width * channels // code_size, code_size])
