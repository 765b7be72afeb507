"""Resizing as TF1 did it: checkpoints were trained on these pixels."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from boxwright.errors import BoxwrightError


def legacy_resize_bilinear(images: Any, size: Any) -> Any:
    """TF1's `resize_images`: bilinear, sampling at corners (half_pixel_centers=False), without antialiasing.

    `tf.image.resize` of TF2 samples half a pixel away; on a 372x475 photograph that moves values by whole grey levels.

    Args:
        images: float32 [B, H, W, C]; the original scales to [-1, 1] first and resizes then.
        size: (height, width) of the result, numbers or int32 [2].

    Returns:
        float32 [B, height, width, C].
    """
    return legacy_resize(images, size, "BILINEAR")


def resize(images: Any, config: Any) -> Any:
    """Resize as the config's image resizer says; keep_aspect_ratio_resizer pads below and on the right.

    Args:
        images: float32 [B, H, W, 3], already scaled by the feature extractor's preprocessing.
        config: the `ImageResizer` message.

    Returns:
        float32 [B, height, width, 3].

    Raises:
        BoxwrightError: the config does not lead to one size, or converts to grayscale.
    """
    height, width = resized_shape(config)
    resizer = _resizer(config)
    method = resizer.DESCRIPTOR.fields_by_name["resize_method"].enum_type.values_by_number[resizer.resize_method].name
    if not config.HasField("keep_aspect_ratio_resizer"):
        return legacy_resize(images, [height, width], method)
    shape = tf.shape(images)
    content = _content_shape(resizer, shape[1], shape[2])
    resized = legacy_resize(images, content, method)
    padding = [[0, 0], [0, height - content[0]], [0, width - content[1]], [0, 0]]
    values = tf.constant(list(resizer.per_channel_pad_value) or [0.0, 0.0, 0.0])
    padded = tf.pad(resized - values, padding) + values
    return tf.reshape(padded, [-1, height, width, 3])


def content_window(config: Any, height: Any, width: Any) -> Any:
    """Which part of the network's input an image fills.

    Args:
        config: the `ImageResizer` message.
        height: int32 [...], of the image before resizing, in pixels.
        width: int32 [...].

    Returns:
        float32 [..., 4], [0, 0, ymax, xmax] normalised to the network's input; None when every image fills it.
    """
    if not config.HasField("keep_aspect_ratio_resizer"):
        return None
    content = tf.cast(_content_shape(config.keep_aspect_ratio_resizer, height, width), tf.float32)
    return tf.concat([tf.zeros_like(content), content / tf.constant(resized_shape(config), tf.float32)], axis=-1)


def resized_shape(config: Any) -> tuple[int, int]:
    """(height, width) in pixels of the network's input as the `ImageResizer` message asks for.

    Raises:
        BoxwrightError: the size is not one, not positive, or the config converts to grayscale.
    """
    kind = config.WhichOneof("image_resizer_oneof")
    if kind not in ("fixed_shape_resizer", "keep_aspect_ratio_resizer"):
        raise BoxwrightError(
            f"image_resizer: {kind or 'none is set'}; an SSD's anchors need one image size, so supported are "
            "fixed_shape_resizer, and keep_aspect_ratio_resizer with padding. Write one of these."
        )
    resizer = _resizer(config)
    if resizer.convert_to_grayscale:
        raise BoxwrightError(f"image_resizer.{kind}.convert_to_grayscale: true is not supported. Remove it.")
    if kind == "keep_aspect_ratio_resizer":
        return _padded_shape(resizer)
    if resizer.height < 1 or resizer.width < 1:
        raise BoxwrightError(
            f"image_resizer.fixed_shape_resizer: height {resizer.height} and width {resizer.width} must both be at "
            "least 1 pixel. Write 300 for both, as the tutorial's config does."
        )
    return resizer.height, resizer.width


def _padded_shape(resizer: Any) -> tuple[int, int]:
    field = "image_resizer.keep_aspect_ratio_resizer"
    if not resizer.pad_to_max_dimension:
        raise BoxwrightError(
            f"{field}.pad_to_max_dimension: false gives every image a size of its own, but an SSD's anchors and "
            "batches need one. Write pad_to_max_dimension: true."
        )
    if not 1 <= resizer.min_dimension <= resizer.max_dimension:
        raise BoxwrightError(
            f"{field}: min_dimension {resizer.min_dimension} and max_dimension {resizer.max_dimension} must be at "
            "least 1 pixel, and the first not above the second. Write for example 300 for both."
        )
    if len(resizer.per_channel_pad_value) not in (0, 3):
        raise BoxwrightError(
            f"{field}.per_channel_pad_value has {len(resizer.per_channel_pad_value)} values; an image has three "
            "channels. Write three values, or none."
        )
    return resizer.max_dimension, resizer.max_dimension


def _resizer(config: Any) -> Any:
    return getattr(config, config.WhichOneof("image_resizer_oneof"))


def _content_shape(resizer: Any, height: Any, width: Any) -> Any:
    """int32 [..., 2]: the largest size of that aspect ratio within min_dimension by max_dimension, long side along."""
    size = tf.cast(tf.stack([height, width], axis=-1), tf.float32)
    landscape = tf.constant([resizer.min_dimension, resizer.max_dimension], tf.float32)
    portrait = tf.constant([resizer.max_dimension, resizer.min_dimension], tf.float32)
    room = tf.where(size[..., :1] < size[..., 1:], landscape, portrait)
    factor = tf.reduce_min(room / size, axis=-1, keepdims=True)
    return tf.cast(tf.round(factor * size), tf.int32)


def legacy_resize(images: Any, size: Any, method: str, *, align_corners: bool = False) -> Any:
    """Resize as TF1's `resize_images` does.

    Args:
        images: float32 [B, H, W, C].
        size: (height, width) of the result, numbers or int32 [2].
        method: BILINEAR, NEAREST_NEIGHBOR, BICUBIC or AREA.
        align_corners: The centres of the corner pixels stay the corners.

    Returns:
        float32 [B, height, width, C].
    """
    if method == "AREA":
        return tf.raw_ops.ResizeArea(images=images, size=size, align_corners=align_corners)
    resizers = {
        "BILINEAR": tf.raw_ops.ResizeBilinear,
        "NEAREST_NEIGHBOR": tf.raw_ops.ResizeNearestNeighbor,
        "BICUBIC": tf.raw_ops.ResizeBicubic,
    }
    return resizers[method](images=images, size=size, align_corners=align_corners, half_pixel_centers=False)
