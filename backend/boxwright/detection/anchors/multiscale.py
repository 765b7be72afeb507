"""The anchors of a feature pyramid: a few scales per octave on every level.

Source: Lin et al., Focal Loss for Dense Object Detection, 2017, section 4, in the form of the original API's
`multiscale_anchor_generator`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


def multiscale_anchors(
    generator_config: messages.MultiscaleAnchorGenerator,
    feature_map_shapes: Sequence[tuple[int, int]],
    image_shape: tuple[int, int],
) -> npt.NDArray[np.float32]:
    """Lay out the anchors of all levels.

    Args:
        generator_config: The `multiscale_anchor_generator` message.
        feature_map_shapes: (height, width) in cells of each feature map, finest first; one per level.
        image_shape: (height, width) of the preprocessed image in pixels.

    Returns:
        float32 [A, 4], [ymin, xmin, ymax, xmax] normalised to the image, not clipped. Order: level, row, column, then
        within the cell by aspect ratio and by scale.

    Raises:
        BoxwrightError: The config and the feature maps do not fit together.
    """
    levels = range(generator_config.min_level, generator_config.max_level + 1)
    if len(feature_map_shapes) != len(levels):
        raise BoxwrightError(
            f"multiscale_anchor_generator: min_level {generator_config.min_level} to max_level "
            f"{generator_config.max_level} are {len(levels)} levels, but the feature extractor gives "
            f"{len(feature_map_shapes)} feature maps. Write the levels of feature_extractor.fpn."
        )
    if not generator_config.aspect_ratios:
        raise BoxwrightError(
            "multiscale_anchor_generator: aspect_ratios is empty, so there are no anchors. Write "
            "aspect_ratios: [1.0, 2.0, 0.5]."
        )
    return np.concatenate(
        [
            _level(generator_config, level, grid, image_shape)
            for level, grid in zip(levels, feature_map_shapes, strict=True)
        ]
    )


def multiscale_boxes_per_location(generator_config: messages.MultiscaleAnchorGenerator) -> list[int]:
    """Return the number of anchors per cell of each feature map, finest feature map first."""
    return [len(generator_config.aspect_ratios) * generator_config.scales_per_octave] * (
        generator_config.max_level - generator_config.min_level + 1
    )


def _level(
    generator_config: messages.MultiscaleAnchorGenerator,
    level: int,
    grid: tuple[int, int],
    image_shape: tuple[int, int],
) -> npt.NDArray[np.float32]:
    """Lay out one level: float32 [rows * columns * anchors, 4]; in the original's order of float32 arithmetic."""
    single, stride = np.float32, 2**level
    scales = [
        2.0 ** (octave / generator_config.scales_per_octave) for octave in range(generator_config.scales_per_octave)
    ]
    grid_scales = np.tile(np.array(scales, single), len(generator_config.aspect_ratios))
    roots = np.sqrt(np.repeat(np.array(generator_config.aspect_ratios, single), len(scales)))
    base = single(stride * generator_config.anchor_scale)
    half = np.stack([grid_scales / roots * base, grid_scales * roots * base], axis=-1) * single(0.5)
    # Where the stride does not divide the side, the first anchor is centred on the image's corner instead of its cell.
    y, x = (
        np.arange(cells, dtype=single) * single(stride) + single(stride / 2.0 if side % stride == 0 else 0.0)
        for cells, side in zip(grid, image_shape, strict=True)
    )
    centers = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1)[:, :, np.newaxis, :]
    corners = np.concatenate([centers - half, centers + half], axis=-1).reshape(-1, 4)
    scale = single(1.0) / np.array([*image_shape, *image_shape], single)
    return (corners * scale).astype(single)
