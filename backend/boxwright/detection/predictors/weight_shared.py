"""The weight-shared convolutional box predictor: the same two towers look at every feature map.

Source: Lin et al., Focal Loss for Dense Object Detection, 2017, figure 3; object_detection.protos
.WeightSharedConvolutionalBoxPredictor and its behaviour in the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from boxwright.detection.hyperparams import ConvHyperparams, constant
from boxwright.detection.layers import BatchNormalization, Convolution, VariableStore
from boxwright.detection.predictors.convolutional import BOX_CODE_SIZE, clipped, dropped, flatten
from boxwright.errors import BoxwrightError

SCOPE = "WeightSharedConvolutionalBoxPredictor"


class WeightSharedBoxPredictor:
    """A tower of convolutions for the boxes and one for the classes; only batch norm is each feature map's own.

    Args:
        config: object_detection.protos.WeightSharedConvolutionalBoxPredictor message.
        store: Where the variables are made.
        channels: Channels of each feature map, all the same.
        boxes_per_location: Anchors at a cell of each feature map, all the same.
        num_columns: Class columns, the background included where there is one.

    Raises:
        BoxwrightError: The feature maps or their anchors differ in number, so no weights can be shared.
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
        for what, numbers in (("channels", channels), ("anchors per cell", boxes_per_location)):
            if len(set(numbers)) != 1:
                raise BoxwrightError(
                    f"box_predictor.weight_shared_convolutional_box_predictor: the feature maps have {list(numbers)} "
                    f"{what}, but weights can be shared only where all have the same. Use a feature extractor with fpn "
                    "and a multiscale_anchor_generator, or write convolutional_box_predictor."
                )
        self._config = config
        self._num_columns = num_columns
        hyperparams = ConvHyperparams.from_config(config.conv_hyperparams)
        maps, size = len(channels), config.kernel_size
        depth = config.depth if config.num_layers_before_predictor else channels[0]
        names = ["Prediction"] * 2 if config.share_prediction_tower else ["BoxPrediction", "ClassPrediction"]
        towers = {
            name: _Tower(config, store, f"{SCOPE}/{name}Tower", channels[0], maps, hyperparams)
            for name in dict.fromkeys(names)
        }
        self._box_tower, self._class_tower = (towers[name] for name in names)
        self._box_head = Convolution(
            store,
            f"{SCOPE}/BoxPredictor",
            depth,
            boxes_per_location[0] * BOX_CODE_SIZE,
            size,
            hyperparams,
            linear=True,
        )
        self._class_head = Convolution(
            store,
            f"{SCOPE}/ClassPredictor",
            depth,
            boxes_per_location[0] * num_columns,
            size,
            hyperparams,
            bias_initializer=constant(config.class_prediction_bias_init),
            linear=True,
        )

    def __call__(
        self, feature_maps: Sequence[tf.Tensor], training: bool, seed: Any = (0, 0)
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """As ConvolutionalBoxPredictor."""
        encodings, scores = [], []
        for index, feature_map in enumerate(feature_maps):
            box_features = self._box_tower(feature_map, index, training)
            encodings.append(clipped(flatten(self._box_head(box_features, training), BOX_CODE_SIZE), self._config))
            shared = self._class_tower is self._box_tower
            features = box_features if shared else self._class_tower(feature_map, index, training)
            if training:
                features = dropped(features, self._config, seed, index)
            scores.append(flatten(self._class_head(features, training), self._num_columns))
        return tf.concat(encodings, 1), tf.concat(scores, 1)


class _Tower:
    """Convolutions whose kernels all feature maps share, each with the batch norm of the map; ReLU 6 always."""

    def __init__(
        self, config: Any, store: VariableStore, scope: str, in_channels: int, maps: int, hyperparams: ConvHyperparams
    ) -> None:
        self._kernels: list[tf.Variable] = []
        self._normalizations: list[list[BatchNormalization]] = []  # by layer and feature map; none without batch norm
        self._biases: list[tf.Variable] = []  # by layer; only without batch norm
        for number in range(config.num_layers_before_predictor):
            layer, size = f"{scope}/conv2d_{number}", config.kernel_size
            shape = [size, size, in_channels, config.depth]
            self._kernels.append(store.create_kernel(f"{layer}/weights", shape, hyperparams))
            if settings := hyperparams.batch_norm:
                names = [f"{layer}/BatchNorm/feature_{index}" for index in range(maps)]
                self._normalizations.append([BatchNormalization(store, name, config.depth, settings) for name in names])
            else:
                self._biases.append(store.create(f"{layer}/biases", [config.depth], constant(0.0)))
            in_channels = config.depth

    def __call__(self, feature_map: tf.Tensor, index: int, training: bool) -> tf.Tensor:
        """[B, h, w, channels] of the feature map with that index → [B, h, w, depth]."""
        tensor = feature_map
        for number, kernel in enumerate(self._kernels):
            tensor = tf.nn.conv2d(tensor, tf.cast(kernel, tensor.dtype), 1, "SAME")
            if self._normalizations:
                tensor = self._normalizations[number][index](tensor, training)
            else:
                tensor = tf.nn.bias_add(tensor, tf.cast(self._biases[number], tensor.dtype))
            tensor = tf.nn.relu6(tensor)
        return tensor
