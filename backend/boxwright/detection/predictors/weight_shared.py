"""The weight-shared convolutional box predictor: the same two towers are applied to every feature map.

Source: Lin et al., Focal Loss for Dense Object Detection, 2017, figure 3; the message
WeightSharedConvolutionalBoxPredictor and its behaviour in the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from boxwright.detection.hyperparams import ConvHyperparams, Seed, constant
from boxwright.detection.layers import BatchNormalization, Convolution, VariableStore
from boxwright.detection.predictors.convolutional import BOX_CODE_SIZE, clipped, dropped, flatten
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages

SCOPE = "WeightSharedConvolutionalBoxPredictor"


class WeightSharedBoxPredictor:
    """A tower of convolutions for boxes and one for classes; feature maps share all but batch normalisation.

    Args:
        predictor_config: The `weight_shared_convolutional_box_predictor` message.
        store: Creates the variables.
        channels: The number of channels of each feature map; all must be equal.
        boxes_per_location: The number of anchors per cell of each feature map; all must be equal.
        num_columns: The number of class columns, with the background where there is one.

    Raises:
        BoxwrightError: The feature maps differ in channels or anchors, so that no weights can be shared.
    """

    def __init__(
        self,
        predictor_config: messages.WeightSharedConvolutionalBoxPredictor,
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
        self._predictor_config = predictor_config
        self._num_columns = num_columns
        hyperparams = ConvHyperparams.from_config(predictor_config.conv_hyperparams)
        maps, size = len(channels), predictor_config.kernel_size
        depth = predictor_config.depth if predictor_config.num_layers_before_predictor else channels[0]
        names = ["Prediction"] * 2 if predictor_config.share_prediction_tower else ["BoxPrediction", "ClassPrediction"]
        towers = {
            name: _Tower(predictor_config, store, f"{SCOPE}/{name}Tower", channels[0], maps, hyperparams)
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
            operations="BoxPredictor",
        )
        self._class_head = Convolution(
            store,
            f"{SCOPE}/ClassPredictor",
            depth,
            boxes_per_location[0] * num_columns,
            size,
            hyperparams,
            bias_initializer=constant(predictor_config.class_prediction_bias_init),
            linear=True,
            operations="ClassPredictor",
        )

    def __call__(
        self, feature_maps: Sequence[tf.Tensor], training: bool, seed: Seed = (0, 0)
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Predict box encodings and class scores; see ConvolutionalBoxPredictor."""
        encodings, scores = [], []
        for index, feature_map in enumerate(feature_maps):
            with tf.name_scope(f"{SCOPE}{f'_{index}' if index else ''}"):
                box_features = self._box_tower(feature_map, index, training)
                encodings.append(
                    clipped(flatten(self._box_head(box_features, training), BOX_CODE_SIZE), self._predictor_config)
                )
                shared = self._class_tower is self._box_tower
                features = box_features if shared else self._class_tower(feature_map, index, training)
                if training:
                    features = dropped(features, self._predictor_config, seed, index)
                scores.append(flatten(self._class_head(features, training), self._num_columns))
        return tf.concat(encodings, 1), tf.concat(scores, 1)


class _Tower:
    """Convolutions whose kernels all feature maps share; each map has its own batch normalisation; ReLU 6 always."""

    def __init__(
        self,
        predictor_config: messages.WeightSharedConvolutionalBoxPredictor,
        store: VariableStore,
        scope: str,
        in_channels: int,
        maps: int,
        hyperparams: ConvHyperparams,
    ) -> None:
        self._name = scope.rsplit("/", 1)[-1]
        self._kernels: list[tf.Variable] = []
        self._normalizations: list[list[BatchNormalization]] = []  # by layer and feature map; none without batch norm
        self._biases: list[tf.Variable] = []  # by layer; only without batch norm
        for number in range(predictor_config.num_layers_before_predictor):
            layer, size = f"{scope}/conv2d_{number}", predictor_config.kernel_size
            shape = [size, size, in_channels, predictor_config.depth]
            self._kernels.append(store.create_kernel(f"{layer}/weights", shape, hyperparams))
            if settings := hyperparams.batch_norm:
                names = [f"{layer}/BatchNorm/feature_{index}" for index in range(maps)]
                self._normalizations.append(
                    [BatchNormalization(store, name, predictor_config.depth, settings) for name in names]
                )
            else:
                self._biases.append(store.create(f"{layer}/biases", [predictor_config.depth], constant(0.0)))
            in_channels = predictor_config.depth

    def __call__(self, feature_map: tf.Tensor, index: int, training: bool) -> tf.Tensor:
        """Map [B, h, w, channels] of the feature map with that index to [B, h, w, depth]."""
        tensor = feature_map
        for number, kernel in enumerate(self._kernels):
            with tf.name_scope(f"{self._name}/conv2d_{number}"):
                tensor = tf.nn.conv2d(tensor, tf.cast(kernel, tensor.dtype), 1, "SAME")
                if self._normalizations:
                    with tf.name_scope(f"BatchNorm/feature_{index}"):
                        tensor = self._normalizations[number][index](tensor, training)
                else:
                    tensor = tf.nn.bias_add(tensor, tf.cast(self._biases[number], tensor.dtype))
            tensor = tf.nn.relu6(tensor)
        return tensor
