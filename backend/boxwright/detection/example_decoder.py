"""From a serialized tf.Example to an image and its ground truth.

Reads records of Boxwright, of the tutorial's scripts (image/format is always "jpg", there is no key) and of the
original API, whose `TfExampleDecoder` the feature keys come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from boxwright.dataset.plan.label_map import LabelMap

_SIDES = ("ymin", "xmin", "ymax", "xmax")


class DecodedExample(NamedTuple):
    """One image with its ground truth; N may be 0.

    Attributes:
        image: uint8 [H, W, 3], RGB; [0, 0, 3] when decoded without pixels.
        boxes: float32 [N, 4], [ymin, xmin, ymax, xmax] normalised to the image.
        classes: int32 [N], 0-based: the label map's id minus 1.
        difficult: bool [N].
        source_id: string [], "" when the record has none.
        filename: string [], "" when the record has none.
        group_of: bool [N], one box around many objects.
        weights: float32 [N], 1 when the record has none.
        height: int32 [], of the image in pixels.
        width: int32 [], of the image in pixels.
        dropped: int32 [], objects left out because their class is unknown: the label map does not have their text, or
            there is no text and the id is below 1.
    """

    image: Any
    boxes: Any
    classes: Any
    difficult: Any
    source_id: Any
    filename: Any
    group_of: Any
    weights: Any
    height: Any
    width: Any
    dropped: Any


class LabelTable:
    """From a class text to its 1-based id, 0 where it is unknown.

    It compares with every label: TensorFlow's own table is quicker with thousands of them, but where TensorFlow is to
    be deterministic it takes the input pipeline from beside the training step into it.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        """Know these texts."""
        self._texts = tf.constant(list(ids), tf.string)
        self._ids = tf.constant(list(ids.values()), tf.int32)

    def lookup(self, texts: Any) -> Any:
        """Return the ids of texts, string [N], as int32 [N]."""
        same = tf.equal(texts[:, tf.newaxis], self._texts)
        return tf.reduce_sum(tf.where(same, self._ids, 0), axis=1)


def label_table(label_map: LabelMap) -> LabelTable:
    """Make the lookup for `decode_example`; make it once, outside the map.

    Both names and display names are looked up, as the original does; a name wins over another item's display name.
    """
    ids = {shown: label_map[name] for name, shown in label_map.display_names.items() if name in label_map}
    ids.update(label_map)
    return LabelTable(ids)


def decode_example(serialized: Any, labels: LabelTable | None = None, *, pixels: bool = True) -> DecodedExample:
    """Decode one record; runs in graph mode inside a `tf.data` map.

    Args:
        serialized: string [], a tf.Example.
        labels: the `label_table` of the label map, or None. With it an object's text decides its class, as in the
            original, and the id in the record counts only where there is no text. Without it the id counts.
        pixels: False leaves the image undecoded, when only the ground truth is wanted: height and width are then the
            record's.

    Returns:
        DecodedExample.
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


def _features() -> dict[str, Any]:
    """What is read of a record, with what stands for a missing value."""

    def many(dtype: Any) -> Any:
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


def _class_ids(features: dict[str, Any], count: Any, labels: LabelTable | None) -> Any:
    """1-based class ids, int32 [N]; 0 or less is unknown."""
    ids = tf.cast(_one_per_object(features["image/object/class/label"], count, 0), tf.int32)
    if labels is None:
        return ids
    texts = _one_per_object(features["image/object/class/text"], count, "")
    return tf.where(texts == "", ids, labels.lookup(texts))


def _one_per_object(values: Any, count: Any, default: Any) -> Any:
    """The values when there is one for each object; else they cannot be told apart, and each is the default."""
    return tf.cond(
        tf.shape(values)[0] == count, lambda: values, lambda: tf.fill([count], tf.constant(default, values.dtype))
    )


def _flags(features: dict[str, Any], name: str, count: Any) -> Any:
    return _one_per_object(features[f"image/object/{name}"], count, 0) > 0


def _image(features: dict[str, Any], pixels: bool) -> tuple[Any, Any, Any]:
    """(image, height, width). What the bytes are decides how they are decoded; image/format is often wrong."""
    if not pixels:
        height, width = (tf.cast(features[f"image/{side}"], tf.int32) for side in ("height", "width"))
        return tf.zeros([0, 0, 3], tf.uint8), height, width
    image = tf.io.decode_image(features["image/encoded"], channels=3, expand_animations=False)
    image.set_shape([None, None, 3])
    return image, tf.shape(image)[0], tf.shape(image)[1]
