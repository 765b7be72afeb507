"""The supported feature extractors, by their names in pipeline.config (`feature_extractor.type`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import tensorflow as tf

from boxwright.detection.feature_extractors.inception_v2 import InceptionV2
from boxwright.detection.feature_extractors.mobilenet_v1 import MobilenetV1
from boxwright.detection.feature_extractors.mobilenet_v1_fpn import MobilenetV1Fpn
from boxwright.detection.feature_extractors.mobilenet_v2 import MobilenetV2
from boxwright.detection.feature_extractors.resnet_v1_fpn import Resnet50V1Fpn
from boxwright.detection.layers import VariableStore
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


class FeatureExtractor(Protocol):
    """A network that computes the feature maps of an SSD."""

    @property
    def channels(self) -> Sequence[int]:
        """The number of channels of each feature map, the finest first."""

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Scale pixels 0..255, float32 [B, H, W, 3], to the range that the network was trained on."""

    def feature_map_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return (h, w) in cells of each feature map, for images of that size in pixels."""

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the feature maps, each [B, h, w, channels], of scaled images [B, H, W, 3]."""


FEATURE_EXTRACTORS: dict[str, Callable[[messages.SsdFeatureExtractor, VariableStore], FeatureExtractor]] = {
    "ssd_inception_v2": InceptionV2,
    "ssd_mobilenet_v1": MobilenetV1,
    "ssd_mobilenet_v2": MobilenetV2,
    "ssd_mobilenet_v1_fpn": MobilenetV1Fpn,
    "ssd_resnet50_v1_fpn": Resnet50V1Fpn,
}


def build_feature_extractor(extractor_config: messages.SsdFeatureExtractor, store: VariableStore) -> FeatureExtractor:
    """Build the feature extractor that a config sets.

    Raises:
        BoxwrightError: The type is not one of FEATURE_EXTRACTORS.
    """
    if extractor_config.type not in FEATURE_EXTRACTORS:
        raise BoxwrightError(
            f"model.ssd.feature_extractor.type: got {extractor_config.type!r}; supported are "
            f"{', '.join(FEATURE_EXTRACTORS)}. Choose one of them in pipeline.config."
        )
    return FEATURE_EXTRACTORS[extractor_config.type](extractor_config, store)
