"""MobileNet V1 under a feature pyramid: ssd_mobilenet_v1_fpn."""

from __future__ import annotations

import tensorflow as tf

from boxwright.detection.feature_extractors.feature_pyramid import FeaturePyramid
from boxwright.detection.feature_extractors.mobilenet_v1 import SCOPE, MobilenetV1Base
from boxwright.detection.layers import VariableStore
from boxwright.pipeline import messages

_TAKEN = (3, 5, 11, 13)  # the layers of the levels 2 to 5


class MobilenetV1Fpn:
    """Computes a pyramid of feature maps; for 640x640 pixels and levels 3 to 7: 80, 40, 20, 10, 5 cells a side.

    Args:
        extractor_config: The `feature_extractor` message.
        store: Creates the variables.

    Raises:
        BoxwrightError: The configured levels are not supported.
    """

    def __init__(self, extractor_config: messages.SsdFeatureExtractor, store: VariableStore) -> None:
        self._base = MobilenetV1Base(extractor_config, store)
        taken = [self._base.channels[number] for number in _TAKEN]
        self._pyramid = FeaturePyramid(
            extractor_config,
            store,
            f"{SCOPE}/fpn",
            taken,
            lambda level, above: f"bottom_up_Conv2d_{_TAKEN[-1] + above}",
        )
        self.channels = self._pyramid.channels
        self.feature_map_shapes = self._pyramid.feature_map_shapes

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Scale pixels from 0..255 to [-1, 1]."""
        return images * (2.0 / 255.0) - 1.0

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the feature maps, each [B, h, w, channels], of images [B, H, W, 3] in [-1, 1]."""
        outputs = self._base(images, training)
        return self._pyramid([outputs[number] for number in _TAKEN], training)
