"""Resizing: the original's pixels, and a plain construction of TF1's bilinear sampling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.preprocessing import content_window, legacy_resize_bilinear, resize, resized_shape
from boxwright.errors import BoxwrightError
from boxwright.pipeline.load import load_pipeline


@pytest.fixture
def config(golden_a: Path) -> Any:
    return load_pipeline(golden_a / "pipeline.config").model.ssd.image_resizer


def plain_bilinear(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Sample at row * H / height, without half pixels, the last row and column repeated."""

    def axis(size: int, target: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = np.arange(target) * (size / target)
        low = np.floor(place).astype(int)
        return low, np.minimum(low + 1, size - 1), place - low

    y0, y1, dy = axis(image.shape[0], height)
    x0, x1, dx = axis(image.shape[1], width)
    dy, dx = dy[:, None, None], dx[None, :, None]
    top = image[y0][:, x0] * (1 - dx) + image[y0][:, x1] * dx
    bottom = image[y1][:, x0] * (1 - dx) + image[y1][:, x1] * dx
    return top * (1 - dy) + bottom * dy


def test_same_pixels_as_the_original(config: Any, golden_a: Path) -> None:
    arrays = np.load(golden_a / "preprocess.npz")
    scaled = arrays["raw_image_uint8"][None].astype(np.float32) * np.float32(2 / 255) - 1
    np.testing.assert_allclose(resize(tf.constant(scaled), config), arrays["preprocessed"], atol=1e-5)
    # TF2's own resize is off by far more than the tolerance; this is why there is a resize of ours.
    assert np.abs(tf.image.resize(scaled, [300, 300]) - arrays["preprocessed"]).max() > 0.1


@pytest.mark.parametrize("shape", [(7, 11), (40, 23), (300, 300), (1, 1)])
def test_same_as_plain_sampling(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).normal(size=(24, 31, 3)).astype(np.float32)
    ours = legacy_resize_bilinear(tf.constant(image[None]), shape)
    np.testing.assert_allclose(ours[0], plain_bilinear(image, *shape), atol=1e-4)


def test_the_same_size_changes_nothing(config: Any) -> None:
    images = tf.constant(np.random.default_rng(1).normal(size=(2, 300, 300, 3)).astype(np.float32))
    np.testing.assert_array_equal(resize(images, config), images)


@pytest.mark.parametrize("method", ["BILINEAR", "NEAREST_NEIGHBOR", "BICUBIC", "AREA"])
def test_every_method_gives_the_size(config: Any, method: str) -> None:
    resizer = config.fixed_shape_resizer
    resizer.height, resizer.width = 20, 30
    resizer.resize_method = resizer.DESCRIPTOR.fields_by_name["resize_method"].enum_type.values_by_name[method].number
    result = resize(tf.ones([2, 37, 41, 3]), config)
    assert result.shape == [2, 20, 30, 3]
    assert result.dtype == tf.float32
    np.testing.assert_allclose(result, 1.0, atol=1e-5)


def test_resized_shape_is_height_then_width(config: Any) -> None:
    config.fixed_shape_resizer.width = 400
    assert resized_shape(config) == (300, 400)


def keeping(config: Any, low: int, high: int) -> Any:
    """The config's resizer, replaced by one that keeps the aspect ratio and pads."""
    resizer = config.keep_aspect_ratio_resizer
    resizer.min_dimension, resizer.max_dimension, resizer.pad_to_max_dimension = low, high, True
    return resizer


@pytest.mark.parametrize(("low", "high"), [(300, 300), (320, 640), (24, 40), (600, 1024)])
def test_the_kept_aspect_ratio_gives_the_originals_sizes(config: Any, golden: Path, low: int, high: int) -> None:
    arrays = np.load(golden / "resize" / "keep_aspect_ratio.npz")
    keeping(config, low, high)
    assert resized_shape(config) == (high, high)
    window = content_window(config, arrays["sizes"][:, 0], arrays["sizes"][:, 1])
    np.testing.assert_array_equal(np.round(window[:, 2:] * high), arrays[f"shape_{low}_{high}"])
    np.testing.assert_array_equal(window[:, :2], 0.0)


@pytest.mark.parametrize("name", ["landscape", "portrait", "nearest"])
def test_kept_and_padded_pixels_are_the_originals(config: Any, golden: Path, name: str) -> None:
    arrays = np.load(golden / "resize" / "keep_aspect_ratio.npz")
    resizer = keeping(config, 24, 40)
    if name == "nearest":
        resizer.resize_method = 1
    else:
        resizer.per_channel_pad_value.extend([0.25, -0.5, 1.0])
    ours = resize(tf.constant(arrays[f"{name}_image"][None]), config)
    np.testing.assert_allclose(ours[0], arrays[f"{name}_resized"], atol=1e-6)


def test_an_image_that_fills_the_input_has_no_window(config: Any) -> None:
    assert content_window(config, 100, 200) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pad_to_max_dimension": False}, "pad_to_max_dimension: true"),
        ({"min_dimension": 500}, "min_dimension 500"),
        ({"convert_to_grayscale": True}, "convert_to_grayscale"),
    ],
)
def test_a_kept_aspect_ratio_without_a_single_size_is_refused(config: Any, change: dict[str, Any], says: str) -> None:
    resizer = keeping(config, 300, 300)
    for field, value in change.items():
        setattr(resizer, field, value)
    with pytest.raises(BoxwrightError, match=says):
        resized_shape(config)


@pytest.mark.parametrize(("field", "value"), [("convert_to_grayscale", True), ("height", 0)])
def test_a_size_below_one_and_grayscale_are_refused_by_name(config: Any, field: str, value: Any) -> None:
    setattr(config.fixed_shape_resizer, field, value)
    with pytest.raises(BoxwrightError, match=field):
        resized_shape(config)
