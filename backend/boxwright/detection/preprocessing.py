"""Resizing images as TF1 does: the checkpoints of the zoo were trained on images resized this way."""

from __future__ import annotations

from typing import TypeAlias

import tensorflow as tf

from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages

Size: TypeAlias = tuple[int, int] | tf.Tensor
"""(height, width) in pixels: two integers, or int32 [2]."""


def legacy_resize_bilinear(images: tf.Tensor, size: Size) -> tf.Tensor:
    """Resize as TF1's `resize_images`: bilinear, sampled at corners (half_pixel_centers=False), no antialiasing.

    `tf.image.resize` of TF2 samples half a pixel away, which changes values of a 372x475 photograph by whole grey
    levels.

    Args:
        images: float32 [B, H, W, C]; the original scales to [-1, 1] before it resizes.
        size: The height and width of the result in pixels.

    Returns:
        float32 [B, height, width, C].
    """
    return legacy_resize(images, size, "BILINEAR")


def resize(images: tf.Tensor, resizer_config: messages.ImageResizer) -> tf.Tensor:
    """Resize images with the configured resizer; keep_aspect_ratio_resizer pads at the bottom and on the right.

    Args:
        images: float32 [B, H, W, 3], already scaled by the feature extractor.
        resizer_config: The `image_resizer` message.

    Returns:
        float32 [B, height, width, 3].

    Raises:
        BoxwrightError: The config does not lead to one size, or converts to grayscale.
    """
    height, width = resized_shape(resizer_config)
    if not resizer_config.HasField("keep_aspect_ratio_resizer"):
        return legacy_resize(images, (height, width), _method(resizer_config.fixed_shape_resizer))
    resizer = resizer_config.keep_aspect_ratio_resizer
    method = _method(resizer)
    shape = tf.shape(images)
    content = _content_shape(resizer, shape[1], shape[2])
    resized = legacy_resize(images, content, method)
    padding = [[0, 0], [0, height - content[0]], [0, width - content[1]], [0, 0]]
    values = tf.constant(list(resizer.per_channel_pad_value) or [0.0, 0.0, 0.0])
    padded = tf.pad(resized - values, padding) + values
    return tf.reshape(padded, [-1, height, width, 3])


def content_window(resizer_config: messages.ImageResizer, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor | None:
    """Return the part of the network's input that an image covers.

    Args:
        resizer_config: The `image_resizer` message.
        height: int32 [...], of the image before resizing, in pixels.
        width: int32 [...], in pixels.

    Returns:
        float32 [..., 4], [0, 0, ymax, xmax] normalised to the network's input; None when every image covers all of it.
    """
    if not resizer_config.HasField("keep_aspect_ratio_resizer"):
        return None
    content = tf.cast(_content_shape(resizer_config.keep_aspect_ratio_resizer, height, width), tf.float32)
    return tf.concat(
        [tf.zeros_like(content), content / tf.constant(resized_shape(resizer_config), tf.float32)], axis=-1
    )


def resized_shape(resizer_config: messages.ImageResizer) -> tuple[int, int]:
    """Return the (height, width) of the network's input in pixels.

    Raises:
        BoxwrightError: The resizer gives no single size, a size is not positive, or it converts to grayscale.
    """
    kind = resizer_config.WhichOneof("image_resizer_oneof")
    if kind not in ("fixed_shape_resizer", "keep_aspect_ratio_resizer"):
        raise BoxwrightError(
            f"image_resizer: {kind or 'none is set'}; an SSD's anchors need one image size, so supported are "
            "fixed_shape_resizer, and keep_aspect_ratio_resizer with padding. Write one of these."
        )
    if getattr(resizer_config, kind).convert_to_grayscale:
        raise BoxwrightError(f"image_resizer.{kind}.convert_to_grayscale: true is not supported. Remove it.")
    if kind == "keep_aspect_ratio_resizer":
        return _padded_shape(resizer_config.keep_aspect_ratio_resizer)
    resizer = resizer_config.fixed_shape_resizer
    if resizer.height < 1 or resizer.width < 1:
        raise BoxwrightError(
            f"image_resizer.fixed_shape_resizer: height {resizer.height} and width {resizer.width} must both be at "
            "least 1 pixel. Write 300 for both, as the tutorial's config does."
        )
    return resizer.height, resizer.width


def _padded_shape(resizer: messages.KeepAspectRatioResizer) -> tuple[int, int]:
    field = "image_resizer.keep_aspect_ratio_resizer"
    if not resizer.pad_to_max_dimension:
        raise BoxwrightError(
            f"{field}.pad_to_max_dimension: false gives images of different sizes, but the anchors and batches of an "
            "SSD need one size. Write pad_to_max_dimension: true."
        )
    if not 1 <= resizer.min_dimension <= resizer.max_dimension:
        raise BoxwrightError(
            f"{field}: min_dimension {resizer.min_dimension} and max_dimension {resizer.max_dimension} must be at "
            "least 1 pixel, and min_dimension at most max_dimension. Write for example 300 for both."
        )
    if len(resizer.per_channel_pad_value) not in (0, 3):
        raise BoxwrightError(
            f"{field}.per_channel_pad_value has {len(resizer.per_channel_pad_value)} values; an image has three "
            "channels. Write three values, or none."
        )
    return resizer.max_dimension, resizer.max_dimension


def _method(resizer: messages.FixedShapeResizer | messages.KeepAspectRatioResizer) -> str:
    return messages.ResizeType.Name(resizer.resize_method)


def _content_shape(resizer: messages.KeepAspectRatioResizer, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Return int32 [..., 2], the (height, width) of the resized image before padding.

    It is the largest size of the image's aspect ratio whose short side is at most min_dimension and whose long side is
    at most max_dimension.
    """
    size = tf.cast(tf.stack([height, width], axis=-1), tf.float32)
    landscape = tf.constant([resizer.min_dimension, resizer.max_dimension], tf.float32)
    portrait = tf.constant([resizer.max_dimension, resizer.min_dimension], tf.float32)
    limit = tf.where(size[..., :1] < size[..., 1:], landscape, portrait)
    factor = tf.reduce_min(limit / size, axis=-1, keepdims=True)
    return tf.cast(tf.round(factor * size), tf.int32)


def legacy_resize(images: tf.Tensor, size: Size, method: str, *, align_corners: bool = False) -> tf.Tensor:
    """Resize as TF1's `resize_images` does.

    Args:
        images: float32 [B, H, W, C].
        size: The height and width of the result in pixels.
        method: BILINEAR, NEAREST_NEIGHBOR, BICUBIC or AREA.
        align_corners: Whether the centres of the corner pixels are the corners of the result.

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
