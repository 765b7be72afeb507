"""A test split of large photos with small objects, measured with tiles and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.annotations.model import Box
from boxwright.dataset.plan.label_map import LabelMap
from boxwright.dataset.store.tf_example import ExampleImage, encode_example
from boxwright.errors import BoxwrightError
from boxwright.evaluation.detector import evaluate_detector
from boxwright.inference.tiled import TiledDetector
from boxwright.tiling.grid import TileSize
from fake_detector import INPUT, CoarseDetector, draw, scattered

LABELS = LabelMap({"dog": 1})


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("records") / "test.record"
    objects = scattered(2000, 20)
    encoded = tf.io.encode_png(draw(2000, 2000, objects)).numpy()
    boxes = [Box("dog", xmin=left, ymin=top, xmax=right, ymax=bottom) for top, left, bottom, right in objects]
    about = ExampleImage("a.png", 2000, 2000, "png", "")
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"".join(encode_example(about, encoded, boxes, [1] * len(boxes))))
    return path


def test_objects_of_20_pixels_in_photos_of_2000_count_with_tiles(record: Path) -> None:
    whole = evaluate_detector(CoarseDetector(), [record], LABELS)
    tiled = evaluate_detector(TiledDetector(CoarseDetector(), TileSize(INPUT, INPUT)), [record], LABELS)
    assert (whole.metrics.ap50, tiled.metrics.ap50) == (0.0, pytest.approx(1.0))
    (image,) = tiled.images
    assert (image.name, image.height, image.width) == ("a.png", 2000, 2000)
    assert image.gt_boxes.shape == image.boxes.shape == (40, 4)
    assert np.all(image.gt_classes == 1)


def test_a_damaged_record_is_named(record: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.record"
    cut.write_bytes(record.read_bytes()[:-5])
    with pytest.raises(BoxwrightError, match=r"cut\.record: after image 0"):
        evaluate_detector(CoarseDetector(), [cut], LABELS)
