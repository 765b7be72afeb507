"""Images with parts missing or with a lower quality."""

from __future__ import annotations

import tensorflow as tf

from boxwright.training.input.augmentation.draws import Draws
from boxwright.training.input.augmentation.example import Example, Step, float_image, when, with_image

WHITE = 255.0


def black_patches(most: int, probability: float, size_to_image_ratio: float) -> Step:
    """Return the step that blackens up to `most` squares, each with a probability.

    Args:
        most: Number of squares that may come.
        probability: Of each.
        size_to_image_ratio: Side of a square as a fraction of the image's shorter side.
    """

    def step(example: Example, draws: Draws) -> Example:
        image = float_image(example)
        size = tf.shape(image)[:2]
        side = tf.cast(tf.cast(tf.reduce_min(size), tf.float32) * size_to_image_ratio, tf.int32)
        chance, y, x = tf.unstack(draws.unit([most, 3]), axis=1)
        corner = tf.stack([y, x]) * (1.0 - size_to_image_ratio) * tf.cast(size, tf.float32)[:, tf.newaxis]
        top, left = tf.unstack(tf.cast(corner, tf.int32))
        come = chance <= probability
        rows = tf.cast(_between(top, side, size[0]) & come[:, tf.newaxis], tf.float32)
        columns = tf.cast(_between(left, side, size[1]), tf.float32)
        black = tf.matmul(rows, columns, transpose_a=True) > 0.0  # of [height, width]: how many squares are there
        return with_image(example, tf.where(black[:, :, tf.newaxis], 0.0, image))

    return step


def jpeg_quality(least: int, most: int, random_coef: float) -> Step:
    """Return the step that encodes the image as JPEG of a quality of [least, most) and decodes it again.

    With the probability `random_coef` the image stays as it is.
    """

    def step(example: Example, draws: Draws) -> Example:
        example = with_image(example, float_image(example))
        wanted = draws.unit() >= random_coef

        def encoded() -> Example:
            quality = draws.integer(least, most)
            jpeg = tf.raw_ops.EncodeJpegVariableQuality(images=tf.cast(example.image, tf.uint8), quality=quality)
            return with_image(example, tf.cast(tf.io.decode_jpeg(jpeg, channels=3), tf.float32))

        return when(wanted, encoded, example)

    return step


def patch_gaussian(sizes: tuple[int, int], deviations: tuple[float, float], random_coef: float) -> Step:
    """Return the step that adds normal noise to the values of one square (arXiv:1906.02611).

    Args:
        sizes: Lowest and, exclusive, highest side of the square in pixels; its centre is anywhere in the image.
        deviations: Lowest and highest standard deviation, as a fraction of white.
        random_coef: Probability of leaving the image as it is.
    """

    def step(example: Example, draws: Draws) -> Example:
        example = with_image(example, float_image(example))
        wanted = draws.unit() >= random_coef

        def noisy() -> Example:
            side, deviation = draws.integer(*sizes), draws.uniform(*deviations)
            shape = tf.shape(example.image)
            y, x = draws.integer(0, shape[0]), draws.integer(0, shape[1])
            scaled = example.image / WHITE
            changed = tf.clip_by_value(scaled + deviation * draws.normal(shape), 0.0, 1.0)
            begin = tf.stack([y, x]) - side // 2
            rows, columns = (_between(begin[axis][tf.newaxis], side, shape[axis])[0] for axis in (0, 1))
            patch = rows[:, tf.newaxis] & columns[tf.newaxis]
            return with_image(example, tf.where(patch[:, :, tf.newaxis], changed, scaled) * WHITE)

        return when(wanted, noisy, example)

    return step


def _between(begin: tf.Tensor, length: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Return bool [N, size]: which places are in [begin, begin + length), for each begin of int32 [N]."""
    places, first = tf.range(size)[tf.newaxis], begin[:, tf.newaxis]
    return (places >= first) & (places < first + length)
