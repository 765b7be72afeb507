"""Parts of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from boxwright.detection.preprocessing import legacy_resize_bilinear
from boxwright.training.input.augmentation.boxes import in_frame, overlap, touches
from boxwright.training.input.augmentation.draws import Draws
from boxwright.training.input.augmentation.example import (
    Example,
    Step,
    float_image,
    keep_boxes,
    one_of,
    when,
    with_image,
)

ASPECT_RATIO_OVERLAP = 0.3  # the original's: a box stays when this share of its area is left


@dataclass(frozen=True)
class CropCase:
    """One set of rules that a crop may follow.

    Attributes:
        min_object_covered: A crop holds at least this fraction of one of the boxes' areas.
        aspect_ratio_range: Lowest and highest width / height of a crop.
        area_range: Lowest and highest area of a crop, as a fraction of the image's.
        overlap_thresh: A box stays when at least this fraction of its area is in the crop.
        clip_boxes: Cut the boxes that stay at the crop's edges.
        random_coef: Probability of keeping the image whole.
    """

    min_object_covered: float
    aspect_ratio_range: tuple[float, float] = (0.5, 2.0)
    area_range: tuple[float, float] = (0.1, 1.0)
    overlap_thresh: float = 0.0
    clip_boxes: bool = True
    random_coef: float = 0.15


SSD_CROP_CASES = tuple(
    CropCase(min_object_covered=least, overlap_thresh=least) for least in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
)
"""The seven cases of the original (after arXiv:1512.02325), one of which is drawn for each image."""


def random_crop(cases: Sequence[CropCase] = SSD_CROP_CASES) -> Step:
    """Return the step that crops by one of the cases, each as likely as the others.

    A crop may leave no box at all; such an image trains the background.
    """
    return one_of([crop_image(case) for case in cases])


def crop_image(case: CropCase) -> Step:
    """Return the step that crops by the rules of one case."""

    def step(example: Example, draws: Draws) -> Example:
        if case.random_coef <= 0.0:
            return _cut(example, case, draws)
        return when(draws.unit() > case.random_coef, lambda: _cut(example, case, draws), example)

    return step


def _cut(example: Example, case: CropCase, draws: Draws) -> Example:
    window = draws.window(
        example.image,
        tf.clip_by_value(example.boxes, 0.0, 1.0),
        min_object_covered=case.min_object_covered,
        aspect_ratio_range=case.aspect_ratio_range,
        area_range=case.area_range,
    )
    boxes, kept = boxes_in_window(
        example.boxes, window.corners, overlap_thresh=case.overlap_thresh, clip_boxes=case.clip_boxes
    )
    image = tf.slice(example.image, window.begin, window.size)
    return keep_boxes(example, kept)._replace(image=image, boxes=boxes)


def boxes_in_window(
    boxes: tf.Tensor, window: tf.Tensor, *, overlap_thresh: float, clip_boxes: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the boxes that stay in a crop, normalised to it, and which they are.

    Args:
        boxes: float32 [N, 4].
        window: float32 [4], [ymin, xmin, ymax, xmax] of the crop.
        overlap_thresh: Least fraction of a box's area inside the crop.
        clip_boxes: Cut the boxes at the crop's edges.

    Returns:
        Boxes float32 [M, 4] and a mask bool [N].
    """
    kept = touches(boxes, window) & (overlap(boxes, window) >= overlap_thresh)
    moved = in_frame(tf.boolean_mask(boxes, kept), window)
    return (tf.clip_by_value(moved, 0.0, 1.0) if clip_boxes else moved), kept


def crop_to_aspect_ratio(
    aspect_ratio: float, overlap_thresh: float = ASPECT_RATIO_OVERLAP, *, clip_boxes: bool = True
) -> Step:
    """Return the step that cuts a random strip off the longer side, so that width / height is `aspect_ratio`.

    A box stays when at least `overlap_thresh` of its area does.
    """

    def step(example: Example, draws: Draws) -> Example:
        size = tf.cast(tf.shape(example.image)[:2], tf.float32)
        height, width = tf.unstack(size, num=2)
        target = tf.stack(
            [tf.minimum(height, tf.round(width / aspect_ratio)), tf.minimum(width, tf.round(height * aspect_ratio))]
        )
        target = tf.maximum(target, 1.0)  # where the original cuts all of a long image away
        spare = tf.cast(size - target, tf.int32)
        offset = tf.stack([draws.integer(0, spare[axis] + 1) for axis in (0, 1)])
        begin = tf.cast(offset, tf.float32)
        corners = tf.concat([begin, begin + target], axis=0) / tf.tile(size, [2])
        boxes, kept = boxes_in_window(example.boxes, corners, overlap_thresh=overlap_thresh, clip_boxes=clip_boxes)
        rows, columns = tf.unstack(tf.cast(target, tf.int32), num=2)
        image = tf.slice(example.image, tf.concat([offset, [0]], axis=0), tf.stack([rows, columns, 3]))
        return keep_boxes(example, kept)._replace(image=image, boxes=boxes)

    return step


