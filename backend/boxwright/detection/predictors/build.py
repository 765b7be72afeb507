"""The box predictor that a config names, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import tensorflow as tf

from boxwright.detection.layers import VariableStore
from boxwright.detection.predictors.convolutional import ConvolutionalBoxPredictor
from boxwright.detection.predictors.weight_shared import WeightSharedBoxPredictor
from boxwright.errors import BoxwrightError


class BoxPredictor(Protocol):
    """From feature maps to box encodings [B, A, 4] and class scores [B, A, columns]."""

    def __call__(
        self, feature_maps: Sequence[tf.Tensor], training: bool, seed: Any = (0, 0)
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Predict; see ConvolutionalBoxPredictor."""


def build_box_predictor(
    config: Any,
    store: VariableStore,
    *,
    channels: Sequence[int],
    boxes_per_location: Sequence[int],
    num_columns: int,
) -> BoxPredictor:
    """Build what an object_detection.protos.BoxPredictor message names.

    Args:
        config: The message.
        store: Where the variables are made.
        channels: Channels of each feature map.
        boxes_per_location: Anchors at a cell of each feature map.
        num_columns: Class columns, the background included where there is one.

    Raises:
        BoxwrightError: There is no such predictor here, or it does not fit the feature maps.
    """
    rest: dict[str, Any] = {
        "channels": channels,
        "boxes_per_location": boxes_per_location,
        "num_columns": num_columns,
    }
    kind = config.WhichOneof("box_predictor_oneof")
    if kind == "convolutional_box_predictor":
        return ConvolutionalBoxPredictor(config.convolutional_box_predictor, store, **rest)
    if kind == "weight_shared_convolutional_box_predictor":
        return WeightSharedBoxPredictor(config.weight_shared_convolutional_box_predictor, store, **rest)
    raise BoxwrightError(
        f"box_predictor: {kind or 'none is set'}; supported are convolutional_box_predictor and "
        "weight_shared_convolutional_box_predictor. Write one of these."
    )
