"""Decoding records of Boxwright, of the tutorial's scripts and of the original API."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.detection.example_decoder import DecodedExample, decode_example, label_table

PIXELS = np.random.default_rng(0).integers(0, 255, (24, 40, 3), dtype=np.uint8)
LABELS = LabelMap({"cat": 1, "dog": 2}, display_names={"dog": "Hund"})


def encoded(kind: str, pixels: np.ndarray = PIXELS) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format=kind)
    return file.getvalue()


def feature(values: list[Any]) -> tf.train.Feature:
    if isinstance(values[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if isinstance(values[0], float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def record(**fields: list[Any]) -> bytes:
    """A record with two objects, `fields` (slashes as double underscores) added or, when empty, taken out."""
    values: dict[str, list[Any]] = {
        "image/height": [24],
        "image/width": [40],
        "image/filename": ["übung.png".encode()],
        "image/source_id": [b"7"],
        "image/encoded": [encoded("PNG")],
        "image/format": [b"png"],
        "image/object/bbox/ymin": [0.1, 0.5],
        "image/object/bbox/xmin": [0.2, 0.0],
        "image/object/bbox/ymax": [0.4, 1.0],
        "image/object/bbox/xmax": [0.3, 0.5],
        "image/object/class/text": [b"dog", b"cat"],
        "image/object/class/label": [2, 1],
    }
    values.update({name.replace("__", "/"): value for name, value in fields.items()})
    features = {name: feature(value) for name, value in values.items() if value}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


@pytest.fixture(scope="module")
def labels() -> Any:
    return label_table(LABELS)


def test_image_and_ground_truth() -> None:
    example = decode_example(record(image__object__difficult=[0, 1]))
    np.testing.assert_array_equal(example.image, PIXELS)
    assert example.image.dtype == tf.uint8
    np.testing.assert_allclose(example.boxes, [[0.1, 0.2, 0.4, 0.3], [0.5, 0.0, 1.0, 0.5]])
    assert example.classes.dtype == tf.int32
    assert example.classes.numpy().tolist() == [1, 0]
    assert example.difficult.numpy().tolist() == [False, True]
    assert example.source_id.numpy() == b"7"
    assert example.filename.numpy().decode() == "übung.png"
    assert (int(example.height), int(example.width), int(example.dropped)) == (24, 40, 0)


def test_the_tutorials_record_labels_a_png_as_jpg() -> None:
    """image/format is always b"jpg" there, and there is no key, difficult, truncated or view."""
    for kind in ("JPEG", "PNG"):
        example = decode_example(record(image__format=[b"jpg"], image__encoded=[encoded(kind)]))
        assert np.abs(example.image.numpy().astype(int) - PIXELS).mean() < (60 if kind == "JPEG" else 1e-9)
        assert example.image.shape == [24, 40, 3]
        assert example.difficult.numpy().tolist() == [False, False]


def test_grey_and_transparent_pixels_become_three_channels() -> None:
    grey, clear = PIXELS[..., 0], np.concatenate([PIXELS, PIXELS[..., :1]], axis=-1)
    for pixels in (grey, clear):
        assert decode_example(record(image__encoded=[encoded("PNG", pixels)])).image.shape == [24, 40, 3]


def test_without_ids_the_text_decides(labels: Any) -> None:
    example = decode_example(record(image__object__class__label=[]), labels)
    assert example.classes.numpy().tolist() == [1, 0]


def test_the_label_map_wins_over_ids_and_knows_display_names(labels: Any) -> None:
    """The tutorial's template for several classes numbers from 0, which is the background."""
    example = decode_example(
        record(image__object__class__label=[1, 0], image__object__class__text=[b"Hund", b"cat"]), labels
    )
    assert example.classes.numpy().tolist() == [1, 0]


def test_without_text_the_id_decides(labels: Any) -> None:
    assert decode_example(record(image__object__class__text=[]), labels).classes.numpy().tolist() == [1, 0]


def test_an_unknown_class_is_left_out_and_counted(labels: Any) -> None:
    example = decode_example(
        record(image__object__class__text=[b"bird", b"cat"], image__object__weight=[0.25, 0.5]), labels
    )
    assert example.classes.numpy().tolist() == [0]
    np.testing.assert_allclose(example.boxes, [[0.5, 0.0, 1.0, 0.5]])
    assert example.weights.numpy().tolist() == [0.5]
    assert int(example.dropped) == 1
    assert int(decode_example(record(image__object__class__label=[0, 1])).dropped) == 1


def test_no_objects(labels: Any) -> None:
    nothing = {name: [] for name in record_object_fields()}
    example = decode_example(record(**nothing), labels)
    assert example.boxes.shape == [0, 4]
    assert example.classes.shape == example.weights.shape == example.difficult.shape == [0]


def record_object_fields() -> list[str]:
    sides = [f"image__object__bbox__{side}" for side in ("ymin", "xmin", "ymax", "xmax")]
    return [*sides, "image__object__class__text", "image__object__class__label"]


def test_group_of_and_weights() -> None:
    example = decode_example(record(image__object__group_of=[1, 0], image__object__weight=[0.5, 1.0]))
    assert example.group_of.numpy().tolist() == [True, False]
    assert example.weights.numpy().tolist() == [0.5, 1.0]
    assert decode_example(record()).weights.numpy().tolist() == [1.0, 1.0]


def test_the_name_of_the_image_may_be_missing() -> None:
    example = decode_example(record(image__source_id=[], image__filename=[], image__height=[], image__width=[]))
    assert example.source_id.numpy() == example.filename.numpy() == b""
    assert (int(example.height), int(example.width)) == (24, 40)


def test_ground_truth_without_pixels_decodes_nothing() -> None:
    example = decode_example(record(image__encoded=[b"not an image"]), pixels=False)
    assert example.image.shape == [0, 0, 3]
    assert (int(example.height), int(example.width)) == (24, 40)
    assert example.classes.numpy().tolist() == [1, 0]


def test_in_a_tf_data_map(labels: Any) -> None:
    records = [record(), record(**{name: [] for name in record_object_fields()})]
    dataset = tf.data.Dataset.from_tensor_slices(records).map(lambda serialized: decode_example(serialized, labels))
    assert dataset.element_spec.image.shape.as_list() == [None, None, 3]
    examples = list(dataset)
    assert all(isinstance(example, DecodedExample) for example in examples)
    assert [example.boxes.shape[0] for example in examples] == [2, 0]


def test_bytes_that_are_not_an_image_are_an_error() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode_example(record(image__encoded=[b"not an image"]))
