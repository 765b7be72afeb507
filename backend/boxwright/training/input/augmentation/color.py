"""Other colours in the same places.

All formulas are the original's, on float32 of 0..255; the result is clipped to that range.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from boxwright.training.input.augmentation.draws import Draws
from boxwright.training.input.augmentation.example import Example, Step, float_image, in_order, when, with_image

WHITE = 255.0
LUMA = (0.2989, 0.5870, 0.1140)  # grey of red, green and blue
DISTORT_BRIGHTNESS = 32.0 / 255.0
DISTORT_HUE = 0.2
DISTORT_RANGE = (0.5, 1.5)  # of saturation and contrast


def pixel_value_scale(least: float, most: float) -> Step:
    """Return the step that multiplies every value of every pixel by a number of its own."""

    def step(example: Example, draws: Draws) -> Example:
        image = float_image(example)
        return with_image(example, _clipped(image * draws.uniform(least, most, tf.shape(image))))

    return step


def rgb_to_gray(probability: float) -> Step:
    """Return the step that takes the colours out with a probability."""

    def step(example: Example, draws: Draws) -> Example:
        example = with_image(example, float_image(example))

        def gray() -> Example:
            luma = tf.reduce_sum(example.image * LUMA, axis=-1, keepdims=True)
            return with_image(example, tf.tile(luma, [1, 1, 3]))

        return when(draws.unit() <= probability, gray, example)

    return step


def adjust_brightness(max_delta: float) -> Step:
    """Return the step that adds one number to all values; `max_delta` as a fraction of white."""
    return _adjusted(lambda image, delta: image + delta, -max_delta, max_delta)


def adjust_contrast(least: float, most: float) -> Step:
    """Return the step that multiplies the distance from each channel's mean by a factor."""
    return _adjusted(tf.image.adjust_contrast, least, most)


def adjust_hue(max_delta: float) -> Step:
    """Return the step that turns the hue; `max_delta` as a fraction of the circle of colours."""
    return _adjusted(tf.image.adjust_hue, -max_delta, max_delta)


def adjust_saturation(least: float, most: float) -> Step:
    """Return the step that multiplies the saturation by a factor."""
    return _adjusted(tf.image.adjust_saturation, least, most)


def distort_color(ordering: int) -> Step:
    """Return the step that changes brightness, saturation, hue and contrast; with ordering 1 the contrast second."""
    brightness, saturation = adjust_brightness(DISTORT_BRIGHTNESS), adjust_saturation(*DISTORT_RANGE)
    hue, contrast = adjust_hue(DISTORT_HUE), adjust_contrast(*DISTORT_RANGE)
    if ordering == 1:
        return in_order(brightness, contrast, saturation, hue)
    return in_order(brightness, saturation, hue, contrast)


def adjust_gamma(gamma: float, gain: float) -> Step:
    """Return the step that raises every value, as a fraction of white, to a power and multiplies it by a gain."""

    def step(example: Example, draws: Draws) -> Example:
        return with_image(example, _clipped(gain * (float_image(example) / WHITE) ** gamma * WHITE))

    return step


def _adjusted(adjust: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], least: float, most: float) -> Step:
    """Return the step that gives `adjust` the image in 0..1 and a number of [least, most)."""

    def step(example: Example, draws: Draws) -> Example:
        amount = draws.uniform(least, most)
        return with_image(example, _clipped(adjust(float_image(example) / WHITE, amount) * WHITE))

    return step


def _clipped(image: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(image, 0.0, WHITE)
