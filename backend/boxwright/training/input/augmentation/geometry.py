"""Flips, rotation, repetition and other sizes of the whole image."""

from __future__ import annotations

from functools import partial

import tensorflow as tf

from boxwright.detection.preprocessing import legacy_resize
from boxwright.training.input.augmentation.draws import Draws
from boxwright.training.input.augmentation.example import Example, Step, float_image, when, with_image

RESIZE_METHODS = ("BILINEAR", "NEAREST_NEIGHBOR", "BICUBIC", "AREA")  # by tf.image.ResizeMethod's numbers


def horizontal_flip(probability: float = 0.5) -> Step:
    """Return the step that mirrors an image left to right with a probability."""
    return _flip(probability, axis=1)


def vertical_flip(probability: float) -> Step:
    """Return the step that mirrors an image top to bottom with a probability."""
    return _flip(probability, axis=0)


def _flip(probability: float, axis: int) -> Step:
    def step(example: Example, draws: Draws) -> Example:
        return when(draws.unit() < probability, partial(_mirrored, example, axis), example)

    return step


def _mirrored(example: Example, axis: int) -> Example:
    """Return the example mirrored along an axis of its image: 0 for rows, 1 for columns."""
    edges = tf.unstack(example.boxes, axis=1)  # ymin, xmin, ymax, xmax
    edges[axis], edges[axis + 2] = 1.0 - edges[axis + 2], 1.0 - edges[axis]
    return example._replace(image=tf.reverse(example.image, axis=[axis]), boxes=tf.stack(edges, axis=1))


def rotation90(probability: float) -> Step:
    """Return the step that turns an image by 90 degrees counter-clockwise with a probability."""

    def step(example: Example, draws: Draws) -> Example:
        def turned() -> Example:
            ymin, xmin, ymax, xmax = tf.unstack(example.boxes, axis=1)
            boxes = tf.stack([1.0 - xmax, ymin, 1.0 - xmin, ymax], axis=1)
            image = tf.reverse(tf.transpose(example.image, [1, 0, 2]), axis=[0])
            return with_image(example, image)._replace(boxes=boxes)

        return when(draws.unit() < probability, turned, with_image(example, example.image))

    return step


def self_concat(vertical: float, horizontal: float) -> Step:
    """Return the step that puts the image below and beside itself, each with a probability of its own."""

    def doubled(example: Example, axis: int) -> Example:
        halved = tf.constant([0.5, 1.0, 0.5, 1.0] if axis == 0 else [1.0, 0.5, 1.0, 0.5])
        boxes = example.boxes * halved
        return Example(
            tf.concat([example.image, example.image], axis=axis),
            tf.concat([boxes, boxes + (1.0 - halved)], axis=0),
            tf.tile(example.classes, [2]),
            tf.tile(example.weights, [2]),
        )

    def step(example: Example, draws: Draws) -> Example:
        for axis, probability in enumerate((vertical, horizontal)):
            example = when(draws.unit() < probability, partial(doubled, example, axis), example)
        return example

    return step


def image_scale(least: float, most: float) -> Step:
    """Return the step that makes an image larger or smaller by one factor for both sides, bilinear."""

    def step(example: Example, draws: Draws) -> Example:
        factor = draws.uniform(least, most)
        size = tf.cast(tf.cast(tf.shape(example.image)[:2], tf.float32) * factor, tf.int32)
        return _resized(example, size, align_corners=True)

    return step


def resize_image(height: int, width: int, method: str) -> Step:
    """Return the step that gives every image one size in pixels; `method` is one of RESIZE_METHODS."""

    def step(example: Example, draws: Draws) -> Example:
        return _resized(example, [height, width], method)

    return step


def resize_method(height: int, width: int) -> Step:
    """Return the step that gives every image one size in pixels, by a method drawn for each."""

    def step(example: Example, draws: Draws) -> Example:
        picked = draws.integer(0, len(RESIZE_METHODS))
        branches = [lambda method=method: _resized(example, [height, width], method).image for method in RESIZE_METHODS]
        return with_image(example, tf.switch_case(picked, branches))

    return step


def downscale_to_pixels(least: int, most: int, random_coef: float) -> Step:
    """Return the step that makes a large image smaller, to a number of pixels drawn from [least, most).

    An image that has no more pixels than that stays as it is, and so does any with the probability `random_coef`.
    """

    def step(example: Example, draws: Draws) -> Example:
        wanted = draws.unit() >= random_coef
        target = draws.integer(least, most)
        size = tf.shape(example.image)[:2]
        pixels = size[0] * size[1]
        factor = tf.sqrt(tf.cast(target, tf.float32) / tf.cast(pixels, tf.float32))
        smaller = tf.cast(factor * tf.cast(size, tf.float32), tf.int32)
        whole = with_image(example, float_image(example))
        return when(wanted & (pixels > target), lambda: _resized(example, smaller), whole)

    return step


def _resized(example: Example, size: tf.Tensor, method: str = "BILINEAR", *, align_corners: bool = False) -> Example:
    size = tf.maximum(size, 1)  # where the original fails: a small factor leaves no row of a small image
    image = legacy_resize(float_image(example)[tf.newaxis], size, method, align_corners=align_corners)[0]
    return with_image(example, image)
