"""Anchors: the original's numbers, and a plain construction of the same grid."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boxwright.detection.anchors.ssd import boxes_per_location, ssd_anchors
from boxwright.errors import BoxwrightError
from boxwright.pipeline.load import load_pipeline

MAPS_300 = [(19, 19), (10, 10), (5, 5), (3, 3), (2, 2), (1, 1)]


@pytest.fixture
def config(golden_a: Path) -> Any:
    return load_pipeline(golden_a / "pipeline.config").model.ssd.anchor_generator.ssd_anchor_generator


def plain(specs: list[list[tuple[float, float]]], maps: list[tuple[int, int]], shape: tuple[int, int]) -> np.ndarray:
    """Loops over cells in double precision; sizes keep their shape in pixels."""
    rows = []
    for layer, (h, w) in zip(specs, maps, strict=True):
        for y in range(h):
            for x in range(w):
                for scale, ratio in layer:
                    height = scale / math.sqrt(ratio) * min(shape) / shape[0]
                    width = scale * math.sqrt(ratio) * min(shape) / shape[1]
                    cy, cx = (y + 0.5) / h, (x + 0.5) / w
                    rows.append([cy - height / 2, cx - width / 2, cy + height / 2, cx + width / 2])
    return np.array(rows)


def test_equal_the_originals_and_are_not_clipped(config: Any, golden_a: Path) -> None:
    expected = np.load(golden_a / "anchors.npz")["anchors"]
    anchors = ssd_anchors(config, MAPS_300, (300, 300))
    assert anchors.dtype == np.float32
    assert anchors.shape == (1917, 4)
    np.testing.assert_allclose(anchors, expected, atol=1e-6, rtol=0)
    assert anchors.min() < -0.4
    assert anchors.max() > 1.4


def test_boxes_per_location_count_the_anchors(config: Any) -> None:
    counts = boxes_per_location(config)
    assert counts == [3, 6, 6, 6, 6, 6]
    assert sum(count * h * w for count, (h, w) in zip(counts, MAPS_300, strict=True)) == 1917


def test_explicit_scales_on_a_wide_image(config: Any) -> None:
    config.num_layers = 2
    config.scales[:] = [0.25, 0.6]
    config.aspect_ratios[:] = [1.0, 3.0]
    config.interpolated_scale_aspect_ratio = 0.5
    config.reduce_boxes_in_lowest_layer = False
    specs = [
        [(0.25, 1.0), (0.25, 3.0), (math.sqrt(0.25 * 0.6), 0.5)],
        [(0.6, 1.0), (0.6, 3.0), (math.sqrt(0.6 * 1.0), 0.5)],
    ]
    maps, shape = [(4, 7), (2, 3)], (200, 350)
    np.testing.assert_allclose(ssd_anchors(config, maps, shape), plain(specs, maps, shape), atol=1e-6)
    config.interpolated_scale_aspect_ratio = 0.0
    assert boxes_per_location(config) == [2, 2]


def test_min_and_max_scale_spread_over_the_layers(config: Any) -> None:
    config.num_layers = 3
    config.min_scale, config.max_scale = 0.1, 0.7
    config.aspect_ratios[:] = [1.0]
    specs = [
        [(0.1, 1.0), (0.1, 2.0), (0.1, 0.5)],
        [(0.4, 1.0), (math.sqrt(0.4 * 0.7), 1.0)],
        [(0.7, 1.0), (math.sqrt(0.7 * 1.0), 1.0)],
    ]
    maps = [(5, 5), (3, 3), (1, 1)]
    np.testing.assert_allclose(ssd_anchors(config, maps, (64, 64)), plain(specs, maps, (64, 64)), atol=1e-6)


def test_strides_offsets_and_base_size_are_obeyed(config: Any) -> None:
    config.num_layers = 1
    config.scales[:] = [0.5]
    config.aspect_ratios[:] = [1.0]
    config.interpolated_scale_aspect_ratio = 0.0
    config.reduce_boxes_in_lowest_layer = False
    config.base_anchor_height, config.base_anchor_width = 0.5, 2.0
    config.height_stride[:], config.width_stride[:] = [16], [32]
    config.height_offset[:], config.width_offset[:] = [4], [0]
    anchors = ssd_anchors(config, [(2, 2)], (100, 200))
    centers = [[4, 0], [4, 32], [20, 0], [20, 32]]
    expected = []
    for y, x in centers:
        height, width = 0.5 * 0.5, 0.5 * 2.0 * 100 / 200
        expected.append([y / 100 - height / 2, x / 200 - width / 2, y / 100 + height / 2, x / 200 + width / 2])
    np.testing.assert_allclose(anchors, expected, atol=1e-6)


def test_strides_of_some_layers_only_are_refused(config: Any) -> None:
    config.height_stride[:] = [16]
    with pytest.raises(BoxwrightError, match="height_stride"):
        ssd_anchors(config, MAPS_300, (300, 300))


def test_as_many_feature_maps_as_layers(config: Any) -> None:
    with pytest.raises(BoxwrightError, match="num_layers to 2"):
        ssd_anchors(config, [(19, 19), (10, 10)], (300, 300))


def test_one_layer_needs_an_explicit_scale(config: Any) -> None:
    config.num_layers = 1
    with pytest.raises(BoxwrightError, match="scales"):
        ssd_anchors(config, [(10, 10)], (300, 300))
