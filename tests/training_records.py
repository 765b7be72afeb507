"""Drawn images in records, and a model small enough to train on them in seconds."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.pipeline.presets import build_preset

CLASSES = ("disc", "square")


def png(number: int, size: int = 80) -> bytes:
    """Return a grey image with one bright square whose place depends on `number`."""
    pixels = np.full((size, size, 3), 90, np.uint8)
    pixels[10 + number : 40 + number, 20:50] = (200, 30 * (number % 8), 40)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return stream.getvalue()


def example(
    name: str,
    encoded: bytes,
    boxes: Sequence[tuple[float, float, float, float]] = ((0.2, 0.25, 0.5, 0.6),),
    labels: Sequence[int] = (1,),
) -> bytes:
    """Return a tf.Example with boxes [ymin, xmin, ymax, xmax] and 1-based labels."""

    splits = dict(zip(("ymin", "xmin", "ymax", "xmax"), zip(*boxes, strict=True) if boxes else [()] * 4, strict=True))
    features = {
        "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded])),
        "image/source_id": tf.train.Feature(bytes_list=tf.train.BytesList(value=[name.encode()])),
        "image/filename": tf.train.Feature(bytes_list=tf.train.BytesList(value=[name.encode()])),
        "image/object/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=labels)),
    }
    for split, values in splits.items():
        features[f"image/object/bbox/{split}"] = tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def write_records(path: Path, examples: Sequence[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for serialized in examples:
            writer.write(serialized)
    return path


def good_examples(count: int = 5) -> list[bytes]:
    """The last one is a negative image."""
    return [
        *(example(f"img{number}.png", png(number), labels=(1 + number % 2,)) for number in range(count - 1)),
        example("negative.png", png(count), boxes=(), labels=()),
    ]


def small_config(**train_config: object) -> TrainEvalPipelineConfig:
    """The demo preset at 64x64 and batch 2, with a constant rate."""
    config = build_preset("demo", num_classes=len(CLASSES), num_steps=3, batch_size=2)
    config.model.ssd.image_resizer.fixed_shape_resizer.height = 64
    config.model.ssd.image_resizer.fixed_shape_resizer.width = 64
    config.train_config.optimizer.Clear()
    config.train_config.optimizer.rms_prop_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.001
    for field, value in train_config.items():
        setattr(config.train_config, field, value)
    return config
