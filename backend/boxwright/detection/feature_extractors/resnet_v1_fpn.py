"""ResNet V1 of 50 layers under a feature pyramid: ssd_resnet50_v1_fpn.

Source: He et al., Deep Residual Learning, 2015, as implemented in TF-Slim.
"""

from __future__ import annotations

from dataclasses import replace

import tensorflow as tf

from boxwright.detection.feature_extractors.feature_pyramid import FeaturePyramid
from boxwright.detection.hyperparams import BatchNorm, ConvHyperparams, variance_scaling
from boxwright.detection.layers import Convolution, VariableStore
from boxwright.pipeline import messages

SCOPE = "FeatureExtractor/resnet_v1_50"
_OPERATIONS = f"{SCOPE}/resnet_v1_50"  # TF-Slim opens the base network's scope twice

_BLOCKS = ((64, 3), (128, 4), (256, 6), (512, 3))  # inner channels and units; the output has four times as many
_WIDENING = 4
_CHANNEL_MEANS = (123.68, 116.779, 103.939)  # red, green, blue; of ImageNet
# The original uses these for every convolution of the base network; the config cannot change them.
_SLIM_BATCH_NORM = BatchNorm(decay=0.997, epsilon=1e-5, center=True, scale=True, train=True)


class Bottleneck:
    """1x1, 3x3 and 1x1 convolutions, added to the input (projected where the channels differ); then ReLU.

    Args:
        store: Creates the variables.
        name: Of the unit, for example "block1/unit_1/bottleneck_v1".
        in_channels: The number of input channels.
        inner: The number of channels of the 3x3 convolution; the output has four times as many.
        hyperparams: Of the convolutions.
    """

    def __init__(
        self, store: VariableStore, name: str, in_channels: int, inner: int, hyperparams: ConvHyperparams
    ) -> None:
        def convolution(layer: str, channels: int, outputs: int, size: int, settings: ConvHyperparams) -> Convolution:
            place = f"{name}/{layer}"
            return Convolution(
                store, f"{SCOPE}/{place}", channels, outputs, size, settings, operations=f"{_OPERATIONS}/{place}"
            )

        linear = replace(hyperparams, activation=lambda tensor: tensor)
        self.channels = _WIDENING * inner
        self._shortcut = None
        if in_channels != self.channels:
            self._shortcut = convolution("shortcut", in_channels, self.channels, 1, linear)
        self._residual = (
            convolution("conv1", in_channels, inner, 1, hyperparams),
            convolution("conv2", inner, inner, 3, hyperparams),
            convolution("conv3", inner, self.channels, 1, linear),
        )
        self._operations = f"{_OPERATIONS}/{name}"

    def __call__(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        """Map [B, h, w, in_channels] to [B, h, w, channels]."""
        shortcut = self._shortcut(inputs, training) if self._shortcut else inputs
        tensor = inputs
        for layer in self._residual:
            tensor = layer(tensor, training)
        with tf.name_scope(self._operations):
            return tf.nn.relu(shortcut + tensor)


class Resnet50V1Fpn:
    """Computes a pyramid of feature maps; for 640x640 pixels and levels 3 to 7: 80, 40, 20, 10, 5 cells a side.

    Args:
        extractor_config: The `feature_extractor` message.
        store: Creates the variables.

    Raises:
        BoxwrightError: The configured levels are not supported.
    """

    def __init__(self, extractor_config: messages.SsdFeatureExtractor, store: VariableStore) -> None:
        hyperparams = _base_hyperparams(extractor_config)
        channels = 64  # whatever the depth multiplier
        self._stem = Convolution(
            store,
            f"{SCOPE}/conv1",
            3,
            channels,
            7,
            hyperparams,
            stride=2,
            padded_evenly=True,
            operations=f"{_OPERATIONS}/conv1",
        )
        self._blocks: list[list[Bottleneck]] = []
        taken = []
        for number, (nominal, units) in enumerate(_BLOCKS, start=1):
            inner = max(int(nominal * extractor_config.depth_multiplier), extractor_config.min_depth)
            block = []
            for unit in range(1, units + 1):
                name = f"block{number}/unit_{unit}/bottleneck_v1"
                block.append(Bottleneck(store, name, channels, inner, hyperparams))
                channels = block[-1].channels
            self._blocks.append(block)
            taken.append(channels)
        self._pyramid = FeaturePyramid(
            extractor_config, store, f"{SCOPE}/fpn", taken, lambda level, above: f"bottom_up_block{level - 1}"
        )
        self.channels = self._pyramid.channels
        self.feature_map_shapes = self._pyramid.feature_map_shapes

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Subtract ImageNet's mean colour from pixels 0..255."""
        return images - tf.constant(_CHANNEL_MEANS)

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the feature maps, each [B, h, w, channels], of scaled images [B, H, W, 3]."""
        tensor = self._stem(images, training)
        tensor = tf.nn.max_pool2d(tensor, 3, 2, "SAME", name=f"{_OPERATIONS}/pool1/MaxPool")
        taken: list[tf.Tensor] = []
        for block in self._blocks:
            if taken:  # a block's map is taken before its stride
                name = f"{_OPERATIONS}/block{len(taken)}/MaxPool2D/MaxPool"
                tensor = tf.nn.max_pool2d(tensor, 1, 2, "SAME", name=name)
            for unit in block:
                tensor = unit(tensor, training)
            taken.append(tensor)
        return self._pyramid(taken, training)


def _base_hyperparams(extractor_config: messages.SsdFeatureExtractor) -> ConvHyperparams:
    """Return TF-Slim's hyperparameters, or the config's where it overrides them.

    Decay, epsilon and scale of the batch normalisation are always TF-Slim's.
    """
    if not extractor_config.override_base_feature_extractor_hyperparams:
        return ConvHyperparams(
            initializer=variance_scaling(factor=2.0, mode="FAN_IN", uniform=False),
            l2_weight=0.0001,
            l1_weight=0.0,
            activation=tf.nn.relu,
            batch_norm=_SLIM_BATCH_NORM,
        )
    hyperparams = ConvHyperparams.from_config(extractor_config.conv_hyperparams)
    if hyperparams.batch_norm is None:
        return hyperparams
    slim = _SLIM_BATCH_NORM
    batch_norm = replace(hyperparams.batch_norm, decay=slim.decay, epsilon=slim.epsilon, scale=slim.scale)
    return replace(hyperparams, batch_norm=batch_norm)
