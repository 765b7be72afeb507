"""Laying out the anchors of the anchor generator that a config sets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from boxwright.detection.anchors.multiscale import multiscale_anchors, multiscale_boxes_per_location
from boxwright.detection.anchors.ssd import boxes_per_location, ssd_anchors
from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages


def lay_out_anchors(
    anchor_generator_config: messages.AnchorGenerator,
    feature_map_shapes: Sequence[tuple[int, int]],
    image_shape: tuple[int, int],
) -> tuple[npt.NDArray[np.float32], list[int]]:
    """Lay out the anchors of all feature maps.

    Args:
        anchor_generator_config: The `anchor_generator` message.
        feature_map_shapes: (height, width) in cells of each feature map, finest first.
        image_shape: (height, width) of the preprocessed image in pixels.

    Returns:
        The anchors, float32 [A, 4], [ymin, xmin, ymax, xmax] normalised to the image, not clipped; and the number of
        anchors per cell of each feature map.

    Raises:
        BoxwrightError: The generator is not supported, or it does not fit the feature maps.
    """
    kind = anchor_generator_config.WhichOneof("anchor_generator_oneof")
    if kind == "ssd_anchor_generator":
        ssd = anchor_generator_config.ssd_anchor_generator
        return ssd_anchors(ssd, feature_map_shapes, image_shape), boxes_per_location(ssd)
    if kind == "multiscale_anchor_generator":
        multiscale = anchor_generator_config.multiscale_anchor_generator
        anchors = multiscale_anchors(multiscale, feature_map_shapes, image_shape)
        return anchors, multiscale_boxes_per_location(multiscale)
    raise BoxwrightError(
        f"anchor_generator: {kind or 'none is set'}; supported are ssd_anchor_generator and "
        "multiscale_anchor_generator. Write one of these."
    )
