"""The settings of convolutions (`conv_hyperparams`): initializer, regulariser, batch normalisation, activation.

Source: object_detection.protos.Hyperparams and the behaviour of its builder in the TF Object Detection API.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import tensorflow as tf

from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages

Seed: TypeAlias = tuple[int, int] | tf.Tensor
"""The seed of a stateless random operation: two integers, or an integer tensor [2]."""

Initializer = Callable[[Sequence[int], tuple[int, int]], tf.Tensor]
"""(shape, seed) → float32 values of that shape."""


@dataclass(frozen=True)
class BatchNorm:
    """Settings of the batch normalisation after a convolution.

    Attributes:
        decay: The decay of the moving mean and variance; 0.9997 in the tutorial's config.
        epsilon: Added to the variance.
        center: Whether there is a beta.
        scale: Whether there is a gamma.
        train: False uses the moving statistics in training too, and leaves them unchanged.
    """

    decay: float
    epsilon: float
    center: bool
    scale: bool
    train: bool


@dataclass(frozen=True)
class ConvHyperparams:
    """Settings of the convolutions of a network.

    Attributes:
        initializer: The initializer of the kernels; biases start at zero, unless the layer has another value.
        l2_weight: The factor in 0.5 · l2_weight · ‖kernel‖².
        l1_weight: The factor in l1_weight · Σ|kernel|.
        activation: Applied after normalisation.
        batch_norm: None for a convolution with biases and no normalisation.
    """

    initializer: Initializer
    l2_weight: float
    l1_weight: float
    activation: Callable[[tf.Tensor], tf.Tensor]
    batch_norm: BatchNorm | None

    @classmethod
    def from_config(cls, hyperparams_config: messages.Hyperparams) -> ConvHyperparams:
        """Build the settings from a `conv_hyperparams` message.

        Raises:
            BoxwrightError: The message sets an initializer or activation that is not supported.
        """
        regularizer = hyperparams_config.regularizer.WhichOneof("regularizer_oneof")
        return cls(
            initializer=_initializer(hyperparams_config.initializer),
            l2_weight=hyperparams_config.regularizer.l2_regularizer.weight if regularizer == "l2_regularizer" else 0.0,
            l1_weight=hyperparams_config.regularizer.l1_regularizer.weight if regularizer == "l1_regularizer" else 0.0,
            activation=_activation(hyperparams_config),
            batch_norm=_batch_norm(hyperparams_config.batch_norm)
            if hyperparams_config.HasField("batch_norm")
            else None,
        )


def slim_mobilenet() -> ConvHyperparams:
    """Return TF-Slim's settings for MobileNets, which apply unless the config overrides the base network's."""
    return ConvHyperparams(
        initializer=truncated_normal(0.09),
        l2_weight=0.00004,
        l1_weight=0.0,
        activation=tf.nn.relu6,
        batch_norm=BatchNorm(decay=0.9997, epsilon=0.001, center=True, scale=True, train=True),
    )


def truncated_normal(stddev: float, mean: float = 0.0) -> Initializer:
    """Return an initializer of normal values; values beyond two standard deviations are drawn again."""

    def initialize(shape: Sequence[int], seed: tuple[int, int]) -> tf.Tensor:
        return tf.random.stateless_truncated_normal(shape, seed, mean=mean, stddev=stddev)

    return initialize


def constant(value: float) -> Initializer:
    """Return an initializer that sets every element to `value`."""

    def initialize(shape: Sequence[int], seed: tuple[int, int]) -> tf.Tensor:
        return tf.fill(shape, tf.constant(value, tf.float32))

    return initialize


def seed_for(name: str, seed: int) -> tuple[int, int]:
    """Return the seed of a variable's initial values: they depend on its name, not on the order of creation."""
    return (seed & 0x7FFFFFFF, zlib.crc32(name.encode()) & 0x7FFFFFFF)


def _random_normal(stddev: float, mean: float) -> Initializer:
    def initialize(shape: Sequence[int], seed: tuple[int, int]) -> tf.Tensor:
        return tf.random.stateless_normal(shape, seed, mean=mean, stddev=stddev)

    return initialize


def variance_scaling(*, factor: float, mode: str, uniform: bool) -> Initializer:
    """Return the initializer of tf.contrib's variance_scaling_initializer.

    The fan is the size of one of the last two axes (input and output channels) times the kernel's height and width.

    Args:
        factor: The variance of the values times the fan.
        mode: The fan: FAN_IN, FAN_OUT or FAN_AVG.
        uniform: Whether values are uniform instead of truncated normal.
    """

    def initialize(shape: Sequence[int], seed: tuple[int, int]) -> tf.Tensor:
        field = 1.0
        for size in shape[:-2]:
            field *= size
        fan_in, fan_out = shape[-2] * field, shape[-1] * field
        fan = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2}[mode]
        if uniform:
            limit = (3.0 * factor / fan) ** 0.5
            return tf.random.stateless_uniform(shape, seed, minval=-limit, maxval=limit)
        # 1.3 makes up for the variance that truncation takes, as the original rounds it.
        return tf.random.stateless_truncated_normal(shape, seed, stddev=(1.3 * factor / fan) ** 0.5)

    return initialize


def _initializer(initializer_config: messages.Initializer) -> Initializer:
    kind = initializer_config.WhichOneof("initializer_oneof")
    if kind == "truncated_normal_initializer":
        return truncated_normal(
            initializer_config.truncated_normal_initializer.stddev, initializer_config.truncated_normal_initializer.mean
        )
    if kind == "random_normal_initializer":
        return _random_normal(
            initializer_config.random_normal_initializer.stddev, initializer_config.random_normal_initializer.mean
        )
    if kind == "variance_scaling_initializer":
        values = initializer_config.variance_scaling_initializer
        return variance_scaling(factor=values.factor, mode=values.Mode.Name(values.mode), uniform=values.uniform)
    raise BoxwrightError(
        f"conv_hyperparams.initializer: got {kind or 'nothing'}; supported are truncated_normal_initializer, "
        "random_normal_initializer and variance_scaling_initializer. Write one of them in pipeline.config."
    )


def _activation(hyperparams_config: messages.Hyperparams) -> Callable[[tf.Tensor], tf.Tensor]:
    name = hyperparams_config.Activation.Name(hyperparams_config.activation)
    activations: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
        "NONE": tf.identity,
        "RELU": tf.nn.relu,
        "RELU_6": tf.nn.relu6,
    }
    if name not in activations:
        raise BoxwrightError(
            f"conv_hyperparams.activation: got {name}; supported are {', '.join(activations)}. "
            "Write one of them in pipeline.config."
        )
    return activations[name]


def _batch_norm(batch_norm_config: messages.BatchNorm) -> BatchNorm:
    return BatchNorm(
        decay=batch_norm_config.decay,
        epsilon=batch_norm_config.epsilon,
        center=batch_norm_config.center,
        scale=batch_norm_config.scale,
        train=batch_norm_config.train,
    )
