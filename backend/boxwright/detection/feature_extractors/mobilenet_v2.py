"""MobileNet V2 as SSD's feature extractor: the expansion of block 13, Conv_1 and four extra maps.

Source: Sandler et al., MobileNetV2, 2018, as implemented in TF-Slim, and the extra layers of Liu et al., SSD, 2016.
"""

from __future__ import annotations

from dataclasses import replace

import tensorflow as tf

from boxwright.detection.feature_extractors.extra_layers import ExtraLayers, depth_function, halved_shapes
from boxwright.detection.hyperparams import ConvHyperparams, slim_mobilenet
from boxwright.detection.layers import Convolution, DepthwiseConvolution, VariableStore
from boxwright.pipeline import messages

SCOPE = "FeatureExtractor/MobilenetV2"

# (stride, channels) of the inverted residual blocks expanded_conv, expanded_conv_1, ...
_BLOCKS = ((1, 16), (2, 24), (1, 24), (2, 32), (1, 32), (1, 32), (2, 64), (1, 64), (1, 64), (1, 64), (1, 96), (1, 96),
           (1, 96), (2, 160), (1, 160), (1, 160), (1, 320))  # fmt: skip
_EXPANSION = 6  # the first block does not expand
_TAKEN = 13  # the block whose expansion is the first feature map
_DIVISOR = 8  # of every number of channels
_STRIDES = (16, 32, 64, 128, 256, 512)


class InvertedResidual:
    """A 1x1 expansion, a depthwise convolution, a linear 1x1 projection; the input is added where shapes are equal.

    Args:
        store: Creates the variables.
        scope: The name of the block, for example "FeatureExtractor/MobilenetV2/expanded_conv_1".
        in_channels: The number of input channels.
        channels: The number of output channels.
        hyperparams: Of the 1x1 convolutions; the projection has no activation.
        depthwise: Of the depthwise convolution.
        stride: Of the depthwise convolution.
        expansion: The factor from input to inner channels; with 1 there is no expansion.
    """

    def __init__(
        self,
        store: VariableStore,
        scope: str,
        in_channels: int,
        channels: int,
        hyperparams: ConvHyperparams,
        depthwise: ConvHyperparams,
        *,
        stride: int,
        expansion: int,
    ) -> None:
        inner = in_channels if expansion == 1 else _divisible(in_channels * expansion, _DIVISOR)
        self._expand = None
        if inner > in_channels:
            self._expand = Convolution(store, f"{scope}/expand", in_channels, inner, 1, hyperparams)
        self._depthwise = DepthwiseConvolution(store, f"{scope}/depthwise", inner, 3, depthwise, stride=stride)
        linear = replace(hyperparams, activation=tf.identity)
        self._project = Convolution(store, f"{scope}/project", inner, channels, 1, linear)
        self._residual = stride == 1 and in_channels == channels
        self._scope = scope
        self.inner_channels = inner

    def __call__(self, inputs: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the expansion [B, h, w, inner_channels] and the output of the block for [B, h, w, in_channels]."""
        expanded = self._expand(inputs, training) if self._expand else inputs
        outputs = self._project(self._depthwise(expanded, training), training)
        if not self._residual:
            return expanded, outputs
        with tf.name_scope(self._scope):
            return expanded, inputs + outputs


class MobilenetV2:
    """Computes six feature maps, the finest first; for 300x300 pixels: 19, 10, 5, 3, 2, 1 cells a side.

    Args:
        extractor_config: The `feature_extractor` message.
        store: Creates the variables.
    """

    def __init__(self, extractor_config: messages.SsdFeatureExtractor, store: VariableStore) -> None:
        hyperparams, depthwise = _base_hyperparams(extractor_config)

        def depth(nominal: int) -> int:
            return _divisible(nominal * extractor_config.depth_multiplier, extractor_config.min_depth)

        channels = depth(32)
        self._stem = Convolution(store, f"{SCOPE}/Conv", 3, channels, 3, hyperparams, stride=2)
        self._blocks = []
        for number, (stride, nominal) in enumerate(_BLOCKS):
            block = InvertedResidual(
                store,
                f"{SCOPE}/expanded_conv{f'_{number}' if number else ''}",
                channels,
                depth(nominal),
                hyperparams,
                depthwise,
                stride=stride,
                expansion=_EXPANSION if number else 1,
            )
            self._blocks.append(block)
            channels = depth(nominal)
        self._last = Convolution(store, f"{SCOPE}/Conv_1", channels, depth(1280), 1, hyperparams)
        self._extra = ExtraLayers(
            store,
            f"{SCOPE}/layer_19",
            depth(1280),
            ConvHyperparams.from_config(extractor_config.conv_hyperparams),
            depth=depth_function(extractor_config),
            use_depthwise=extractor_config.use_depthwise,
        )
        self.channels = [self._blocks[_TAKEN].inner_channels, depth(1280), *self._extra.channels]

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Scale pixels from 0..255 to [-1, 1]."""
        return images * (2.0 / 255.0) - 1.0

    def feature_map_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return (h, w) in cells of each feature map, for images of that size in pixels."""
        return halved_shapes(height, width, _STRIDES)

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the feature maps, each [B, h, w, channels], of images [B, H, W, 3] in [-1, 1]."""
        tensor = self._stem(images, training)
        feature_maps = []
        for number, block in enumerate(self._blocks):
            expanded, tensor = block(tensor, training)
            if number == _TAKEN:
                feature_maps.append(expanded)
        tensor = self._last(tensor, training)
        return [*feature_maps, tensor, *self._extra(tensor, training)]


def _base_hyperparams(extractor_config: messages.SsdFeatureExtractor) -> tuple[ConvHyperparams, ConvHyperparams]:
    """Return the hyperparameters of the 1x1 convolutions and of the depthwise ones.

    The network always uses ReLU 6 and batch normalisation with scale and centre, even where the config overrides the
    rest; its depthwise filters are regularised only where the config overrides the hyperparameters.
    """
    slim = slim_mobilenet()
    if not extractor_config.override_base_feature_extractor_hyperparams:
        return slim, replace(slim, l2_weight=0.0)
    hyperparams = ConvHyperparams.from_config(extractor_config.conv_hyperparams)
    batch_norm = hyperparams.batch_norm or slim.batch_norm
    assert batch_norm is not None
    batch_norm = replace(batch_norm, center=True, scale=True)
    hyperparams = replace(hyperparams, activation=slim.activation, batch_norm=batch_norm)
    return hyperparams, hyperparams


def _divisible(channels: float, least: int) -> int:
    """Return the nearest multiple of 8 that is at least `least` and not more than a tenth below `channels`."""
    rounded = max(least, int(channels + _DIVISOR / 2) // _DIVISOR * _DIVISOR)
    return rounded + _DIVISOR if rounded < 0.9 * channels else rounded
