"""Photographs of the training records, by which quantisation sets its ranges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.dataset.store.tfrecord import read_records
from boxwright.errors import BoxwrightError

ENOUGH = 100
"""The ranges hardly move after so many."""


def calibration_images(records: Sequence[Path], *, count: int = ENOUGH, seed: int = 0) -> list[npt.NDArray[np.uint8]]:
    """Draw images from record files, each with the same chance, the same ones at each call.

    Args:
        records: TFRecord files of tf.Examples with image/encoded.
        count: How many at most.
        seed: Of the draw.

    Returns:
        uint8 [H, W, 3] each.

    Raises:
        BoxwrightError: A record is damaged, holds no image, or there is none at all.
    """
    random = Random(seed)
    drawn: list[tuple[Path, bytes]] = []
    seen = 0
    for path in records:
        for record in read_records(path):
            seen += 1
            if len(drawn) < count:
                drawn.append((path, record))
            elif (place := random.randrange(seen)) < count:
                drawn[place] = path, record
    if not drawn:
        shown = ", ".join(str(path) for path in records)
        raise BoxwrightError(f"{shown}: there is no image in these records. Add photos, then run: boxwright dataset")
    return [_decode(path, record) for path, record in drawn]


def _decode(path: Path, record: bytes) -> npt.NDArray[np.uint8]:
    try:
        example = tf.io.parse_single_example(record, {"image/encoded": tf.io.FixedLenFeature([], tf.string)})
        image = tf.io.decode_image(example["image/encoded"], channels=3, expand_animations=False)
    except tf.errors.InvalidArgumentError as error:
        raise BoxwrightError(
            f"{path}: a record holds no image that can be decoded ({error.message.splitlines()[0]}). Write the file "
            "again: for Boxwright's own records with `boxwright dataset`."
        ) from error
    pixels: npt.NDArray[np.uint8] = image.numpy()
    return pixels
