"""What a `conv_hyperparams` message says, as callables: initializer, regulariser, normaliser, activation.

Source: object_detection.protos.Hyperparams and the behaviour of its builder in the TF Object Detection API.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from boxwright.errors import BoxwrightError

Initializer = Callable[[Sequence[int], tuple[int, int]], tf.Tensor]
"""(shape, stateless seed) → float32 values."""


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation of one convolution.

    Attributes:
        decay: Of the moving mean and variance; 0.9997 in the tutorial's config.
        epsilon: Added to the variance.
        center, scale: Whether beta and gamma exist.
        train: False keeps the moving statistics in use, and unchanged, while training.
    """

    decay: float
    epsilon: float
    center: bool
    scale: bool
    train: bool


@dataclass(frozen=True)
class ConvHyperparams:
    """How the convolutions of a network are made.

    Attributes:
        initializer: Of the kernels; biases start at zero, or as the layer says.
        l2_weight: Of 0.5 · l2_weight · ‖kernel‖².
        l1_weight: Of l1_weight · Σ|kernel|.
        activation: Applied after normalisation.
        batch_norm: None for a convolution with biases and no normalisation.
    """

    initializer: Initializer
    l2_weight: float
    l1_weight: float
    activation: Callable[[tf.Tensor], tf.Tensor]
    batch_norm: BatchNorm | None

    @classmethod
    def from_config(cls, config: Any) -> ConvHyperparams:
        """Read an object_detection.protos.Hyperparams message.

        Raises:
            BoxwrightError: The message names something that is not built here.
        """
        regularizer = config.regularizer.WhichOneof("regularizer_oneof")
        return cls(
            initializer=_initializer(config.initializer),
            l2_weight=config.regularizer.l2_regularizer.weight if regularizer == "l2_regularizer" else 0.0,
            l1_weight=config.regularizer.l1_regularizer.weight if regularizer == "l1_regularizer" else 0.0,
            activation=_activation(config),
            batch_norm=_batch_norm(config.batch_norm) if config.HasField("batch_norm") else None,
        )


def slim_mobilenet() -> ConvHyperparams:
    """What TF-Slim's MobileNets are made of unless a config overrides it, whatever conv_hyperparams says."""
    return ConvHyperparams(
        initializer=truncated_normal(0.09),
        l2_weight=0.00004,
        l1_weight=0.0,
        activation=tf.nn.relu6,
        batch_norm=BatchNorm(decay=0.9997, epsilon=0.001, center=True, scale=True, train=True),
    )


def truncated_normal(stddev: float, mean: float = 0.0) -> Initializer:
    """Normal values redrawn beyond two standard deviations of the untruncated distribution."""

    def initialize(shape: Sequence[int], seed: tuple[int, int]) -> tf.Tensor:
        return tf.random.stateless_truncated_normal(shape, seed, mean=mean, stddev=stddev)

    return initialize


def constant(value: float) -> Initializer:
    """The same value everywhere."""

    def initialize(shape: Sequence[int], seed: tuple[int, int]) -> tf.Tensor:
        return tf.fill(shape, tf.constant(value, tf.float32))

    return initialize


def seed_for(name: str, seed: int) -> tuple[int, int]:
    """The stateless seed of a variable: its values depend on its name, not on the order of creation."""
    return (seed & 0x7FFFFFFF, zlib.crc32(name.encode()) & 0x7FFFFFFF)


def _random_normal(stddev: float, mean: float) -> Initializer:
    def initialize(shape: Sequence[int], seed: tuple[int, int]) -> tf.Tensor:
        return tf.random.stateless_normal(shape, seed, mean=mean, stddev=stddev)

    return initialize


def variance_scaling(*, factor: float, mode: str, uniform: bool) -> Initializer:
    """tf.contrib's variance_scaling_initializer: fan counted over the last two axes times the receptive field.

    Args:
        factor: Variance times fan.
        mode: FAN_IN, FAN_OUT or FAN_AVG.
        uniform: Uniform values instead of truncated normal ones.
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


def _initializer(config: Any) -> Initializer:
    kind = config.WhichOneof("initializer_oneof")
    if kind == "truncated_normal_initializer":
        return truncated_normal(config.truncated_normal_initializer.stddev, config.truncated_normal_initializer.mean)
    if kind == "random_normal_initializer":
        return _random_normal(config.random_normal_initializer.stddev, config.random_normal_initializer.mean)
    if kind == "variance_scaling_initializer":
        values = config.variance_scaling_initializer
        return variance_scaling(factor=values.factor, mode=values.Mode.Name(values.mode), uniform=values.uniform)
    raise BoxwrightError(
        f"conv_hyperparams.initializer: got {kind or 'nothing'}; supported are truncated_normal_initializer, "
        "random_normal_initializer and variance_scaling_initializer. Write one of them in pipeline.config."
    )


def _activation(config: Any) -> Callable[[tf.Tensor], tf.Tensor]:
    name = config.Activation.Name(config.activation)
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


def _batch_norm(config: Any) -> BatchNorm:
    return BatchNorm(
        decay=config.decay, epsilon=config.epsilon, center=config.center, scale=config.scale, train=config.train
    )
