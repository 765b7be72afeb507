"""The anchors of an SSD: a fixed grid of boxes over every feature map.

Source: Liu et al., "SSD: Single Shot MultiBox Detector", section 2.2, in the form of the original API's
`ssd_anchor_generator`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


def ssd_anchors(
    generator_config: messages.SsdAnchorGenerator,
    feature_map_shapes: Sequence[tuple[int, int]],
    image_shape: tuple[int, int] = (1, 1),
) -> npt.NDArray[np.float32]:
    """Lay out the anchors of all feature maps.

    Args:
        generator_config: The `ssd_anchor_generator` message.
        feature_map_shapes: (height, width) in cells of each feature map, finest first; as many as `num_layers`.
        image_shape: (height, width) of the preprocessed image in pixels. It has an effect when it is not square
            (anchors keep their shape in pixels) and when the config sets strides or offsets, which are in pixels.

    Returns:
        float32 [A, 4], [ymin, xmin, ymax, xmax] normalised to the image. They are not clipped and extend over the
        border, as in the original. Order: feature map, row, column, anchor within the cell.

    Raises:
        BoxwrightError: The config and the feature maps do not fit together.
    """
    specs = _box_specs(generator_config)
    if len(feature_map_shapes) != len(specs):
        raise BoxwrightError(
            f"ssd_anchor_generator: num_layers is {generator_config.num_layers}, but the feature extractor gives "
            f"{len(feature_map_shapes)} feature maps. The two must be equal: set num_layers to "
            f"{len(feature_map_shapes)}."
        )
    strides = _per_layer_pixels(generator_config, "stride", len(specs))
    offsets = _per_layer_pixels(generator_config, "offset", len(specs))
    height, width = image_shape
    shorter = min(height, width)
    base_size = (
        shorter / height * generator_config.base_anchor_height,
        shorter / width * generator_config.base_anchor_width,
    )
    layers = []
    for index, ((rows, columns), layer_specs) in enumerate(zip(feature_map_shapes, specs, strict=True)):
        stride = (1.0 / rows, 1.0 / columns)
        if strides:
            stride = (strides[index][0] / height, strides[index][1] / width)
        offset = (0.5 * stride[0], 0.5 * stride[1])
        if offsets:
            offset = (offsets[index][0] / height, offsets[index][1] / width)
        layers.append(_tile((rows, columns), layer_specs, base_size, stride, offset))
    return np.concatenate(layers)


def boxes_per_location(generator_config: messages.SsdAnchorGenerator) -> list[int]:
    """Return the number of anchors per cell of each feature map, finest feature map first."""
    return [len(layer) for layer in _box_specs(generator_config)]


def _box_specs(generator_config: messages.SsdAnchorGenerator) -> list[list[tuple[float, float]]]:
    """Return (scale, aspect ratio) of each anchor of a cell, per layer; scales are fractions of the shorter side."""
    count = generator_config.num_layers
    scales = list(generator_config.scales)
    if not scales:
        if count < 2:
            raise BoxwrightError(
                f"ssd_anchor_generator: num_layers is {count}; scales between min_scale and max_scale need at least "
                "two layers. Write the scale of the layer in `scales`."
            )
        step = generator_config.max_scale - generator_config.min_scale
        scales = [generator_config.min_scale + step * layer / (count - 1) for layer in range(count)]
    scales.append(1.0)
    if len(scales) <= count:
        raise BoxwrightError(
            f"ssd_anchor_generator: {len(scales) - 1} scales for num_layers {count}. "
            "Write one scale per layer, or none."
        )
    layers: list[list[tuple[float, float]]] = []
    for layer in range(count):
        scale, next_scale = scales[layer], scales[layer + 1]
        if layer == 0 and generator_config.reduce_boxes_in_lowest_layer:
            layers.append([(0.1, 1.0), (scale, 2.0), (scale, 0.5)])
            continue
        specs = [(scale, float(ratio)) for ratio in generator_config.aspect_ratios]
        # The interpolated anchor comes last: the predictor's channels in a checkpoint have this order.
        if generator_config.interpolated_scale_aspect_ratio > 0.0:
            specs.append((math.sqrt(scale * next_scale), generator_config.interpolated_scale_aspect_ratio))
        layers.append(specs)
    return layers


def _per_layer_pixels(generator_config: messages.SsdAnchorGenerator, kind: str, layers: int) -> list[tuple[int, int]]:
    """Return (vertical, horizontal) strides or offsets in pixels, one per layer; an empty list when none is set."""
    vertical, horizontal = (
        (list(generator_config.height_stride), list(generator_config.width_stride))
        if kind == "stride"
        else (list(generator_config.height_offset), list(generator_config.width_offset))
    )
    if not vertical and not horizontal:
        return []
    if len(vertical) != layers or len(horizontal) != layers:
        raise BoxwrightError(
            f"ssd_anchor_generator: {len(vertical)} values of height_{kind} and {len(horizontal)} of width_{kind} for "
            f"{layers} layers. Write one of each per layer, or none."
        )
    return list(zip(vertical, horizontal, strict=True))


def _tile(
    grid: tuple[int, int],
    specs: list[tuple[float, float]],
    base_size: tuple[float, float],
    stride: tuple[float, float],
    offset: tuple[float, float],
) -> npt.NDArray[np.float32]:
    """Place one layer's anchors on its grid: float32 [rows * columns * anchors, 4].

    The arithmetic is float32 in the original's order, so that an IoU at the matching threshold is rounded the same way.
    """
    single = np.float32
    scales = np.array([scale for scale, _ in specs], single)
    roots = np.sqrt(np.array([ratio for _, ratio in specs], single))
    sizes = np.stack([scales / roots * single(base_size[0]), scales * roots * single(base_size[1])], axis=-1)
    y = np.arange(grid[0], dtype=single) * single(stride[0]) + single(offset[0])
    x = np.arange(grid[1], dtype=single) * single(stride[1]) + single(offset[1])
    centers = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1)[:, :, np.newaxis, :]
    half = single(0.5) * sizes[np.newaxis, np.newaxis]
    corners = np.concatenate([centers - half, centers + half], axis=-1)
    return corners.reshape(-1, 4).astype(single)
