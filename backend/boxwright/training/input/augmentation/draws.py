"""Random numbers that are a pure function of a seed pair."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

MAX_CROP_ATTEMPTS = 100  # the original's; then the window is the whole image


class Window(NamedTuple):
    """A part of an image.

    Attributes:
        begin: int32 [3], first row, column and channel.
        size: int32 [3], rows, columns and channels; -1 for all channels.
        corners: float32 [4], [ymin, xmin, ymax, xmax] normalised to the image.
    """

    begin: tf.Tensor
    size: tf.Tensor
    corners: tf.Tensor


class Draws:
    """The random numbers of one step for one image, each by its place in the order in which the code asks for them."""

    def __init__(self, seed: tf.Tensor) -> None:
        """Draw from a seed, int32 or int64 [2]."""
        self._seed = seed
        self._asked = 0

    def unit(self, shape: Any = ()) -> tf.Tensor:
        """Return float32 `shape`, uniform in [0, 1)."""
        return tf.random.stateless_uniform(shape, self._next_seed())

    def uniform(self, low: Any, high: Any, shape: Any = ()) -> tf.Tensor:
        """Return float32 `shape`, uniform in [low, high)."""
        return low + self.unit(shape) * (high - low)

    def integer(self, low: Any, high: Any) -> tf.Tensor:
        """Return int32 [], uniform in [low, high); `low` where there is no number between.

        Args:
            low, high: int32 [] or numbers, at most 2²³ apart: beyond, the float32 of a draw cannot tell them apart.
        """
        span = tf.cast(high - low, tf.float32)
        offset = tf.clip_by_value(tf.floor(self.unit() * span), 0.0, tf.maximum(span - 1.0, 0.0))
        return low + tf.cast(offset, tf.int32)

    def normal(self, shape: Any) -> tf.Tensor:
        """Return float32 `shape`, normal with mean 0 and standard deviation 1."""
        return tf.random.stateless_normal(shape, self._next_seed())

    def window(
        self,
        image: tf.Tensor,
        boxes: tf.Tensor,
        *,
        min_object_covered: float,
        aspect_ratio_range: tuple[float, float],
        area_range: tuple[float, float],
    ) -> Window:
        """Return a part of the image that holds enough of one of the boxes; see `CropCase`.

        Args:
            image: [height, width, 3].
            boxes: float32 [N, 4], within the image; without boxes any part does.
            min_object_covered: At least this fraction of one of the boxes' areas is in the window.
            aspect_ratio_range: Lowest and highest width / height.
            area_range: Lowest and highest area, as a fraction of the image's.
        """
        begin, size, corners = tf.image.stateless_sample_distorted_bounding_box(
            tf.shape(image),
            boxes[tf.newaxis],
            self._next_seed(),
            min_object_covered=min_object_covered,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            max_attempts=MAX_CROP_ATTEMPTS,
            use_image_if_no_bounding_boxes=True,
        )
        return Window(begin, size, corners[0, 0])

    def _next_seed(self) -> tf.Tensor:
        """Return a seed of its own; TensorFlow scrambles seeds, so neighbours give independent numbers."""
        self._asked += 1
        return self._seed + tf.constant([0, self._asked], self._seed.dtype)
