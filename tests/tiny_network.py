"""A network of eight small convolutions in Inception's place: the whole loop in a second instead of fifteen.

`python tiny_network.py COMMAND ...` is the command line of boxwright with it.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from boxwright.detection import model
from boxwright.detection.hyperparams import ConvHyperparams
from boxwright.detection.layers import Convolution, VariableStore

STRIDES = (16, 32, 64, 128, 256, 512)
DEPTH = 8


class TinyNetwork:
    """Batch norm, ReLU6 and six feature maps, as the real ones have."""

    def __init__(self, config: Any, store: VariableStore) -> None:
        hyperparams = ConvHyperparams.from_config(config.conv_hyperparams)

        def conv(name: str, channels: int, stride: int) -> Convolution:
            return Convolution(store, f"FeatureExtractor/{name}", channels, DEPTH, 3, hyperparams, stride=stride)

        self._stem = [conv("Stem_0", 3, 4), conv("Stem_1", DEPTH, 4)]
        self._maps = [conv("Map_0", DEPTH, 1), *(conv(f"Map_{number}", DEPTH, 2) for number in range(1, 6))]
        self.channels = [DEPTH] * 6

    def scale(self, images: tf.Tensor) -> tf.Tensor:
        return images * (2.0 / 255.0) - 1.0

    def feature_map_shapes(self, height: int, width: int) -> list[tuple[int, int]]:
        return [(-(-height // stride), -(-width // stride)) for stride in STRIDES]

    def __call__(self, images: tf.Tensor, training: bool) -> list[tf.Tensor]:
        tensor = images
        for layer in self._stem:
            tensor = layer(tensor, training)
        maps = []
        for layer in self._maps:
            tensor = layer(tensor, training)
            maps.append(tensor)
        return maps


def install() -> None:
    """Have every SsdModel of this process built on it."""
    model.build_feature_extractor = TinyNetwork


if __name__ == "__main__":
    from boxwright.cli.app import main

    install()
    main()
