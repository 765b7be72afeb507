"""Crops and flips, held against 4,000 draws of the original stack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from augmentation_cases import kolmogorov_smirnov
from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.training.input.augmentation.crop import SSD_CROP_CASES, CropCase, boxes_in_window, random_crop
from boxwright.training.input.augmentation.draws import Draws
from boxwright.training.input.augmentation.example import Example, Step
from boxwright.training.input.augmentation.geometry import horizontal_flip
from boxwright.training.input.augmentation.registry import build_step

DRAWS = 4000
FEWER = SSD_CROP_CASES[1:]


def coordinate_example(height: int, width: int, boxes: np.ndarray) -> Example:
    """Return an image whose pixels are their own (y, x), so that a crop says where it was taken."""
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([y, x, 0 * y], axis=-1).astype(np.uint8)
    count = len(boxes)
    return Example(tf.constant(image), tf.constant(boxes), tf.range(count, dtype=tf.int32), tf.ones([count]))


def draw(step: Step, example: Example, draws: int = DRAWS) -> tuple[np.ndarray, np.ndarray]:
    """Return windows [draws, 4] in pixels with boxes kept, [draws, 5], and boxes by label [draws, N, 4]."""

    def one(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        out = step(example, Draws(tf.stack([tf.constant(7, tf.int64), number])))
        first, last = tf.cast(out.image[0, 0], tf.float32), tf.cast(out.image[-1, -1], tf.float32)
        count = tf.cast(tf.shape(out.boxes)[0], tf.float32)
        row = tf.stack([first[0], first[1], last[0] + 1, last[1] + 1, count])
        by_label = tf.fill(tf.shape(example.boxes), np.float32("nan"))
        return row, tf.tensor_scatter_nd_update(by_label, out.classes[:, tf.newaxis], out.boxes)

    numbers = tf.data.Dataset.range(draws).map(one, num_parallel_calls=tf.data.AUTOTUNE)
    rows, boxes = next(iter(numbers.batch(draws)))
    return rows.numpy(), boxes.numpy()


@pytest.fixture(scope="module")
def original(golden: Path) -> dict[str, np.ndarray]:
    return dict(np.load(golden / "extras" / "ssd_random_crop_draws.npz"))


def example_of(original: dict[str, np.ndarray]) -> Example:
    return coordinate_example(*original["image_hw"], original["boxes"])


def distance(windows: np.ndarray, boxes: np.ndarray, original: dict[str, np.ndarray]) -> dict[str, float]:
    """Return, for each quantity of a crop, how far ours is from the original's; above 1 is too far."""
    theirs_windows, theirs_boxes = original["windows_y0x0y1x1_nkept"], original["kept_boxes_by_label"]
    height, width = original["image_hw"]

    def quantities(rows: np.ndarray, kept: np.ndarray) -> dict[str, np.ndarray]:
        h, w = rows[:, 2] - rows[:, 0], rows[:, 3] - rows[:, 1]
        whole = ((h == height) & (w == width)).astype(float)
        cut = whole == 0
        out = {"whole": whole, "kept": rows[:, 4], "area": (h * w)[cut], "aspect": (w / h)[cut]}
        out |= {f"edge {i}": rows[cut, i] for i in range(4)}
        for label in range(kept.shape[1]):
            there = ~np.isnan(kept[:, label, 0])
            out[f"label {label} kept"] = there.astype(float)
            # Rounded, or equal windows whose boxes differ by an ulp would be different values.
            out |= {f"label {label} edge {i}": kept[there, label, i].round(5) for i in range(4)}
        return out

    ours, theirs = quantities(windows, boxes), quantities(theirs_windows, theirs_boxes)
    return {name: kolmogorov_smirnov(ours[name], theirs[name]) for name in ours}


def test_crops_are_distributed_as_the_originals(original: dict[str, np.ndarray]) -> None:
    far = distance(*draw(random_crop(), example_of(original)), original)
    assert max(far.values()) < 1, far


@pytest.mark.parametrize(
    "cases",
    [
        [replace(case, random_coef=0.05) for case in SSD_CROP_CASES],
        [replace(case, aspect_ratio_range=(0.75, 1.33)) for case in SSD_CROP_CASES],
        [replace(case, area_range=(0.2, 1.0)) for case in SSD_CROP_CASES],
        [replace(case, overlap_thresh=0.0) for case in SSD_CROP_CASES],
        [replace(case, clip_boxes=False) for case in SSD_CROP_CASES],
        SSD_CROP_CASES[1:],
        SSD_CROP_CASES[:-1],
    ],
    ids=["random_coef", "aspect", "area", "overlap", "unclipped", "no case 0", "no case 1.0"],
)
def test_the_comparison_sees_a_wrong_rule(cases: list[CropCase], original: dict[str, np.ndarray]) -> None:
    far = distance(*draw(random_crop(cases), example_of(original)), original)
    assert max(far.values()) > 1, far


