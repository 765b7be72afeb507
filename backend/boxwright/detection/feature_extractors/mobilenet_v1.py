"""MobileNet V1 as SSD's feature extractor: Conv2d_11, Conv2d_13 and four extra maps.

Source: Howard et al., MobileNets, 2017, as TF-Slim lays it out, and the extra layers of Liu et al., SSD, 2016.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from boxwright.detection.feature_extractors.extra_layers import ExtraLayers, depth_function, halved_shapes
from boxwright.detection.hyperparams import ConvHyperparams, slim_mobilenet
from boxwright.detection.layers import Convolution, DepthwiseConvolution, Layer, VariableStore

SCOPE = "FeatureExtractor/MobilenetV1"

# (stride, channels) of Conv2d_1 to Conv2d_13, each depthwise and then pointwise, after Conv2d_0 with 32 channels.
_SEPARABLE = ((1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512), (1, 512), (1, 512), (1, 512), (1, 512),
              (1, 512), (2, 1024), (1, 1024))  # fmt: skip
_TAKEN = (11, 13)  # the layers that are feature maps
_STRIDES = (16, 32, 64, 128, 256, 512)


class MobilenetV1Base:
    """The base network alone.

    Args:
        config: object_detection.protos.SsdFeatureExtractor message.
        store: Where the variables are made.

    Attributes:
        channels: Of the output of Conv2d_0 to Conv2d_13.
    """

    def __init__(self, config: Any, store: VariableStore) -> None:
        hyperparams = slim_mobilenet()
        if config.override_base_feature_extractor_hyperparams:
            hyperparams = ConvHyperparams.from_config(config.conv_hyperparams)
        depth = depth_function(config)
        self.channels = [depth(32), *(depth(nominal) for _, nominal in _SEPARABLE)]
        self._layers: list[list[Layer]] = [
            [Convolution(store, f"{SCOPE}/Conv2d_0", 3, self.channels[0], 3, hyperparams, stride=2)]
        ]
        for number, (stride, _) in enumerate(_SEPARABLE, start=1):
            inputs, outputs = self.channels[number - 1 : number + 1]
            scope = f"{SCOPE}/Conv2d_{number}"
            self._layers.append(
                [
                    DepthwiseConvolution(store, f"{scope}_depthwise", inputs, 3, hyperparams, stride=stride),
                    Convolution(store, f"{scope}_pointwise", inputs, outputs, 1, hyperparams),
                ]
            )

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the outputs of Conv2d_0 to Conv2d_13 of [B, H, W, 3] in [-1, 1]."""
        outputs, tensor = [], images
        for layers in self._layers:
            for layer in layers:
                tensor = layer(tensor, training)
            outputs.append(tensor)
        return outputs


class MobilenetV1:
    """Six feature maps of an image batch, the finest first; for 300x300: 19, 10, 5, 3, 2, 1 cells a side.

    Args:
        config: object_detection.protos.SsdFeatureExtractor message.
        store: Where the variables are made.
    """

    def __init__(self, config: Any, store: VariableStore) -> None:
        self._base = MobilenetV1Base(config, store)
        taken = [self._base.channels[number] for number in _TAKEN]
        self._extra = ExtraLayers(
            store,
            f"{SCOPE}/Conv2d_{_TAKEN[-1]}_pointwise",
            taken[-1],
            ConvHyperparams.from_config(config.conv_hyperparams),
            depth=depth_function(config),
            use_depthwise=config.use_depthwise,
        )
        self.channels = [*taken, *self._extra.channels]

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Pixels 0..255 to [-1, 1]."""
        return images * (2.0 / 255.0) - 1.0

    def feature_map_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        """(h, w) of each feature map of images of that size in pixels."""
        return halved_shapes(height, width, _STRIDES)

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the feature maps of [B, H, W, 3] in [-1, 1]: a list of [B, h, w, channels]."""
        outputs = self._base(images, training)
        taken = [outputs[number] for number in _TAKEN]
        return [*taken, *self._extra(taken[-1], training)]
