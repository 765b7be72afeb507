"""tf.train.Example with the feature keys of the TF Object Detection API, without TensorFlow.

Keys and value types are those of the original's create_*_tf_record.py scripts. The messages live in a private
descriptor pool: TensorFlow's own tensorflow.Example may be loaded beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from boxwright.annotations.model import Box

FieldType = descriptor_pb2.FieldDescriptorProto


@dataclass(frozen=True)
class ExampleImage:
    """What an example says about its image.

    Attributes:
        key: Path relative to images/ with forward slashes: image/filename and image/source_id.
        width, height: Size in pixels of the upright image.
        format: "jpeg" or "png".
        sha256: Of the encoded bytes, in hexadecimal.
    """

    key: str
    width: int
    height: int
    format: str
    sha256: str


def encode_example(
    image: ExampleImage, encoded: bytes, boxes: Sequence[Box], class_ids: Sequence[int]
) -> tuple[bytes, bytes, bytes]:
    """Return a serialized tf.train.Example in three parts, the middle one being `encoded` itself.

    The parts joined are what SerializeToString(deterministic=True) gives. Keys are then in order, and image/encoded
    is the first of them, so that its megabytes need not be copied through a message.

    Args:
        image: Name, size and kind of the image.
        encoded: The image file's bytes, JPEG or PNG.
        boxes: In pixels of the upright image; written divided by its size and clipped to [0, 1]. May be empty.
        class_ids: Label map ids from 1, one a box.
    """
    features = _message_class("Features")()
    feature = features.feature
    name = image.key.encode("utf-8", "surrogateescape")

    def put_bytes(key: str, values: Sequence[bytes]) -> None:
        feature[key].bytes_list.SetInParent()  # an empty list is written as an empty list, as the original does
        feature[key].bytes_list.value.extend(values)

    def put_floats(key: str, values: Sequence[float]) -> None:
        feature[key].float_list.SetInParent()
        feature[key].float_list.value.extend(values)

    def put_ints(key: str, values: Sequence[int]) -> None:
        feature[key].int64_list.SetInParent()
        feature[key].int64_list.value.extend(values)

    put_ints("image/height", [image.height])
    put_ints("image/width", [image.width])
    put_bytes("image/filename", [name])
    put_bytes("image/source_id", [name])
    put_bytes("image/key/sha256", [image.sha256.encode("ascii")])
    put_bytes("image/format", [image.format.encode("ascii")])
    put_floats("image/object/bbox/xmin", [_unit(box.xmin, image.width) for box in boxes])
    put_floats("image/object/bbox/xmax", [_unit(box.xmax, image.width) for box in boxes])
    put_floats("image/object/bbox/ymin", [_unit(box.ymin, image.height) for box in boxes])
    put_floats("image/object/bbox/ymax", [_unit(box.ymax, image.height) for box in boxes])
    put_bytes("image/object/class/text", [box.label.encode("utf-8", "surrogateescape") for box in boxes])
    put_ints("image/object/class/label", list(class_ids))
    put_ints("image/object/difficult", [int(box.difficult) for box in boxes])
    put_ints("image/object/truncated", [int(box.truncated) for box in boxes])
    put_bytes("image/object/view", [box.pose.encode("utf-8", "surrogateescape") for box in boxes])
    others: bytes = features.SerializeToString(deterministic=True)

    return _encoded_prefix(len(encoded), len(others)), encoded, others


def _encoded_prefix(size: int, others_size: int) -> bytes:
    """Return the bytes of an example before those of image/encoded.

    From the inside out: value = 1 of BytesList, bytes_list = 1 of Feature, value = 2 and key = 1 of the map's entry,
    feature = 1 of Features, features = 1 of Example.

    Args:
        size: Of the encoded image, in bytes.
        others_size: Of all other features, serialized, in bytes.
    """
    prefix = b""
    for tag in (b"\x0a", b"\x0a", b"\x12"):
        prefix = tag + _varint(size + len(prefix)) + prefix
    prefix = _ENCODED_KEY + prefix
    prefix = b"\x0a" + _varint(size + len(prefix)) + prefix
    return b"\x0a" + _varint(size + len(prefix) + others_size) + prefix


_ENCODED_KEY = b"\x0a\x0dimage/encoded"


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    digits.append(number)
    return bytes(digits)


def decode_example(serialized: bytes) -> dict[str, list[Any]]:
    """Return the features of a serialized tf.train.Example: key to its list of bytes, floats or ints."""
    example = _message_class("Example").FromString(serialized)
    values = {}
    for key, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        values[key] = list(getattr(feature, kind).value) if kind else []
    return values


def _unit(pixels: float, size: int) -> float:
    return min(max(pixels / size, 0.0), 1.0)


@cache
def _message_class(name: str) -> Any:
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"tensorflow.{name}"))


@cache
def _pool() -> Any:
    """Build tensorflow/core/example/{feature,example}.proto: names, numbers and types as published there."""
    proto = descriptor_pb2.FileDescriptorProto(name="boxwright/example.proto", package="tensorflow", syntax="proto3")
    for name, kind, packed in (
        ("BytesList", FieldType.TYPE_BYTES, False),
        ("FloatList", FieldType.TYPE_FLOAT, True),
        ("Int64List", FieldType.TYPE_INT64, True),
    ):
        field = proto.message_type.add(name=name).field.add(
            name="value", number=1, type=kind, label=FieldType.LABEL_REPEATED
        )
        field.options.packed = packed
        if not packed:
            field.ClearField("options")

    feature = proto.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, name in enumerate(("BytesList", "FloatList", "Int64List"), start=1):
        feature.field.add(
            name=name.replace("List", "_list").lower(),
            number=number,
            type=FieldType.TYPE_MESSAGE,
            type_name=f".tensorflow.{name}",
            label=FieldType.LABEL_OPTIONAL,
            oneof_index=0,
        )

    features = proto.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=FieldType.TYPE_STRING, label=FieldType.LABEL_OPTIONAL)
    _add_message(entry, "value", 2, ".tensorflow.Feature", FieldType.LABEL_OPTIONAL)
    _add_message(features, "feature", 1, ".tensorflow.Features.FeatureEntry", FieldType.LABEL_REPEATED)
    _add_message(
        proto.message_type.add(name="Example"), "features", 1, ".tensorflow.Features", FieldType.LABEL_OPTIONAL
    )

    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(proto.SerializeToString())
    return pool


def _add_message(message: Any, name: str, number: int, type_name: str, label: Any) -> None:
    message.field.add(name=name, number=number, type=FieldType.TYPE_MESSAGE, type_name=type_name, label=label)