@pytest.mark.parametrize("kind", ["random_crop_image", "ssd_random_crop_fixed_aspect_ratio"])
def test_the_other_crops_are_distributed_as_the_originals(kind: str, golden: Path) -> None:
    theirs = dict(np.load(golden / "extras" / f"{kind}_draws.npz"))
    option = TrainEvalPipelineConfig().train_config.data_augmentation_options.add()
    if kind == "random_crop_image":  # as the zoo's feature pyramids have it
        text_format.Merge(
            "random_crop_image { min_object_covered: 0.0 min_aspect_ratio: 0.75 max_aspect_ratio: 3.0 min_area: 0.75 "
            "max_area: 1.0 overlap_thresh: 0.0 }",
            option,
        )
    else:
        option.ssd_random_crop_fixed_aspect_ratio.SetInParent()
    far = distance(*draw(build_step(option), example_of(theirs), 3000), theirs)
    assert max(far.values()) < 1, far
    # A rule that is a little different is told apart, or this shows nothing.
    wrong = {"random_crop_image": CropCase(0.0, (0.75, 3.0), (0.7, 1.0), random_coef=0.0)}.get(kind)
    other = random_crop([wrong]) if wrong else random_crop([replace(case, aspect_ratio_range=(1, 1)) for case in FEWER])
    far = distance(*draw(other, example_of(theirs), 3000), theirs)
    assert max(far.values()) > 1, far


def test_boxes_move_with_their_pixels(original: dict[str, np.ndarray]) -> None:
    windows, boxes = draw(random_crop([CropCase(0.5, clip_boxes=False)]), example_of(original), 200)
    origin, size = windows[:, None, :2], windows[:, None, 2:4] - windows[:, None, :2]
    back = np.concatenate([boxes[..., :2] * size + origin, boxes[..., 2:] * size + origin], axis=-1)
    expected = np.broadcast_to(original["boxes"] * np.tile(original["image_hw"], 2), back.shape)
    there = ~np.isnan(back)
    assert there.any()
    np.testing.assert_allclose(back[there], expected[there], atol=1e-3)


def test_flips_are_the_originals(golden: Path) -> None:
    original = np.load(golden / "extras" / "random_horizontal_flip_draws.npz")
    _, boxes = draw(horizontal_flip(0.5), example_of(dict(original)), 300)
    theirs = np.unique(original["kept_boxes_by_label"].round(5), axis=0)
    np.testing.assert_allclose(np.unique(boxes.round(5), axis=0), theirs, atol=2e-5)
    flipped = ~np.isclose(boxes[:, 0, 1], original["boxes"][0, 1])
    assert abs(flipped.mean() - 0.5) < 3.3 * np.sqrt(0.25 / 300)


def test_a_flip_mirrors_the_pixels() -> None:
    example = coordinate_example(4, 6, np.zeros((0, 4), np.float32))
    out = horizontal_flip(1.0)(example, Draws(tf.constant([1, 2])))
    np.testing.assert_array_equal(out.image, example.image[:, ::-1])
    np.testing.assert_array_equal(horizontal_flip(0.0)(example, Draws(tf.constant([1, 2]))).image, example.image)


def test_a_negative_image_is_cropped_too() -> None:
    example = coordinate_example(120, 160, np.zeros((0, 4), np.float32))
    windows, boxes = draw(random_crop(), example, 100)
    assert boxes.shape == (100, 0, 4)
    assert (windows[:, 4] == 0).all()
    assert len(np.unique(windows, axis=0)) > 20


def test_a_crop_may_leave_no_box(original: dict[str, np.ndarray]) -> None:
    windows, _ = draw(random_crop([CropCase(0.1, overlap_thresh=1.0)]), example_of(original), 200)
    assert (windows[:, 4] == 0).any()


def test_the_same_seed_draws_the_same(original: dict[str, np.ndarray]) -> None:
    first, second = (draw(random_crop(), example_of(original), 50) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert len(np.unique(first[0], axis=0)) > 30


def test_boxes_in_window_keeps_by_the_share_of_their_area() -> None:
    boxes = tf.constant([[0.0, 0.0, 0.4, 0.4], [0.0, 0.0, 0.2, 0.2], [0.2, 0.2, 0.4, 0.4], [0.6, 0.6, 0.9, 0.9]])
    window = tf.constant([0.2, 0.2, 0.6, 0.6])
    inside, kept = boxes_in_window(boxes, window, overlap_thresh=0.25, clip_boxes=True)
    np.testing.assert_array_equal(kept, [True, False, True, False])
    np.testing.assert_allclose(inside, [[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5]], atol=1e-6)
    _, kept = boxes_in_window(boxes, window, overlap_thresh=0.26, clip_boxes=True)
    np.testing.assert_array_equal(kept, [False, False, True, False])