def square_crop_by_scale(max_border: int, scales: tuple[float, float], num_scales: int) -> Step:
    """Return the step that takes a square, in part outside the image where there is black (arXiv:1904.07850).

    Args:
        max_border: The square's centre is at least so many pixels from the edges; halved until it fits the image.
        scales: Lowest and highest side of the square, as a fraction of the image's longer side.
        num_scales: Number of sides between them, the two included, one of which is drawn.
    """

    def step(example: Example, draws: Draws) -> Example:
        size = tf.shape(example.image)[:2]
        scale = tf.linspace(*scales, num_scales)[draws.integer(0, num_scales)]
        side = tf.cast(tf.cast(scale, tf.float32) * tf.cast(tf.reduce_max(size), tf.float32), tf.int32)
        side = tf.maximum(side, 1)
        borders = [_border(max_border, size[axis]) for axis in (0, 1)]
        center = tf.stack([draws.integer(borders[axis], size[axis] - borders[axis] + 1) for axis in (0, 1)])
        half = side // 2
        begin = center - half
        first, last = tf.maximum(begin, 0), tf.minimum(center + half, size - 1)  # the last row and column never come
        offset = tf.maximum(first - begin, 0)
        after = side - offset - (last - first)
        part = float_image(example)[first[0] : last[0], first[1] : last[1]]
        image = tf.pad(part, [[offset[0], after[0]], [offset[1], after[1]], [0, 0]])
        frame = tf.cast(tf.concat([begin, begin + side], axis=0), tf.float32) / tf.cast(tf.tile(size, [2]), tf.float32)
        return _in_view(with_image(example, image), frame)

    return step


def scale_crop_and_pad_to_square(size: int, scales: tuple[float, float]) -> Step:
    """Return the step that scales an image, cuts it to a square and fills the rest with black (arXiv:1911.09070).

    Args:
        size: Side of the square in pixels.
        scales: Lowest and highest longer side of the scaled image, as a fraction of the square's side.
    """

    def step(example: Example, draws: Draws) -> Example:
        before = tf.cast(tf.shape(example.image)[:2], tf.float32)
        scaled = tf.cast(draws.uniform(*scales) * size * (before / tf.reduce_max(before)), tf.int32)
        scaled = tf.maximum(scaled, 1)
        beyond = tf.cast(tf.maximum(scaled - size, 0), tf.float32)
        offset = tf.cast(beyond * draws.unit([2]), tf.int32)
        image = legacy_resize_bilinear(float_image(example)[tf.newaxis], scaled)[0]
        image = image[offset[0] : offset[0] + size, offset[1] : offset[1] + size]
        missing = size - tf.shape(image)[:2]
        image = tf.pad(image, [[0, missing[0]], [0, missing[1]], [0, 0]])
        frame = tf.cast(tf.concat([offset, offset + size], axis=0), tf.float32)
        return _in_view(with_image(example, image), frame / tf.cast(tf.tile(scaled, [2]), tf.float32))

    return step


def _in_view(example: Example, frame: tf.Tensor) -> Example:
    """Keep the boxes that are at least partly in a frame, clipped to it and normalised to it."""
    boxes = in_frame(example.boxes, frame)
    kept = touches(boxes, tf.constant([0.0, 0.0, 1.0, 1.0]))
    return keep_boxes(example._replace(boxes=tf.clip_by_value(boxes, 0.0, 1.0)), kept)


def _border(most: int, size: tf.Tensor) -> tf.Tensor:
    """Return `most`, halved until it is at most half of a side of `size` pixels."""
    halvings = tf.math.ceil(tf.math.log(2.0 * most / tf.cast(size, tf.float32)) / tf.math.log(2.0))
    divisor = tf.maximum(tf.minimum(tf.pow(2.0, halvings), float(most)), 1.0)
    return most // tf.cast(divisor, tf.int32)
