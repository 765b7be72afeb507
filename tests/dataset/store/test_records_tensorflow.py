"""The records against TensorFlow's own writer and reader: the only dataset test that imports it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.annotations.model import Box
from boxwright.dataset.store.tf_example import ExampleImage, decode_example, encode_example
from boxwright.dataset.store.tfrecord import frame, read_records
from boxwright.dataset.sync import sync
from tiny_workspaces import image_bytes, make_workspace

BOXES = (
    Box("raccoon", 1.5, 2, 12, 9),
    Box("Größe 猫", -3, 0, 40, 12, difficult=True, truncated=True, pose="Left"),
)


def _by_tensorflow(image: ExampleImage, encoded: bytes, boxes: tuple[Box, ...], ids: list[int]) -> bytes:
    def ints(values: list[int]) -> object:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    def floats(values: list[float]) -> object:
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))

    def texts(values: list[bytes]) -> object:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))

    def unit(value: float) -> float:
        return min(max(value, 0.0), 1.0)

    feature = {
        "image/height": ints([image.height]),
        "image/width": ints([image.width]),
        "image/filename": texts([image.key.encode()]),
        "image/source_id": texts([image.key.encode()]),
        "image/key/sha256": texts([image.sha256.encode()]),
        "image/encoded": texts([encoded]),
        "image/format": texts([image.format.encode()]),
        "image/object/bbox/xmin": floats([unit(box.xmin / image.width) for box in boxes]),
        "image/object/bbox/xmax": floats([unit(box.xmax / image.width) for box in boxes]),
        "image/object/bbox/ymin": floats([unit(box.ymin / image.height) for box in boxes]),
        "image/object/bbox/ymax": floats([unit(box.ymax / image.height) for box in boxes]),
        "image/object/class/text": texts([box.label.encode() for box in boxes]),
        "image/object/class/label": ints(ids),
        "image/object/difficult": ints([int(box.difficult) for box in boxes]),
        "image/object/truncated": ints([int(box.truncated) for box in boxes]),
        "image/object/view": texts([box.pose.encode() for box in boxes]),
    }
    example = tf.train.Example(features=tf.train.Features(feature=feature))
    return bytes(example.SerializeToString(deterministic=True))


@pytest.mark.parametrize("size", [0, 1, 127, 128, 20_000, 3_000_000])
@pytest.mark.parametrize("boxes", [(), BOXES[:1], BOXES])
def test_bytes_are_those_of_tensorflows_writer(tmp_path: Path, size: int, boxes: tuple[Box, ...]) -> None:
    image = ExampleImage("train/grün.jpg", 16, 12, "jpeg", "ab" * 32)
    encoded = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    ids = list(range(1, len(boxes) + 1))
    theirs = tmp_path / "theirs.record"
    with tf.io.TFRecordWriter(str(theirs)) as writer:
        writer.write(_by_tensorflow(image, encoded, boxes, ids))
        writer.write(_by_tensorflow(image, encoded, (), []))
    ours = [*frame(*encode_example(image, encoded, boxes, ids)), *frame(*encode_example(image, encoded, (), []))]
    assert b"".join(ours) == theirs.read_bytes()


def test_a_dataset_reads_back_through_tensorflow(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] if i else [] for i in range(6)})
    report = sync(workspace)
    paths = [str(path) for split in ("train", "test") for path in report.records[split]]
    seen = {}
    for serialized in tf.data.TFRecordDataset(paths):
        feature = tf.train.Example.FromString(serialized.numpy()).features.feature
        seen[feature["image/filename"].bytes_list.value[0].decode()] = feature
        pixels = tf.io.decode_jpeg(feature["image/encoded"].bytes_list.value[0]).numpy()
        assert pixels.shape == (12, 16, 3)
        assert feature["image/format"].bytes_list.value[0] == b"jpeg"
    assert sorted(seen) == [f"{i}.jpg" for i in range(6)]
    assert seen["3.jpg"]["image/encoded"].bytes_list.value[0] == image_bytes(3)
    xmin = seen["3.jpg"]["image/object/bbox/xmin"].float_list.value
    np.testing.assert_allclose(xmin, [1 / 16], rtol=1e-6)
    assert not seen["0.jpg"]["image/object/class/label"].int64_list.value  # a negative example is there


def test_our_decoder_reads_what_tensorflow_wrote(tmp_path: Path) -> None:
    image = ExampleImage("a.png", 16, 12, "png", "00" * 32)
    path = tmp_path / "theirs.record"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(_by_tensorflow(image, b"data", BOXES, [1, 2]))
    (record,) = read_records(path)
    values = decode_example(record)
    assert values["image/object/class/label"] == [1, 2]
    assert values["image/object/class/text"] == [b"raccoon", "Größe 猫".encode()]
    assert values["image/encoded"] == [b"data"]
