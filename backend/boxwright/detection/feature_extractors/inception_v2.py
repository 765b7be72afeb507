"""Inception V2 as SSD's feature extractor: Mixed_4c, Mixed_5c and four extra convolutions.

Source: Ioffe and Szegedy, Batch Normalization, 2015, as implemented in TF-Slim (names, depths, initialisers measured
on the original stack), and the extra layers of Liu et al., SSD, 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from boxwright.detection.feature_extractors.extra_layers import ExtraLayers, depth_function, halved_shapes
from boxwright.detection.hyperparams import ConvHyperparams, Initializer, truncated_normal
from boxwright.detection.layers import Convolution, Layer, SeparableConvolution, VariableStore
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages

SCOPE = "FeatureExtractor/InceptionV2"
_OPERATIONS = f"{SCOPE}/InceptionV2"  # TF-Slim opens the base network's scope twice

# Depths of the mixed blocks: 1x1 | 1x1, 3x3 | 1x1, 3x3, 3x3 | pooled 1x1.
_MIXED = {
    "Mixed_3b": (64, (64, 64), (64, 96, 96), 32),
    "Mixed_3c": (64, (64, 96), (64, 96, 96), 64),
    "Mixed_4b": (224, (64, 96), (96, 128, 128), 128),
    "Mixed_4c": (192, (96, 128), (96, 128, 128), 128),
    "Mixed_4d": (160, (128, 160), (128, 160, 160), 96),
    "Mixed_4e": (96, (128, 192), (160, 192, 192), 96),
    "Mixed_5b": (352, (192, 320), (160, 224, 224), 128),
    "Mixed_5c": (352, (192, 320), (192, 224, 224), 128),
}
# Depths of the blocks that halve the resolution: 1x1, 3x3 stride 2 | 1x1, 3x3, 3x3 stride 2 | max pool.
_REDUCTION = {
    "Mixed_4a": ((128, 160), (64, 96, 96)),
    "Mixed_5a": ((128, 192), (192, 256, 256)),
}
_ORDER = ("Mixed_3b", "Mixed_3c", "Mixed_4a", "Mixed_4b", "Mixed_4c", "Mixed_4d", "Mixed_4e", "Mixed_5a", "Mixed_5b",
          "Mixed_5c")  # fmt: skip
_STRIDES = (16, 32, 64, 128, 256, 512)  # of the six maps

# The original uses these initializers whatever the config sets: for the reductions, and after a pooling layer.
_REDUCTION_INIT = truncated_normal(0.09)
_POOLED_INIT = truncated_normal(0.1)


@dataclass(frozen=True)
class _Block:
    """Branches with the same input, concatenated along the channels; each is a sequence of layers."""

    name: str
    branches: tuple[tuple[Layer, ...], ...]

    def __call__(self, inputs: tf.Tensor, training: bool) -> tf.Tensor:
        outputs = []
        for branch in self.branches:
            tensor = inputs
            for layer in branch:
                tensor = layer(tensor, training)
            outputs.append(tensor)
        return tf.concat(outputs, 3, name=f"{_OPERATIONS}/{self.name}/concat")


@dataclass(frozen=True)
class _Pool:
    """Pooling over 3x3 cells; the kind is in the name, for example Mixed_3b/Branch_3/AvgPool_0a_3x3."""

    name: str
    stride: int = 1

    def __call__(self, tensor: tf.Tensor, training: bool) -> tf.Tensor:
        kind = self.name.rsplit("/", 1)[-1].split("_", 1)[0]
        pool = tf.nn.max_pool2d if kind == "MaxPool" else tf.nn.avg_pool2d
        return pool(tensor, 3, self.stride, "SAME", name=f"{_OPERATIONS}/{self.name}/{kind}")


class InceptionV2:
    """Computes six feature maps, the finest first; for 300x300 pixels: 19, 10, 5, 3, 2, 1 cells a side.

    Args:
        extractor_config: The `feature_extractor` message.
        store: Creates the variables.

    Raises:
        BoxwrightError: override_base_feature_extractor_hyperparams is false, which this network does not support.
    """

    def __init__(self, extractor_config: messages.SsdFeatureExtractor, store: VariableStore) -> None:
        if not extractor_config.override_base_feature_extractor_hyperparams:
            raise BoxwrightError(
                "model.ssd.feature_extractor.override_base_feature_extractor_hyperparams is false: ssd_inception_v2 "
                "always builds its base network with conv_hyperparams. Write "
                "override_base_feature_extractor_hyperparams: true in pipeline.config."
            )
        self._store = store
        self._hyperparams = ConvHyperparams.from_config(extractor_config.conv_hyperparams)
        self._depth = depth_function(extractor_config)
        self._layers: dict[str, Layer] = {}
        channels = self._build_stem()
        for name in _ORDER:
            channels = self._build_mixed(name, channels) if name in _MIXED else self._build_reduction(name, channels)
            if name == "Mixed_4c":
                mixed_4c = channels
        self._extra = ExtraLayers(
            store,
            f"{SCOPE}/Mixed_5c",
            channels,
            self._hyperparams,
            depth=self._depth,
            use_depthwise=extractor_config.use_depthwise,
        )
        self.channels = [mixed_4c, channels, *self._extra.channels]

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        """Scale pixels from 0..255 to [-1, 1]."""
        return images * (2.0 / 255.0) - 1.0

    def feature_map_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return (h, w) in cells of each feature map, for images of that size in pixels."""
        return halved_shapes(height, width, _STRIDES)

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        """Compute the feature maps, each [B, h, w, channels], of images [B, H, W, 3] in [-1, 1]."""
        tensor = self._layers["Conv2d_1a_7x7"](images, training)
        tensor = _Pool("MaxPool_2a_3x3", stride=2)(tensor, training)
        tensor = self._layers["Conv2d_2b_1x1"](tensor, training)
        tensor = self._layers["Conv2d_2c_3x3"](tensor, training)
        tensor = _Pool("MaxPool_3a_3x3", stride=2)(tensor, training)
        feature_maps = []
        for name in _ORDER:
            tensor = self._layers[name](tensor, training)
            if name in ("Mixed_4c", "Mixed_5c"):
                feature_maps.append(tensor)
        return [*feature_maps, *self._extra(tensor, training)]

    def _conv(
        self,
        scope: str,
        in_channels: int,
        depth: int,
        size: int,
        *,
        stride: int = 1,
        initializer: Initializer | None = None,
    ) -> Convolution:
        return Convolution(
            self._store,
            f"{SCOPE}/{scope}",
            in_channels,
            depth,
            size,
            self._hyperparams,
            stride=stride,
            initializer=initializer,
            operations=f"{_OPERATIONS}/{scope}",
        )

    def _build_stem(self) -> int:
        first, third = self._depth(64), self._depth(192)
        self._layers["Conv2d_1a_7x7"] = SeparableConvolution(
            self._store,
            f"{SCOPE}/Conv2d_1a_7x7",
            3,
            first,
            7,
            self._hyperparams,
            stride=2,
            depth_multiplier=min(first // 3, 8),
            initializer=truncated_normal(1.0),
            operations=f"{_OPERATIONS}/Conv2d_1a_7x7",
        )
        self._layers["Conv2d_2b_1x1"] = self._conv("Conv2d_2b_1x1", first, first, 1, initializer=_POOLED_INIT)
        self._layers["Conv2d_2c_3x3"] = self._conv("Conv2d_2c_3x3", first, third, 3)
        return third

    def _build_mixed(self, name: str, in_channels: int) -> int:
        single, double, triple, pooled = _MIXED[name]
        depths = [self._depth(depth) for depth in (single, double[-1], triple[-1], pooled)]
        pool = _Pool(f"{name}/Branch_3/{'MaxPool' if name == 'Mixed_5c' else 'AvgPool'}_0a_3x3")
        branches = (
            (self._conv(f"{name}/Branch_0/Conv2d_0a_1x1", in_channels, depths[0], 1),),
            self._chain(f"{name}/Branch_1", in_channels, double, ("0a_1x1", "0b_3x3")),
            self._chain(f"{name}/Branch_2", in_channels, triple, ("0a_1x1", "0b_3x3", "0c_3x3")),
            (pool, self._conv(f"{name}/Branch_3/Conv2d_0b_1x1", in_channels, depths[3], 1, initializer=_POOLED_INIT)),
        )
        self._layers[name] = _Block(name, branches)
        return sum(depths)

    def _build_reduction(self, name: str, in_channels: int) -> int:
        double, triple = _REDUCTION[name]
        branches = (
            self._chain(f"{name}/Branch_0", in_channels, double, ("0a_1x1", "1a_3x3")),
            self._chain(f"{name}/Branch_1", in_channels, triple, ("0a_1x1", "0b_3x3", "1a_3x3")),
            (_Pool(f"{name}/Branch_2/MaxPool_1a_3x3", stride=2),),
        )
        self._layers[name] = _Block(name, branches)
        return self._depth(double[-1]) + self._depth(triple[-1]) + in_channels

    def _chain(
        self, scope: str, in_channels: int, depths: tuple[int, ...], names: tuple[str, ...]
    ) -> tuple[Convolution, ...]:
        """Build a 1x1 reduction followed by 3x3 convolutions; "1a" in a name means stride 2."""
        layers = []
        for position, (depth, name) in enumerate(zip(depths, names, strict=True)):
            layers.append(
                self._conv(
                    f"{scope}/Conv2d_{name}",
                    in_channels,
                    self._depth(depth),
                    int(name[-1]),
                    stride=2 if name.startswith("1a") else 1,
                    initializer=_REDUCTION_INIT if position == 0 else None,
                )
            )
            in_channels = self._depth(depth)
        return tuple(layers)
