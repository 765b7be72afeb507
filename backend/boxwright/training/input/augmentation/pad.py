"""Images in a larger canvas."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from boxwright.training.input.augmentation.boxes import in_frame
from boxwright.training.input.augmentation.crop import CropCase, crop_image
from boxwright.training.input.augmentation.draws import Draws
from boxwright.training.input.augmentation.example import Example, Step, float_image, with_image

Color = tuple[float, ...] | None
"""Red, green and blue of 0..255; None for the mean colour of the image."""


@dataclass(frozen=True)
class PadRatios:
    """How large a canvas is.

    Attributes:
        least, most: Lowest and, exclusive, highest (height, width), each as a multiple of the image's.
    """

    least: tuple[float, float] = (1.0, 1.0)
    most: tuple[float, float] = (2.0, 2.0)


def pad_image(least: tuple[int, int] | None, most: tuple[int, int] | None, color: Color) -> Step:
    """Return the step that puts an image at random into a canvas of [least, most) pixels.

    Args:
        least: (height, width); None for the image's. A canvas is never smaller than the image.
        most: (height, width); None for twice the image's.
        color: Of the canvas.
    """

    def step(example: Example, draws: Draws) -> Example:
        size = tf.shape(example.image)[:2]
        return _padded(example, draws, size if least is None else least, 2 * size if most is None else most, color)

    return step


def absolute_pad_image(max_height: int, max_width: int, color: Color) -> Step:
    """Return the step that adds up to, exclusive, so many rows and columns around an image."""

    def step(example: Example, draws: Draws) -> Example:
        size = tf.shape(example.image)[:2]
        return _padded(example, draws, size, size + tf.constant([max_height, max_width]), color)

    return step


def crop_pad_image(case: CropCase, ratios: PadRatios, color: Color) -> Step:
    """Return the step that crops, then puts the crop into a canvas whose size is relative to the whole image's."""
    crop = crop_image(case)

    def step(example: Example, draws: Draws) -> Example:
        size = tf.cast(tf.shape(example.image)[:2], tf.float32)
        least, most = (tf.cast(size * ratio, tf.int32) for ratio in (ratios.least, ratios.most))
        return _padded(crop(example, draws), draws, least, most, color)

    return step


def pad_to_aspect_ratio(aspect_ratio: float, ratios: PadRatios) -> Step:
    """Return the step that adds black below and on the right, so that width / height is `aspect_ratio`.

    The canvas is drawn between the ratios, as far as the aspect ratio allows.
    """

    def step(example: Example, draws: Draws) -> Example:
        size = tf.cast(tf.shape(example.image)[:2], tf.float32)
        height, width = tf.unstack(size, num=2)
        # Not by tf.maximum(width, height * aspect_ratio): where both come from one tf.unstack, TensorFlow 2.21's graph
        # optimizer takes that for a leaky ReLU of one value.
        wide = tf.stack([width / aspect_ratio, width])
        target = tf.where(width >= height * aspect_ratio, wide, tf.stack([height, height * aspect_ratio]))
        least, most = (tf.maximum(size * ratio, target) / target for ratio in (ratios.least, ratios.most))
        highest = tf.reduce_min(most)
        target = tf.round(draws.uniform(tf.minimum(highest, tf.reduce_max(least)), highest) * target)
        extra = tf.cast(target - size, tf.int32)
        image = tf.pad(float_image(example), [[0, extra[0]], [0, extra[1]], [0, 0]])
        boxes = in_frame(example.boxes, tf.concat([tf.zeros([2]), target / size], axis=0))
        return with_image(example, image)._replace(boxes=boxes)

    return step


def _padded(example: Example, draws: Draws, least: tf.Tensor, most: tf.Tensor, color: Color) -> Example:
    """Put the image into a canvas of (height, width) in [least, most) pixels, at least the image's, at random."""
    image = float_image(example)
    size = tf.shape(image)[:2]
    most, least = tf.maximum(most, size), tf.maximum(least, size)
    drawn = tf.stack([draws.integer(least[axis], most[axis]) for axis in (0, 1)])
    target = tf.where(most > least, drawn, most)
    offset = tf.stack([draws.integer(0, target[axis] - size[axis]) for axis in (0, 1)])
    after = target - size - offset
    margins = [[offset[0], after[0]], [offset[1], after[1]], [0, 0]]
    inside = tf.pad(tf.ones_like(image[:, :, :1], tf.bool), margins)
    canvas = tf.reduce_mean(image, axis=[0, 1]) if color is None else tf.constant(color, tf.float32)
    frame = tf.cast(tf.concat([-offset, target - offset], axis=0), tf.float32) / tf.tile(tf.cast(size, tf.float32), [2])
    padded = tf.where(inside, tf.pad(image, margins), canvas)
    return with_image(example, padded)._replace(boxes=in_frame(example.boxes, frame))
