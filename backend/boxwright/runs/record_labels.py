"""The labels in record files, as training and evaluation take them: without TensorFlow, which takes twice the time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.dataset.store.tf_example import decode_example
from boxwright.dataset.store.tfrecord import read_records
from boxwright.errors import BoxwrightError
from boxwright.runs.labels import LabelledBox, Labels

_EDGES = ("xmin", "ymin", "xmax", "ymax")


def labels_in(records: Mapping[str, Sequence[Path]], label_map: LabelMap) -> Labels:
    """Return what every image of the records is labelled with: 10,000 images of 100 KB take 1.5 s.

    When several images of a split have one name, or none, the others are called "NAME (2)" and so on.

    Args:
        records: TFRecord files by split, "train" or "test".
        label_map: Which classes count, and how they are called.

    Raises:
        BoxwrightError: A record is damaged, or is no tf.Example of the TF Object Detection API.
        OSError: A file is gone.
    """
    labels: dict[tuple[str, str], list[LabelledBox]] = {}
    for split, paths in records.items():
        times: Counter[str] = Counter()
        for path in paths:
            for number, serialized in enumerate(read_records(path), start=1):
                try:
                    name, boxes = _labelled(decode_example(serialized), label_map)
                except (DecodeError, ValueError) as error:
                    raise BoxwrightError(
                        f"{path.name}, record {number}: no tf.Example of the TF Object Detection API ({error}). "
                        "Write the file again: boxwright dataset does, for records that it made."
                    ) from error
                times[name] += 1
                labels[split, f"{name} ({times[name]})" if times[name] > 1 else name] = boxes
    return labels


def _labelled(features: Mapping[str, list[Any]], label_map: LabelMap) -> tuple[str, list[LabelledBox]]:
    """Return name and boxes of an image; detection.example_decoder says the same with tensors, and a test compares."""

    def values(key: str, kind: type) -> list[Any]:
        found = features.get(f"image/{key}", [])
        if not all(isinstance(value, kind) for value in found):
            raise ValueError(f"image/{key} is of another type")
        return found

    edges = [values(f"object/bbox/{edge}", float) for edge in _EDGES]
    count = len(edges[0])
    texts, ids = values("object/class/text", bytes), values("object/class/label", int)
    texts = texts if len(texts) == count else [b""] * count  # else they cannot be told apart
    ids = ids if len(ids) == count else [0] * count
    shortest = np.asarray(edges, np.float32).astype(str).astype(float).T.tolist()  # 0.1, not 0.10000000149
    boxes = []
    for text, number, box in zip(texts, ids, shortest, strict=True):
        label = label_map.resolve(text.decode("utf-8", "surrogateescape")) if text else label_map.name_of(number)
        if label is None and not text and number > 0:
            label = str(number)
        if label is not None:
            boxes.append(LabelledBox(label, *box))
    name = next(iter(values("filename", bytes) or values("source_id", bytes)), b"")
    return name.decode("utf-8", "surrogateescape"), boxes
