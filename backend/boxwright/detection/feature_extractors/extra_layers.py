"""The layers that SSD puts behind a base network for the coarser feature maps.

Source: Liu et al., SSD: Single Shot MultiBox Detector, 2016, with the names of the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from boxwright.detection.hyperparams import ConvHyperparams
from boxwright.detection.layers import Convolution, DepthwiseConvolution, Layer, VariableStore

_DEPTHS = {2: 512, 3: 256, 4: 256, 5: 128}  # by index of the feature map


class ExtraLayers:
    """Four feature maps more, each half the size of the one before: a 1x1 reduction, then 3x3 with stride 2.

    Args:
        store: Where the variables are made.
        scope: Of the layer that they follow, for example "FeatureExtractor/MobilenetV1/Conv2d_13_pointwise".
        in_channels: Of that layer.
        hyperparams: The config's conv_hyperparams, also when the base network keeps its own.
        depth: From a nominal number of channels to the config's.
        use_depthwise: Make the 3x3 convolution a depthwise one and a 1x1.

    Attributes:
        channels: Of each map.
    """

    def __init__(
        self,
        store: VariableStore,
        scope: str,
        in_channels: int,
        hyperparams: ConvHyperparams,
        *,
        depth: Callable[[float], int],
        use_depthwise: bool = False,
    ) -> None:
        self.channels: list[int] = []
        self._maps: list[list[Layer]] = []
        for index, nominal in _DEPTHS.items():
            inner, outer = depth(nominal / 2), depth(nominal)
            reduced = f"{scope}_1_Conv2d_{index}_1x1_{inner}"
            halved = f"{scope}_2_Conv2d_{index}_3x3_s2_{outer}"
            layers: list[Layer] = [Convolution(store, reduced, in_channels, inner, 1, hyperparams)]
            if use_depthwise:
                layers.append(DepthwiseConvolution(store, f"{halved}_depthwise", inner, 3, hyperparams, stride=2))
                layers.append(Convolution(store, halved, inner, outer, 1, hyperparams))
            else:
                layers.append(Convolution(store, halved, inner, outer, 3, hyperparams, stride=2))
            self._maps.append(layers)
            self.channels.append(outer)
            in_channels = outer

    def __call__(self, inputs: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """[B, h, w, in_channels] → the four maps, the finest first."""
        maps, tensor = [], inputs
        for layers in self._maps:
            for layer in layers:
                tensor = layer(tensor, training)
            maps.append(tensor)
        return maps


def halved_shapes(height: int, width: int, strides: tuple[int, ...]) -> list[tuple[int, int]]:
    """(h, w) of the maps at those strides: SAME padding rounds up at each halving."""
    return [(-(-height // stride), -(-width // stride)) for stride in strides]


def depth_function(config: Any) -> Callable[[float], int]:
    """Return the rule from a nominal number of channels to that of a SsdFeatureExtractor message."""
    return lambda nominal: max(int(nominal * config.depth_multiplier), config.min_depth)
