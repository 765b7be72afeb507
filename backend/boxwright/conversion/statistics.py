"""Statistics for batch normalisations that were folded, which training can start from."""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

from boxwright.detection.layers import BatchNormalization
from boxwright.detection.model import SsdModel


def estimate_statistics(model: SsdModel, scopes: Iterable[str], images: tf.Tensor) -> None:
    """Give batch normalisations the statistics of a batch, and keep the function that each computes.

    At each layer in turn, with y = s·x + t, mean m and unbiased variance v of its inputs: moving_mean = m,
    moving_variance = v, gamma = s·√(v+ε), beta = t + m·s.

    Args:
        model: Its variables are changed.
        scopes: The scopes of the layers.
        images: float32 [B, h, w, 3], preprocessed; at least two.
    """
    layers = [model.store.normalizations[scope] for scope in scopes]
    for layer in layers:
        layer.observe = _Estimate(layer)
    try:
        model.predict(images, training=False)
    finally:
        for layer in layers:
            layer.observe = None


class _Estimate:
    """Sets the statistics of a layer from its inputs."""

    def __init__(self, layer: BatchNormalization) -> None:
        self._layer = layer

    def __call__(self, inputs: tf.Tensor) -> None:
        layer, epsilon = self._layer, self._layer.settings.epsilon
        count = float(tf.size(inputs)) / inputs.shape[-1]
        mean, variance = tf.nn.moments(inputs, [0, 1, 2])
        variance *= count / max(count - 1.0, 1.0)
        scale = layer.gamma / tf.sqrt(layer.moving_variance + epsilon)
        shift = layer.beta - layer.moving_mean * scale
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(variance)
        layer.gamma.assign(scale * tf.sqrt(variance + epsilon))
        layer.beta.assign(shift + mean * scale)
