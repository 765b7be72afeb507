"""Resizing as TF1 did it: checkpoints were trained on these pixels."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from boxwright.errors import BoxwrightError


def legacy_resize_bilinear(images: Any, height: int, width: int) -> Any:
    """TF1's `resize_images`: bilinear, sampling at corners (half_pixel_centers=False), without antialiasing.

    `tf.image.resize` of TF2 samples half a pixel away; on a 372x475 photograph that moves values by whole grey levels.

    Args:
        images: float32 [B, H, W, C]; the original scales to [-1, 1] first and resizes then.
        height: rows of the result.
        width: columns of the result.

    Returns:
        float32 [B, height, width, C].
    """
    return tf.raw_ops.ResizeBilinear(images=images, size=[height, width], align_corners=False, half_pixel_centers=False)


def resize(images: Any, config: Any) -> Any:
    """Resize as the config's image resizer says.

    Args:
        images: float32 [B, H, W, 3], already scaled by the feature extractor's preprocessing.
        config: the `ImageResizer` message.

    Returns:
        float32 [B, height, width, 3].

    Raises:
        BoxwrightError: another resizer than `fixed_shape_resizer`, or grayscale.
    """
    height, width = resized_shape(config)
    resizer = config.fixed_shape_resizer
    method = resizer.DESCRIPTOR.fields_by_name["resize_method"].enum_type.values_by_number[resizer.resize_method].name
    size = [height, width]
    if method == "BILINEAR":
        return legacy_resize_bilinear(images, height, width)
    if method == "NEAREST_NEIGHBOR":
        return tf.raw_ops.ResizeNearestNeighbor(images=images, size=size, align_corners=False, half_pixel_centers=False)
    if method == "BICUBIC":
        return tf.raw_ops.ResizeBicubic(images=images, size=size, align_corners=False, half_pixel_centers=False)
    return tf.raw_ops.ResizeArea(images=images, size=size, align_corners=False)


def resized_shape(config: Any) -> tuple[int, int]:
    """(height, width) in pixels that the `ImageResizer` message asks for.

    Raises:
        BoxwrightError: the size is not fixed, not positive, or the config converts to grayscale.
    """
    kind = config.WhichOneof("image_resizer_oneof")
    if kind != "fixed_shape_resizer":
        raise BoxwrightError(
            f"image_resizer: {kind or 'none is set'}; an SSD's anchors need one image size, so supported is "
            "fixed_shape_resizer. Write that one, with height and width."
        )
    resizer = config.fixed_shape_resizer
    if resizer.convert_to_grayscale:
        raise BoxwrightError(
            "image_resizer.fixed_shape_resizer.convert_to_grayscale: true is not supported. Remove it."
        )
    if resizer.height < 1 or resizer.width < 1:
        raise BoxwrightError(
            f"image_resizer.fixed_shape_resizer: height {resizer.height} and width {resizer.width} must both be at "
            "least 1 pixel. Write 300 for both, as the tutorial's config does."
        )
    return resizer.height, resizer.width
