"""Boxes in another frame, boxes that stay, boxes that are disturbed or renamed."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from boxwright.training.input.augmentation.draws import Draws
from boxwright.training.input.augmentation.example import Example, Step, keep_boxes

SMALLEST_SIDE = 1e-6  # the original's, of a box that is disturbed
JITTER_SIGNS = {"SHRINK": (-1.0, 0.0), "EXPAND": (0.0, 1.0), "DEFAULT": (-1.0, 1.0)}
"""Beginning of a JitterMode's name → lowest and highest change of a side, in units of the ratio."""


def in_frame(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Return boxes [N, 4] normalised to a window, float32 [4]; the window's edges are 0 and 1."""
    return (boxes - tf.tile(window[:2], [2])) / tf.tile(window[2:] - window[:2], [2])


def touches(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Return which boxes are at least partly in a window, bool [N]."""
    return tf.reduce_all((boxes[:, :2] < window[2:]) & (boxes[:, 2:] > window[:2]), axis=1)


def overlap(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Return the fraction of each box's area that is in a window, float32 [N]; NaN for a box without area."""
    low, high = boxes[:, :2], boxes[:, 2:]
    shared = tf.reduce_prod(tf.maximum(tf.minimum(high, window[2:]) - tf.maximum(low, window[:2]), 0.0), axis=1)
    return shared / tf.reduce_prod(high - low, axis=1)


def jitter_boxes(ratio: float, mode: str) -> Step:
    """Return the step that moves the sides of every box a little, clipped to the image.

    Args:
        ratio: Largest change of a side's distance from the centre, as a fraction of the box's size.
        mode: Name of a RandomJitterBoxes.JitterMode: DEFAULT moves each side on its own, EXPAND and SHRINK in one
            direction; *_SYMMETRIC opposite sides alike, *_SYMMETRIC_XY all four alike.
    """
    low, high = JITTER_SIGNS[mode.partition("_")[0]]

    def step(example: Example, draws: Draws) -> Example:
        corner, far = example.boxes[:, :2], example.boxes[:, 2:]
        center, size = (corner + far) / 2.0, tf.maximum(tf.abs(far - corner), SMALLEST_SIDE)
        if "SYMMETRIC" in mode:
            factor = 1.0 + draws.uniform(low * ratio, high * ratio, tf.shape(corner))
            most = tf.abs(tf.minimum(2.0 * center / size, 2.0 * (1.0 - center) / size))
            if mode.endswith("_XY"):
                factor, most = factor[:, :1], tf.reduce_min(most, axis=1, keepdims=True)
            factor = tf.clip_by_value(factor, -most, most)
            factors = tf.tile(tf.broadcast_to(factor, tf.shape(corner)), [1, 2])
        else:
            factors = 1.0 + draws.uniform(low * ratio, high * ratio, tf.shape(example.boxes))
        sides = tf.tile(size, [1, 2]) * factors / 2.0
        boxes = tf.concat([center - sides[:, :2], center + sides[:, 2:]], axis=1)
        return example._replace(boxes=tf.clip_by_value(boxes, 0.0, 1.0))

    return step


def drop_label(label: int, probability: float) -> Step:
    """Return the step that takes each box of a label, by its id from 1, away with a probability."""

    def step(example: Example, draws: Draws) -> Example:
        stays = draws.unit(tf.shape(example.classes)) > probability
        return keep_boxes(example, stays | (example.classes != label - 1))

    return step


def remap_labels(labels: Sequence[int], new_label: int) -> Step:
    """Return the step that gives the boxes of some labels another label; all by their ids from 1."""

    def step(example: Example, draws: Draws) -> Example:
        renamed = tf.reduce_any(example.classes[:, tf.newaxis] == [label - 1 for label in labels], axis=1)
        return example._replace(classes=tf.where(renamed, new_label - 1, example.classes))

    return step
