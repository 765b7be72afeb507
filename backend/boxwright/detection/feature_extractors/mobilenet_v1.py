"""MobileNet V1 as SSD's feature extractor: Conv2d_11, Conv2d_13 and four extra maps.

Source: Howard et al., MobileNets, 2017, as implemented in TF-Slim, and the extra layers of Liu et al., SSD, 2016.
"""

from __future__ import annotations

import tensorflow as tf

from boxwright.detection.feature_extractors.extra_layers import ExtraLayers, depth_function, halved_shapes
from boxwright.detection.hyperparams import ConvHyperparams, slim_mobilenet
from boxwright.detection.layers import Convolution, DepthwiseConvolution, Layer, VariableStore
from boxwright.pipeline import messages

SCOPE = "FeatureExtractor/MobilenetV1"
_OPERATIONS = f"{SCOPE}/MobilenetV1"  # TF-Slim opens the base network's scope twice

# (stride, channels) of Conv2d_1 to Conv2d_13, each depthwise and then pointwise, after Conv2d_0 with 32 channels.
_SEPARABLE = ((1, 64), (2, 128), (1, 128), (2, 256), (1, 256), (2, 512), (1, 512), (1, 512), (1, 512), (1, 512),
              (1, 512), (2, 1024), (1, 1024))  # fmt: skip
_TAKEN = (11, 13)  # the layers that are feature maps
_STRIDES = (16, 32, 64, 128, 256, 512)


class MobilenetV1Base:
    """The base network without additional feature maps.

    Args:
        extractor_config: The `feature_extractor` message.
        store: Creates the variables.

    Attributes:
        channels: The number of channels of the outputs of Conv2d_0 to Conv2d_13.
    """

    def __init__(self, extractor_config: messages.SsdFeatureExtractor, store: VariableStore) -> None:
        hyperparams = slim_mobilenet()
        if extractor_config.override_base_feature_extractor_hyperparams:
            hyperparams = ConvHyperparams.from_config(extractor_config.conv_hyperparams)
        depth = depth_function(extractor_config)
        self.channels = [depth(32), *(depth(nominal) for _, nominal in _SEPARABLE)]
        self._layers: list[list[Layer]] = [
            [
                Convolution(
                    store,
                    f"{SCOPE}/Conv2d_0",
                    3,
                    self.channels[0],
                    3,
                    hyperparams,
                    stride=2,
                    operations=f"{_OPERATIONS}/Conv2d_0",
                )
            ]
        ]
        for number, (stride, _) in enumerate(_SEPARABLE, start=1):
            inputs, outputs = self.channels[number - 1 : number + 1]
            first, second = f"Conv2d_{number}_depthwise", f"Conv2d_{number}_pointwise"
            self._layers.append(
                [
                    DepthwiseConvolution(
                        store,
                        f"{SCOPE}/{first}",
                        inputs,
                        3,
                        hyperparams,
                        stride=stride,
                        operations=f"{_OPERATIONS}/{first}",
                    ),
                    Convolution(
                        store,
                        f"{SCOPE}/{second}",
                        inputs,
                        outputs,
                        1,
                        hyperparams,
                        operations=f"{_OPERATIONS}/{second}",
                    ),
                ]
            )

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the outputs of Conv2d_0 to Conv2d_13, each [B, h, w, channels], of images [B, H, W, 3] in [-1, 1]."""
        outputs, tensor = [], images
        for layers in self._layers:
            for layer in layers:
                tensor = layer(tensor, training)
            outputs.append(tensor)
        return outputs


class MobilenetV1:
    """Computes six feature maps, the finest first; for 300x300 pixels: 19, 10, 5, 3, 2, 1 cells a side.

    Args:
        extractor_config: The `feature_extractor` message.
        store: Creates the variables.
    """

    def __init__(self, extractor_config: messages.SsdFeatureExtractor, store: VariableStore) -> None:
        self._base = MobilenetV1Base(extractor_config, store)
        taken = [self._base.channels[number] for number in _TAKEN]
        self._extra = ExtraLayers(
            store,
            f"{SCOPE}/Conv2d_{_TAKEN[-1]}_pointwise",
            taken[-1],
            ConvHyperparams.from_config(extractor_config.conv_hyperparams),
            depth=depth_function(extractor_config),
            use_depthwise=extractor_config.use_depthwise,
        )
        self.channels = [*taken, *self._extra.channels]

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Scale pixels from 0..255 to [-1, 1]."""
        return images * (2.0 / 255.0) - 1.0

    def feature_map_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return (h, w) in cells of each feature map, for images of that size in pixels."""
        return halved_shapes(height, width, _STRIDES)

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the feature maps, each [B, h, w, channels], of images [B, H, W, 3] in [-1, 1]."""
        outputs = self._base(images, training)
        taken = [outputs[number] for number in _TAKEN]
        return [*taken, *self._extra(taken[-1], training)]
