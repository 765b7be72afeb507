"""The anchors that a config's anchor generator lays out, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.detection.anchors.multiscale import multiscale_anchors, multiscale_boxes_per_location
from boxwright.detection.anchors.ssd import boxes_per_location, ssd_anchors
from boxwright.errors import BoxwrightError


def lay_out_anchors(
    config: Any, feature_map_shapes: Sequence[tuple[int, int]], image_shape: tuple[int, int]
) -> tuple[npt.NDArray[np.float32], list[int]]:
    """Lay out the anchors of all feature maps.

    Args:
        config: the `AnchorGenerator` message.
        feature_map_shapes: (height, width) in cells of each feature map, finest first.
        image_shape: (height, width) of the preprocessed image in pixels.

    Returns:
        float32 [A, 4], [ymin, xmin, ymax, xmax] normalised to the image, not clipped; and how many anchors each cell
        of each feature map has.

    Raises:
        BoxwrightError: there is no such generator here, or it does not fit the feature maps.
    """
    kind = config.WhichOneof("anchor_generator_oneof")
    if kind == "ssd_anchor_generator":
        generator = config.ssd_anchor_generator
        return ssd_anchors(generator, feature_map_shapes, image_shape), boxes_per_location(generator)
    if kind == "multiscale_anchor_generator":
        generator = config.multiscale_anchor_generator
        anchors = multiscale_anchors(generator, feature_map_shapes, image_shape)
        return anchors, multiscale_boxes_per_location(generator)
    raise BoxwrightError(
        f"anchor_generator: {kind or 'none is set'}; supported are ssd_anchor_generator and "
        "multiscale_anchor_generator. Write one of these."
    )
