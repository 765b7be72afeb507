"""The layers that SSD adds to a base network for the coarser feature maps.

Source: Liu et al., SSD: Single Shot MultiBox Detector, 2016, with the names of the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from boxwright.detection.hyperparams import ConvHyperparams
from boxwright.detection.layers import Convolution, DepthwiseConvolution, Layer, VariableStore
from boxwright.pipeline import messages

_DEPTHS = {2: 512, 3: 256, 4: 256, 5: 128}  # by index of the feature map


class ExtraLayers:
    """Four additional feature maps, each half the size of the one before: a 1x1 reduction, then 3x3 with stride 2.

    Args:
        store: Creates the variables.
        scope: The name of the base network's last layer, for example
            "FeatureExtractor/MobilenetV1/Conv2d_13_pointwise".
        in_channels: The number of channels of that layer.
        hyperparams: The config's conv_hyperparams, also when the base network has its own.
        depth: Converts a nominal number of channels to the configured one.
        use_depthwise: Whether the 3x3 convolution is a depthwise one followed by a 1x1 convolution.

    Attributes:
        channels: The number of channels of each map.
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
        """Compute the four maps from [B, h, w, in_channels], the finest first."""
        maps, tensor = [], inputs
        for layers in self._maps:
            for layer in layers:
                tensor = layer(tensor, training)
            maps.append(tensor)
        return maps


def halved_shapes(height: int, width: int, strides: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return (h, w) of the feature maps at those strides; SAME padding rounds up at each halving."""
    return [(-(-height // stride), -(-width // stride)) for stride in strides]


def depth_function(extractor_config: messages.SsdFeatureExtractor) -> Callable[[float], int]:
    """Return the function from a nominal number of channels to the number that the config gives."""
    return lambda nominal: max(int(nominal * extractor_config.depth_multiplier), extractor_config.min_depth)
