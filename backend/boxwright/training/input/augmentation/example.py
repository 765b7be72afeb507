"""An image with its ground truth, and what every augmentation step does with boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import tensorflow as tf

from boxwright.training.input.augmentation.draws import Draws


class Example(NamedTuple):
    """An image with its ground truth.

    Attributes:
        image: uint8 or float32 [height, width, 3], values of 0..255. Steps that only move pixels keep the type, the
            others give float32 as the original does.
        boxes: float32 [N, 4], [ymin, xmin, ymax, xmax] normalised to the image; N may be 0.
        classes: int32 [N], 0-based.
        weights: float32 [N], how much each box counts.
    """

    image: tf.Tensor
    boxes: tf.Tensor
    classes: tf.Tensor
    weights: tf.Tensor


Step = Callable[[Example, Draws], Example]
"""One augmentation step: from an example and the step's draws to the example that the next step gets."""


def float_image(example: Example) -> tf.Tensor:
    """Return the image as float32, values of 0..255."""
    return tf.cast(example.image, tf.float32)


def with_image(example: Example, image: tf.Tensor) -> Example:
    """Return the example with another image, of any size and three channels."""
    return example._replace(image=tf.ensure_shape(image, [None, None, 3]))


def keep_boxes(example: Example, kept: tf.Tensor) -> Example:
    """Return the example with the boxes of which `kept`, bool [N], is true."""
    boxes, classes, weights = (tf.boolean_mask(values, kept) for values in example[1:])
    return Example(example.image, boxes, classes, weights)


def when(condition: tf.Tensor, changed: Callable[[], Example], example: Example) -> Example:
    """Return what `changed` gives where `condition` holds, else the example; both of one image type."""
    return Example(*tf.cond(condition, lambda: tuple(changed()), lambda: tuple(example)))


def one_of(steps: Sequence[Step]) -> Step:
    """Return the step that takes one of the steps, each as likely as the others."""

    def step(example: Example, draws: Draws) -> Example:
        picked = draws.integer(0, len(steps))
        branches = [lambda taken=taken: tuple(taken(example, draws)) for taken in steps]
        return Example(*tf.switch_case(picked, branches))

    return step


def in_order(*steps: Step) -> Step:
    """Return the step that takes the steps one after another, all from the same draws."""

    def step(example: Example, draws: Draws) -> Example:
        for one in steps:
            example = one(example, draws)
        return example

    return step
