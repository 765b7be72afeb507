"""Building the box predictor that a config sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import tensorflow as tf

from boxwright.detection.hyperparams import Seed
from boxwright.detection.layers import VariableStore
from boxwright.detection.predictors.convolutional import ConvolutionalBoxPredictor
from boxwright.detection.predictors.weight_shared import WeightSharedBoxPredictor
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


class BoxPredictor(Protocol):
    """Computes box encodings [B, A, 4] and class scores [B, A, num_columns] from feature maps."""

    def __call__(
        self, feature_maps: Sequence[tf.Tensor], training: bool, seed: Seed = (0, 0)
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Predict; see ConvolutionalBoxPredictor."""


def build_box_predictor(
    predictor_config: messages.BoxPredictor,
    store: VariableStore,
    *,
    channels: Sequence[int],
    boxes_per_location: Sequence[int],
    num_columns: int,
) -> BoxPredictor:
    """Build the box predictor that a config sets.

    Args:
        predictor_config: The `box_predictor` message.
        store: Creates the variables.
        channels: The number of channels of each feature map, the finest first.
        boxes_per_location: The number of anchors per cell of each feature map.
        num_columns: The number of class columns, with the background where there is one.

    Raises:
        BoxwrightError: The kind of predictor is not supported, or it does not fit the feature maps.
    """
    kind = predictor_config.WhichOneof("box_predictor_oneof")
    if kind == "convolutional_box_predictor":
        return ConvolutionalBoxPredictor(
            predictor_config.convolutional_box_predictor,
            store,
            channels=channels,
            boxes_per_location=boxes_per_location,
            num_columns=num_columns,
        )
    if kind == "weight_shared_convolutional_box_predictor":
        return WeightSharedBoxPredictor(
            predictor_config.weight_shared_convolutional_box_predictor,
            store,
            channels=channels,
            boxes_per_location=boxes_per_location,
            num_columns=num_columns,
        )
    raise BoxwrightError(
        f"box_predictor: {kind or 'none is set'}; supported are convolutional_box_predictor and "
        "weight_shared_convolutional_box_predictor. Write one of these."
    )
