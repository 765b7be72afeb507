"""Which variables are trained, and what happens to their gradients before the update."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import tensorflow as tf

from boxwright.pipeline import messages
from boxwright.training.errors import TrainingError

_BIASES = re.compile(".*/biases")


def select_trainable(names: Iterable[str], train_config: messages.TrainConfig) -> list[str]:
    """Return the names that the config leaves to train, sorted.

    A frozen variable gets no update, no slot and no moving average, as in the original; batch norm's moving
    statistics follow the data all the same.

    Args:
        names: Names of the trainable variables.
        train_config: The `train_config` message; freeze_variables holds regular expressions that are matched
            from the start of the name, update_trainable_variables ones that may match anywhere in it.

    Raises:
        TrainingError: An expression is not valid, or nothing is left to train.
    """
    freeze = [_compile(text, "freeze_variables") for text in train_config.freeze_variables if text]
    update = [_compile(text, "update_trainable_variables") for text in train_config.update_trainable_variables if text]
    kept = [
        name
        for name in sorted(names)
        if not any(pattern.match(name) for pattern in freeze)
        and (not update or any(pattern.search(name) for pattern in update))
    ]
    if not kept:
        raise TrainingError(
            f"train_config: freeze_variables {list(train_config.freeze_variables)} and update_trainable_variables "
            f"{list(train_config.update_trainable_variables)} leave no variable to train. Narrow the expressions."
        )
    return kept


def adjust_gradients(gradients: Mapping[str, tf.Tensor], train_config: messages.TrainConfig) -> dict[str, tf.Tensor]:
    """Return the gradients as the update shall see them.

    In the original's order: biases times bias_grad_multiplier (0 means 1), then each tensor's own norm clipped
    to gradient_clipping_by_norm (0 means no limit).

    Args:
        gradients: By variable name.
        train_config: The `train_config` message.
    """
    adjusted = dict(gradients)
    if train_config.bias_grad_multiplier:
        for name in filter(_BIASES.match, gradients):
            adjusted[name] *= train_config.bias_grad_multiplier
    if train_config.gradient_clipping_by_norm > 0:
        limit = train_config.gradient_clipping_by_norm
        adjusted = {name: tf.clip_by_norm(gradient, limit) for name, gradient in adjusted.items()}
    return adjusted


def _compile(text: str, field: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise TrainingError(
            f"train_config: {field} holds {text!r}, which is not a regular expression ({error}). "
            "Write one that matches variable names, for example 'FeatureExtractor/.*'."
        ) from error
