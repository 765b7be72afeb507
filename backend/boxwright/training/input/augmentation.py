"""Random flips and crops of an image with its boxes, on the original image before it is resized.

Every draw is a pure function of a seed pair, so a run with the same seed sees the same pictures.
Boxes are [ymin, xmin, ymax, xmax], normalised to the image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import tensorflow as tf

from boxwright.training.errors import TrainingError

MAX_CROP_ATTEMPTS = 100  # the original's; then the image stays whole
ASPECT_RATIO_OVERLAP = 0.3  # the original's: a box stays when this share of its area is left


class Example(NamedTuple):
    """An image with its ground truth.

    Attributes:
        image: uint8 [height, width, 3].
        boxes: float32 [N, 4], [ymin, xmin, ymax, xmax] normalised to the image; N may be 0.
        classes: int32 [N], 0-based.
        weights: float32 [N], how much each box counts.
    """

    image: tf.Tensor
    boxes: tf.Tensor
    classes: tf.Tensor
    weights: tf.Tensor


Augmentation = Callable[[Example, tf.Tensor], Example]
"""From an example and a seed (int32 or int64 [2]) to the example that the model sees."""


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


def build_augmentation(options: Iterable[Any]) -> Augmentation:
    """Return the train_config.data_augmentation_options as one function, in the config's order.

    Args:
        options: object_detection.protos.PreprocessingStep messages.

    Raises:
        TrainingError: A step is not supported.
    """
    steps: list[Augmentation] = []
    for option in options:
        kind = option.WhichOneof("preprocessing_step")
        if kind == "random_horizontal_flip":
            steps.append(horizontal_flip(option.random_horizontal_flip.probability))
        elif kind == "ssd_random_crop":
            cases = tuple(map(_crop_case, option.ssd_random_crop.operations))
            steps.append(random_crop(cases or SSD_CROP_CASES))
        elif kind == "random_crop_image":
            steps.append(random_crop([_crop_case(option.random_crop_image)]))
        elif kind == "ssd_random_crop_fixed_aspect_ratio":
            steps += _fixed_aspect_ratio_steps(option.ssd_random_crop_fixed_aspect_ratio)
        else:
            raise TrainingError(
                f"train_config: the augmentation {kind} is not supported. Remove it, or use random_horizontal_flip, "
                "ssd_random_crop, random_crop_image or ssd_random_crop_fixed_aspect_ratio."
            )

    def augment(example: Example, seed: tf.Tensor) -> Example:
        seeds = tf.random.experimental.stateless_split(seed, max(len(steps), 1))
        for number, step in enumerate(steps):
            example = step(example, seeds[number])
        return example

    return augment


def horizontal_flip(probability: float = 0.5) -> Augmentation:
    """Return the step that mirrors an image left to right with a probability."""

    def flip(example: Example, seed: tf.Tensor) -> Example:
        def mirrored() -> tuple[tf.Tensor, tf.Tensor]:
            ymin, xmin, ymax, xmax = tf.unstack(example.boxes, axis=1)
            return tf.reverse(example.image, axis=[1]), tf.stack([ymin, 1.0 - xmax, ymax, 1.0 - xmin], axis=1)

        image, boxes = tf.cond(
            tf.random.stateless_uniform([], seed) < probability, mirrored, lambda: (example.image, example.boxes)
        )
        return example._replace(image=image, boxes=boxes)

    return flip


def random_crop(cases: Sequence[CropCase] = SSD_CROP_CASES) -> Augmentation:
    """Return the step that crops by one of the cases, each as likely as the others.

    A crop may leave no box at all; such an image trains the background.
    """

    def crop(example: Example, seed: tf.Tensor) -> Example:
        pick_seed, whole_seed, window_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 3))
        picked = tf.random.stateless_uniform([], pick_seed, maxval=len(cases), dtype=tf.int32)
        chance = tf.random.stateless_uniform([], whole_seed)

        def cut(case: CropCase) -> Callable[[], tuple[tf.Tensor, ...]]:
            return lambda: tf.cond(
                chance > case.random_coef,
                lambda: tuple(_cut(example, case, window_seed)),
                lambda: tuple(example),
            )

        return Example(*tf.switch_case(picked, [cut(case) for case in cases]))

    return crop


def _cut(example: Example, case: CropCase, seed: tf.Tensor) -> Example:
    begin, size, window = tf.image.stateless_sample_distorted_bounding_box(
        tf.shape(example.image),
        tf.clip_by_value(example.boxes, 0.0, 1.0)[tf.newaxis],
        seed,
        min_object_covered=case.min_object_covered,
        aspect_ratio_range=case.aspect_ratio_range,
        area_range=case.area_range,
        max_attempts=MAX_CROP_ATTEMPTS,
        use_image_if_no_bounding_boxes=True,
    )
    boxes, kept = boxes_in_window(
        example.boxes, window[0, 0], overlap_thresh=case.overlap_thresh, clip_boxes=case.clip_boxes
    )
    classes, weights = (tf.boolean_mask(values, kept) for values in (example.classes, example.weights))
    return Example(tf.slice(example.image, begin, size), boxes, classes, weights)


def crop_to_aspect_ratio(aspect_ratio: float) -> Augmentation:
    """Return the step that cuts a random strip off the longer split, so that width / height is `aspect_ratio`.

    A box stays when at least ASPECT_RATIO_OVERLAP of its area does.
    """

    def crop(example: Example, seed: tf.Tensor) -> Example:
        height, width = tf.unstack(tf.cast(tf.shape(example.image)[:2], tf.float32), num=2)
        size = tf.stack(
            [tf.minimum(height, tf.round(width / aspect_ratio)), tf.minimum(width, tf.round(height * aspect_ratio))]
        )
        room = tf.stack([height, width]) - size
        begin = tf.floor(tf.random.stateless_uniform([2], seed) * (room + 1.0))
        corners = tf.stack([begin, begin + size]) / tf.stack([height, width])
        boxes, kept = boxes_in_window(
            example.boxes, tf.reshape(corners, [4]), overlap_thresh=ASPECT_RATIO_OVERLAP, clip_boxes=True
        )
        classes, weights = (tf.boolean_mask(values, kept) for values in (example.classes, example.weights))
        (top, left), (rows, columns) = (tf.unstack(tf.cast(pair, tf.int32), num=2) for pair in (begin, size))
        image = tf.slice(example.image, tf.stack([top, left, 0]), tf.stack([rows, columns, 3]))
        return Example(image, boxes, classes, weights)

    return crop


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
    low, high = boxes[:, :2], boxes[:, 2:]
    inside = tf.reduce_all((low < window[2:]) & (high > window[:2]), axis=1)
    overlap = tf.reduce_prod(tf.maximum(tf.minimum(high, window[2:]) - tf.maximum(low, window[:2]), 0.0), axis=1)
    area = tf.reduce_prod(high - low, axis=1)
    kept = inside & (overlap / area >= overlap_thresh)
    corner = tf.tile(window[:2], [2])
    moved = (tf.boolean_mask(boxes, kept) - corner) / tf.tile(window[2:] - window[:2], [2])
    return (tf.clip_by_value(moved, 0.0, 1.0) if clip_boxes else moved), kept


def _crop_case(operation: Any) -> CropCase:
    return CropCase(
        min_object_covered=operation.min_object_covered,
        aspect_ratio_range=(operation.min_aspect_ratio, operation.max_aspect_ratio),
        area_range=(operation.min_area, operation.max_area),
        overlap_thresh=operation.overlap_thresh,
        clip_boxes=operation.clip_boxes,
        random_coef=operation.random_coef,
    )


def _fixed_aspect_ratio_steps(config: Any) -> list[Augmentation]:
    """A crop of that shape as ssd_random_crop makes them, then a cut for the images that it kept whole."""
    shape = (config.aspect_ratio, config.aspect_ratio)
    cases = [
        CropCase(
            min_object_covered=operation.min_object_covered,
            area_range=(operation.min_area, operation.max_area),
            overlap_thresh=operation.overlap_thresh,
            clip_boxes=operation.clip_boxes,
            random_coef=operation.random_coef,
        )
        for operation in config.operations
    ]
    shaped = [replace(case, aspect_ratio_range=shape) for case in cases or SSD_CROP_CASES]
    return [random_crop(shaped), crop_to_aspect_ratio(config.aspect_ratio)]
