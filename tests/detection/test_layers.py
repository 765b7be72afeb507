"""Convolutions in low precision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from boxwright.detection.hyperparams import ConvHyperparams
from boxwright.detection.layers import Convolution, DepthwiseConvolution, SeparableConvolution, VariableStore
from boxwright.pipeline.presets import build_preset

CHANNELS = 24


def hyperparams() -> ConvHyperparams:
    config = build_preset("demo", num_classes=1, num_steps=1, batch_size=1)
    message = config.model.ssd.feature_extractor.conv_hyperparams
    text_format.Merge("initializer { truncated_normal_initializer { stddev: 0.1 } } activation: NONE", message)
    message.ClearField("batch_norm")
    return ConvHyperparams.from_config(message)


def convolution(store: VariableStore) -> Convolution:
    return Convolution(store, "conv", CHANNELS, 8, 3, hyperparams(), stride=2)


def depthwise(store: VariableStore) -> DepthwiseConvolution:
    return DepthwiseConvolution(store, "conv", CHANNELS, 3, hyperparams(), stride=2)


def separable(store: VariableStore) -> SeparableConvolution:
    options = hyperparams()
    return SeparableConvolution(
        store, "conv", CHANNELS, 8, 3, options, stride=2, depth_multiplier=1, initializer=options.initializer
    )


@pytest.mark.parametrize("layer", [convolution, depthwise, separable])
@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
def test_a_kernel_larger_than_its_map_has_no_gradient_where_it_sees_padding(
    layer: Callable[[VariableStore], Convolution], dtype: tf.DType
) -> None:
    """oneDNN's bfloat16 gradients hold there what the memory held before; so there is NaN in the memory before."""
    store = VariableStore(0)
    convolve = layer(store)
    kernel = next(iter(store.trainable.values()))
    images = tf.cast(np.random.default_rng(0).uniform(0.5, 1, [4, 1, 1, CHANNELS]), dtype)
    for _ in range(6):
        for size in (64, 256, 1024, 4096, 16384):
            used = [tf.fill([size], float("nan")) for _ in range(20)]
            del used
        with tf.GradientTape() as tape:
            outputs = convolve(images, True)
            total = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 2)
        gradient = tape.gradient(total, kernel).numpy()
        assert outputs.dtype == dtype
        assert gradient[1, 1].any()
        gradient[1, 1] = 0  # the only place that sees the map
        assert not gradient.any()
