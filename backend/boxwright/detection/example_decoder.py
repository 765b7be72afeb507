"""Decoding a serialized tf.Example into an image and its ground truth.

It reads the records of Boxwright, of the tutorial's scripts (image/format is always "jpg", there is no key) and of the
original API. The feature keys are those of the original's `TfExampleDecoder`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from boxwright.dataset.plan.label_map import LabelMap

_SIDES = ("ymin", "xmin", "ymax", "xmax")


class DecodedExample(NamedTuple):
    """One image with its ground truth of N boxes; N may be 0.

    Attributes:
        image: uint8 [H, W, 3], RGB; [0, 0, 3] when decoded without pixels.
        boxes: float32 [N, 4], [ymin, xmin, ymax, xmax] normalised to the image.
        classes: int32 [N], 0-based: the label map's id minus 1.
        difficult: bool [N].
        source_id: string [], "" when the record has none.
        filename: string [], "" when the record has none.
        group_of: bool [N], whether the box is around many objects.
        weights: float32 [N], 1 when the record has none.
        height: int32 [], the height of the image in pixels.
        width: int32 [], the width of the image in pixels.
        dropped: int32 [], the number of objects left out because their class is unknown: the label map does not have
            their text, or there is no text and the id is below 1.
    """

    image: tf.Tensor
    boxes: tf.Tensor
    classes: tf.Tensor
    difficult: tf.Tensor
    source_id: tf.Tensor
    filename: tf.Tensor
    group_of: tf.Tensor
    weights: tf.Tensor
    height: tf.Tensor
    width: tf.Tensor
    dropped: tf.Tensor


class LabelTable:
    """Looks up the 1-based id of a class text; 0 for an unknown text.

    It compares a text with every label. TensorFlow's own table is faster with thousands of labels, but with
    deterministic operations enabled it prevents the input pipeline from running in parallel with the training step.

    Args:
        ids: Class text → id.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        self._texts = tf.constant(list(ids), tf.string)
        self._ids = tf.constant(list(ids.values()), tf.int32)

    def lookup(self, texts: tf.Tensor) -> tf.Tensor:
        """Return the ids, int32 [N], of texts, string [N]."""
        same = tf.equal(texts[:, tf.newaxis], self._texts)
        return tf.reduce_sum(tf.where(same, self._ids, 0), axis=1)


def label_table(label_map: LabelMap) -> LabelTable:
    """Create the table for `decode_example`; create it once, outside the map.

    It contains names and display names, as in the original; a name has priority over the display name of another class.
    """
    ids = {shown: label_map[name] for name, shown in label_map.display_names.items() if name in label_map}
    ids.update(label_map)
    return LabelTable(ids)


def decode_example(serialized: tf.Tensor, labels: LabelTable | None = None, *, pixels: bool = True) -> DecodedExample:
    """Decode one record; runs in graph mode inside a `tf.data` map.

    Args:
        serialized: string [], a tf.Example.
        labels: The `label_table` of the label map. With it the text of an object determines its class, as in the
            original, and the id in the record is used only where there is no text. With None the id is used.
        pixels: Whether the image is decoded; if not, height and width are those that the record states.
    """
    features = tf.io.parse_single_example(serialized, _features())
    boxes = tf.stack([features[f"image/object/bbox/{side}"] for side in _SIDES], axis=-1)
    count = tf.shape(boxes)[0]
    ids = _class_ids(features, count, labels)
    known = ids >= 1
    weights = _one_per_object(features["image/object/weight"], count, 1.0)
    image, height, width = _image(features, pixels)
    return DecodedExample(
        image=image,
        boxes=tf.boolean_mask(boxes, known),
        classes=tf.boolean_mask(ids - 1, known),
        difficult=tf.boolean_mask(_flags(features, "difficult", count), known),
        source_id=features["image/source_id"],
        filename=features["image/filename"],
        group_of=tf.boolean_mask(_flags(features, "group_of", count), known),
        weights=tf.boolean_mask(weights, known),
        height=height,
        width=width,
        dropped=tf.reduce_sum(tf.cast(~known, tf.int32)),
    )


def _features() -> dict[str, tf.io.FixedLenFeature]:
    """Return the features that are read, with the values used for missing ones."""

    def many(dtype: tf.DType) -> tf.io.FixedLenSequenceFeature:
        return tf.io.FixedLenSequenceFeature([], dtype, allow_missing=True)

    return {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/height": tf.io.FixedLenFeature([], tf.int64, 0),
        "image/width": tf.io.FixedLenFeature([], tf.int64, 0),
        "image/source_id": tf.io.FixedLenFeature([], tf.string, ""),
        "image/filename": tf.io.FixedLenFeature([], tf.string, ""),
        **{f"image/object/bbox/{side}": many(tf.float32) for side in _SIDES},
        "image/object/class/label": many(tf.int64),
        "image/object/class/text": many(tf.string),
        "image/object/difficult": many(tf.int64),
        "image/object/group_of": many(tf.int64),
        "image/object/weight": many(tf.float32),
    }


def _class_ids(features: dict[str, tf.Tensor], count: tf.Tensor, labels: LabelTable | None) -> tf.Tensor:
    """Return 1-based class ids, int32 [N]; 0 or less is unknown."""
    ids = tf.cast(_one_per_object(features["image/object/class/label"], count, 0), tf.int32)
    if labels is None:
        return ids
    texts = _one_per_object(features["image/object/class/text"], count, "")
    return tf.where(texts == "", ids, labels.lookup(texts))


def _one_per_object(values: tf.Tensor, count: tf.Tensor, default: float | str) -> tf.Tensor:
    """Return the values if there is one per object; otherwise the default for each object."""
    return tf.cond(
        tf.shape(values)[0] == count, lambda: values, lambda: tf.fill([count], tf.constant(default, values.dtype))
    )


def _flags(features: dict[str, tf.Tensor], name: str, count: tf.Tensor) -> tf.Tensor:
    return _one_per_object(features[f"image/object/{name}"], count, 0) > 0


def _image(features: dict[str, tf.Tensor], pixels: bool) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return (image, height, width); the format is taken from the bytes, because image/format is often wrong."""
    if not pixels:
        height, width = (tf.cast(features[f"image/{side}"], tf.int32) for side in ("height", "width"))
        return tf.zeros([0, 0, 3], tf.uint8), height, width
    image = tf.io.decode_image(features["image/encoded"], channels=3, expand_animations=False)
    image.set_shape([None, None, 3])
    return image, tf.shape(image)[0], tf.shape(image)[1]
