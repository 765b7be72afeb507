"""Which photographs set the ranges of int8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.errors import BoxwrightError
from boxwright.export.calibration import calibration_images


def write_records(path: Path, contents: list[bytes]) -> Path:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for content in contents:
            feature = {"image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[content]))}
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    return path


def png(level: int) -> bytes:
    encoded: bytes = tf.io.encode_png(np.full((3, 4, 3), level, np.uint8)).numpy()
    return encoded


def test_every_record_may_be_drawn_and_none_twice(tmp_path: Path) -> None:
    records = [write_records(tmp_path / f"{part}.record", [png(part * 10 + i) for i in range(10)]) for part in (0, 1)]
    levels = {int(image[0, 0, 0]) for image in calibration_images(records)}
    assert levels == set(range(20))
    drawn = [int(image[0, 0, 0]) for image in calibration_images(records, count=5)]
    assert len(set(drawn)) == 5 and drawn == [int(image[0, 0, 0]) for image in calibration_images(records, count=5)]
    seen = {int(image[0, 0, 0]) for seed in range(40) for image in calibration_images(records, count=5, seed=seed)}
    assert seen == set(range(20))


def test_grey_images_have_three_channels(tmp_path: Path) -> None:
    grey: bytes = tf.io.encode_png(np.full((3, 4, 1), 7, np.uint8)).numpy()
    assert calibration_images([write_records(tmp_path / "a.record", [grey])])[0].shape == (3, 4, 3)


@pytest.mark.parametrize(("contents", "said"), [([], "there is no image"), ([b"no image"], "cannot|can be decoded")])
def test_records_without_images_are_named(tmp_path: Path, contents: list[bytes], said: str) -> None:
    with pytest.raises(BoxwrightError, match=said) as caught:
        calibration_images([write_records(tmp_path / "a.record", contents)])
    assert "a.record" in str(caught.value)
