"""What the steps draw: distributed as the original's own draws, and a pure function of the seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from augmentation_cases import CASES, FOLDER, kolmogorov_smirnov, option, picture
from boxwright.training.input.augmentation import build_augmentation
from boxwright.training.input.augmentation.draws import Draws

DRAWS = 1500
SIGNIFICANCE = 1e-4  # of each of about 400 comparisons: the seeds are fixed, so a pass stays a pass
PICTURE = np.load(FOLDER / "replays.npz")
ORIGINAL = np.load(FOLDER / "draws.npz")
SIDES = ("ymin", "xmin", "ymax", "xmax")
PLACES = [f"label {label} {side}" for label in (1, 2, 3) for side in SIDES]
COLUMNS = ("height", "width", "boxes", "mean", "red", "green", "blue", *PLACES)


def draw(names: Sequence[str], draws: int, first: int = 0) -> np.ndarray:
    """Return a row of COLUMNS for each draw of some cases, one after another; NaN where the box of a label is gone."""
    augmentation, example = build_augmentation([option(CASES[name]) for name in names]), picture(PICTURE)

    def one(number: tf.Tensor) -> tf.Tensor:
        out = augmentation(example, tf.stack([tf.constant(7, tf.int64), number]))
        image, size = tf.cast(out.image, tf.float32), tf.shape(out.image)
        shape = tf.cast(tf.concat([size[:2], tf.shape(out.boxes)[:1]], axis=0), tf.float32)
        places = tf.math.unsorted_segment_max(out.boxes, out.classes, 3)
        places = tf.where(places < -1e30, np.float32("nan"), places)
        middle = image[size[0] // 2, size[1] // 2]
        return tf.concat([shape, [tf.reduce_mean(image)], middle, tf.reshape(places, [-1])], axis=0)

    mapped = tf.autograph.experimental.do_not_convert(one)
    numbers = tf.data.Dataset.range(first, first + draws).map(mapped, num_parallel_calls=tf.data.AUTOTUNE)
    rows: np.ndarray = next(iter(numbers.batch(draws))).numpy()
    return rows


def distances(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """Return, for each column, how far ours is from the original's; above 1 is too far."""
    out = {}
    for number, column in enumerate(COLUMNS):
        # Rounded, or equal values that differ by float32's rounding would be different values.
        one, other = (rows[:, number].round(2 if number < 7 else 4) for rows in (ours, theirs))
        kept = [np.isnan(values).astype(float) for values in (one, other)]
        out[f"{column} gone"] = kolmogorov_smirnov(*kept, SIGNIFICANCE)
        one, other = one[~np.isnan(one)], other[~np.isnan(other)]
        if len(one) and len(other):
            out[column] = kolmogorov_smirnov(one, other, SIGNIFICANCE)
    return out


@pytest.mark.parametrize("name", ORIGINAL.files)
def test_a_step_draws_as_the_original_does(name: str) -> None:
    theirs = ORIGINAL[name]
    if name in ("remap_labels", "random_self_concat_image"):  # two boxes of one label: which one is in the row?
        theirs = theirs.copy()
        theirs[:, 7:] = np.nan
    ours = draw([name], DRAWS)
    ours[:, 7:][:, np.isnan(theirs[:, 7:]).all(axis=0)] = np.nan
    if name == "random_jpeg_quality":  # another version of libjpeg
        ours[:, 3:7] = theirs[:, 3:7] = 0
    far = distances(ours, theirs)
    assert max(far.values()) < 1, far


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("random_adjust_brightness", "random_adjust_brightness wide"),
        ("random_jitter_boxes", "random_jitter_boxes expand"),
        ("random_rotation90", "random_rotation90 often"),
        ("random_image_scale", "random_image_scale narrow"),
        ("ssd_random_crop_pad", "ssd_random_crop_pad operations"),
        ("ssd_random_crop_pad_fixed_aspect_ratio", "ssd_random_crop_fixed_aspect_ratio"),
    ],
)
def test_the_comparison_sees_another_rule(name: str, other: str) -> None:
    assert max(distances(draw([other], DRAWS), ORIGINAL[name]).values()) > 1


def test_all_steps_together_are_a_function_of_the_seed() -> None:
    rows = draw(ORIGINAL.files, 24)
    assert len(np.unique(rows, axis=0)) == 24
    np.testing.assert_array_equal(draw(ORIGINAL.files, 12, first=12), rows[12:])


def test_the_order_of_steps_is_the_configs() -> None:
    names = ("resize_image", "random_absolute_pad_image")
    for order, shape in ((names, None), (names[::-1], (9, 20))):
        augmentation = build_augmentation([option(CASES[name]) for name in order])
        shapes = {
            tuple(augmentation(picture(PICTURE), tf.constant([1, number])).image.shape[:2]) for number in range(8)
        }
        assert (shapes == {shape}) is (shape is not None)


def test_draws_are_in_their_range_and_do_not_repeat() -> None:
    draws = Draws(tf.constant([3, 4], tf.int64))
    numbers = np.array([draws.integer(2, 5) for _ in range(60)])
    assert set(numbers) == {2, 3, 4}
    assert len({float(draws.unit()) for _ in range(60)}) == 60
    assert int(draws.integer(4, 4)) == 4
    values = np.array([draws.uniform(-1.0, 3.0) for _ in range(60)])
    assert values.min() >= -1
    assert values.max() < 3
    assert np.ptp(values) > 3
