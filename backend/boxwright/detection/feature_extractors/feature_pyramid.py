"""A feature pyramid on top of a base network: coarse maps are upsampled and added to finer ones.

Source: Lin et al., Feature Pyramid Networks for Object Detection, 2017, as RetinaNet uses it (Lin et al., Focal Loss,
2017), with the names of the TF Object Detection API.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from boxwright.detection.feature_extractors.extra_layers import depth_function, halved_shapes
from boxwright.detection.hyperparams import ConvHyperparams
from boxwright.detection.layers import Convolution, VariableStore
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages

BASE_LEVELS = (2, 3, 4, 5)  # of the base network's maps; level n has stride 2^n
_COARSEST = BASE_LEVELS[-1]


class FeaturePyramid:
    """Computes feature maps of equal depth at the levels min_level to max_level, the finest first.

    1. A 1x1 convolution projects each base map to the common depth.
    2. From the coarsest base level to the finest: the map is upsampled by repetition, the projection of the finer map
       is added, and a 3x3 convolution follows.
    3. Beyond the coarsest base level: 3x3 convolutions with stride 2.

    Args:
        extractor_config: The `feature_extractor` message.
        store: Creates the variables.
        scope: The prefix of the variables' names, for example "FeatureExtractor/MobilenetV1/fpn".
        base_channels: The number of channels of the base maps, levels 2 to 5.
        coarse_name: Returns the name of a convolution beyond the coarsest base level, given its level and the number
            of levels beyond.

    Attributes:
        channels: The number of channels of each map.

    Raises:
        BoxwrightError: The configured levels are not supported.
    """

    def __init__(
        self,
        extractor_config: messages.SsdFeatureExtractor,
        store: VariableStore,
        scope: str,
        base_channels: Sequence[int],
        coarse_name: Callable[[int, int], str],
    ) -> None:
        self._min_level, self._max_level = extractor_config.fpn.min_level, extractor_config.fpn.max_level
        self._top = min(self._max_level, _COARSEST)
        if not BASE_LEVELS[0] <= self._min_level <= self._top:
            raise BoxwrightError(
                f"model.ssd.feature_extractor.fpn: min_level is {self._min_level} and max_level {self._max_level}; "
                f"min_level must be {BASE_LEVELS[0]} to {_COARSEST} and not above max_level. Write 3 and 7, as the "
                "configs of the zoo do."
            )
        hyperparams = ConvHyperparams.from_config(extractor_config.conv_hyperparams)
        depth = depth_function(extractor_config)(extractor_config.fpn.additional_layer_depth)
        used = base_channels[self._min_level - BASE_LEVELS[0] : self._top - BASE_LEVELS[0] + 1]
        self._projections = [
            Convolution(
                store,
                f"{scope}/projection_{number}",
                channels,
                depth,
                1,
                hyperparams,
                linear=True,
                operations=f"{scope}/top_down/projection_{number}",
            )
            for number, channels in enumerate(used, start=1)
        ]
        self._smoothing = [
            Convolution(
                store,
                f"{scope}/smoothing_{number}",
                depth,
                depth,
                3,
                hyperparams,
                operations=f"{scope}/top_down/smoothing_{number}",
            )
            for number in range(1, len(used))
        ]
        self._coarse = [
            Convolution(
                store, f"{scope}/{coarse_name(level, level - self._top)}", depth, depth, 3, hyperparams, stride=2
            )
            for level in range(self._top + 1, self._max_level + 1)
        ]
        self._scope = scope
        self.channels = [depth] * (self._max_level - self._min_level + 1)

    def feature_map_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return (h, w) in cells of each feature map, for images of that size in pixels.

        Raises:
            BoxwrightError: A map would not be twice the size of the next coarser one.
        """
        strides = tuple(2**level for level in range(self._min_level, self._max_level + 1))
        multiple = 2**self._top // 2**self._min_level
        finest = halved_shapes(height, width, strides)[0]
        if any(cells % multiple for cells in finest):
            raise BoxwrightError(
                f"model.ssd.image_resizer: {height}x{width} pixels give feature maps that a pyramid of the levels "
                f"{self._min_level} to {self._top} cannot add up. Write a height and a width that are multiples of "
                f"{2**self._top}, for example 640."
            )
        return halved_shapes(height, width, strides)

    def __call__(self, base_maps: Sequence[tf.Tensor], training: bool) -> list[tf.Tensor]:
        """Compute the pyramid from the base maps of levels 2 to 5, each [B, h, w, channels]."""
        used = base_maps[self._min_level - BASE_LEVELS[0] : self._top - BASE_LEVELS[0] + 1]
        projected = [project(base, training) for project, base in zip(self._projections, used, strict=True)]
        tensor = projected[-1]
        maps = [tensor]
        finer = zip(reversed(projected[:-1]), reversed(self._smoothing), strict=True)
        for number, (projection, smooth) in enumerate(finer):
            with tf.name_scope(f"{self._scope}/top_down/nearest_neighbor_upsampling{_suffix(number)}"):
                upsampled = _upsample(tensor)
            tensor = tf.add(upsampled, projection, name=f"{self._scope}/top_down/add{_suffix(number)}")
            maps.insert(0, smooth(tensor, training))
        tensor = maps[-1]
        for halve in self._coarse:
            tensor = halve(tensor, training)
            maps.append(tensor)
        return maps


def _suffix(number: int) -> str:
    """Return what TensorFlow appends to the name of the second, third, ... operation of a kind."""
    return f"_{number}" if number else ""


def _upsample(tensor: tf.Tensor) -> tf.Tensor:
    """Repeat every cell in both directions."""
    _, height, width, _ = tensor.shape
    return tf.raw_ops.ResizeNearestNeighbor(images=tensor, size=[2 * height, 2 * width])
