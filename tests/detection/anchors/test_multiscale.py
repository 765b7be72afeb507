"""Anchors of a pyramid: a plain construction of the same grid; the original's numbers are in test_zoo_models.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from boxwright.detection.anchors.layout import lay_out_anchors
from boxwright.errors import BoxwrightError
from boxwright.pipeline.messages import TrainEvalPipelineConfig


@pytest.fixture
def config() -> Any:
    generator = TrainEvalPipelineConfig().model.ssd.anchor_generator
    generator.multiscale_anchor_generator.aspect_ratios.extend([1.0, 2.0, 0.5])
    return generator


def plain(config: Any, shape: tuple[int, int]) -> np.ndarray:
    """Loops over cells in double precision."""
    rows = []
    for level in range(config.min_level, config.max_level + 1):
        stride = 2**level
        offsets = [stride / 2 if side % stride == 0 else 0.0 for side in shape]
        for y in range(math.ceil(shape[0] / stride)):
            for x in range(math.ceil(shape[1] / stride)):
                cy, cx = y * stride + offsets[0], x * stride + offsets[1]
                for ratio in config.aspect_ratios:
                    for octave in range(config.scales_per_octave):
                        size = stride * config.anchor_scale * 2 ** (octave / config.scales_per_octave)
                        h, w = size / math.sqrt(ratio), size * math.sqrt(ratio)
                        rows.append([cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2])
    return np.array(rows) / [*shape, *shape]


@pytest.mark.parametrize("shape", [(640, 640), (320, 320), (192, 320)])
@pytest.mark.parametrize(("low", "high", "octaves"), [(3, 7, 2), (2, 5, 3)])
def test_same_as_a_plain_construction(config: Any, shape: tuple[int, int], low: int, high: int, octaves: int) -> None:
    generator = config.multiscale_anchor_generator
    generator.min_level, generator.max_level, generator.scales_per_octave = low, high, octaves
    maps = [tuple(math.ceil(side / 2**level) for side in shape) for level in range(low, high + 1)]
    anchors, counts = lay_out_anchors(config, maps, shape)
    assert anchors.dtype == np.float32
    assert counts == [3 * octaves] * len(maps)
    np.testing.assert_allclose(anchors, plain(generator, shape), atol=1e-6)


def test_levels_and_maps_must_agree(config: Any) -> None:
    with pytest.raises(BoxwrightError, match=r"5 levels, but the feature extractor gives 1"):
        lay_out_anchors(config, [(8, 8)], (64, 64))


def test_no_aspect_ratios_are_no_anchors(config: Any) -> None:
    del config.multiscale_anchor_generator.aspect_ratios[:]
    with pytest.raises(BoxwrightError, match="aspect_ratios is empty"):
        lay_out_anchors(config, [(8, 8), (4, 4), (2, 2), (1, 1), (1, 1)], (64, 64))


def test_another_generator_is_refused_by_name(config: Any) -> None:
    config.grid_anchor_generator.SetInParent()
    with pytest.raises(BoxwrightError, match="grid_anchor_generator"):
        lay_out_anchors(config, [(8, 8)], (64, 64))
