"""The feature extractors that can be built, by the name that pipeline.config gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import tensorflow as tf

from boxwright.detection.feature_extractors.inception_v2 import InceptionV2
from boxwright.detection.feature_extractors.mobilenet_v1 import MobilenetV1
from boxwright.detection.feature_extractors.mobilenet_v1_fpn import MobilenetV1Fpn
from boxwright.detection.feature_extractors.mobilenet_v2 import MobilenetV2
from boxwright.detection.feature_extractors.resnet_v1_fpn import Resnet50V1Fpn
from boxwright.detection.layers import VariableStore
from boxwright.errors import BoxwrightError


class FeatureExtractor(Protocol):
    """A network under the SSD heads."""

    @property
    def channels(self) -> Sequence[int]:
        """Of each feature map, the finest first."""

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Pixels 0..255, float32 [B, H, W, 3], to the range that the network was made for."""

    def feature_map_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        """(h, w) of each feature map of images of that size in pixels."""

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Feature maps [B, h, w, channels] of scaled images [B, H, W, 3]."""


FEATURE_EXTRACTORS: dict[str, Callable[[Any, VariableStore], FeatureExtractor]] = {
    "ssd_inception_v2": InceptionV2,
    "ssd_mobilenet_v1": MobilenetV1,
    "ssd_mobilenet_v2": MobilenetV2,
    "ssd_mobilenet_v1_fpn": MobilenetV1Fpn,
    "ssd_resnet50_v1_fpn": Resnet50V1Fpn,
}


def build_feature_extractor(config: Any, store: VariableStore) -> FeatureExtractor:
    """Build what an object_detection.protos.SsdFeatureExtractor message names.

    Raises:
        BoxwrightError: The type is not one of FEATURE_EXTRACTORS.
    """
    if config.type not in FEATURE_EXTRACTORS:
        raise BoxwrightError(
            f"model.ssd.feature_extractor.type: got {config.type!r}; supported are {', '.join(FEATURE_EXTRACTORS)}. "
            "Choose one of them in pipeline.config."
        )
    return FEATURE_EXTRACTORS[config.type](config, store)
