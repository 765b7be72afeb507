"""Batches from records, and the record that spoils one is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.example_decoder import decode_example
from boxwright.detection.model import SsdModel
from boxwright.training.errors import TrainingError
from boxwright.training.input_pipeline import explain_bad_record, training_batches
from training_records import CLASSES, example, good_examples, png, small_config, write_records


@pytest.fixture(scope="module")
def model() -> SsdModel:
    return SsdModel(small_config().model)


def batches(path: Path, model: SsdModel, *, count: int, batch_size: int = 2, start_step: int = 0, **reader: object):
    config = small_config(batch_size=batch_size)
    for field, value in reader.items():
        setattr(config.train_input_reader, field, value)
    return training_batches([path], config, model, decode_example, count=count, seed=3, start_step=start_step)


def test_a_batch_holds_images_targets_and_names(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(4))
    batch = next(iter(batches(path, model, count=4)))
    anchors = len(model.anchors)
    assert batch.images.shape == (2, 64, 64, 3)
    assert -1 <= batch.images.numpy().min() <= batch.images.numpy().max() <= 1
    assert batch.targets.cls_targets.shape == (2, anchors, len(CLASSES) + 1)
    assert batch.targets.reg_targets.shape == (2, anchors, 4)
    assert set(batch.names.numpy()) <= {b"img0.png", b"img1.png", b"img2.png", b"negative.png"}


def test_fewer_images_than_a_batch_fill_it(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(2))
    names = [name for batch in batches(path, model, count=2, batch_size=5).take(2) for name in batch.names.numpy()]
    assert len(names) == 10
    assert set(names) == {b"img0.png", b"negative.png"}


def test_the_same_seed_gives_the_same_pixels_also_from_the_middle(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(5))
    whole = list(batches(path, model, count=5).take(4))
    again = list(batches(path, model, count=5, start_step=2).take(2))
    for expected, got in zip(whole[2:], again, strict=True):
        np.testing.assert_array_equal(got.images, expected.images)
        np.testing.assert_array_equal(got.targets.reg_targets, expected.targets.reg_targets)
    assert not np.array_equal(whole[0].images, whole[1].images)


def test_num_epochs_keeps_the_last_partial_batch(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(3))
    assert [len(batch.images) for batch in batches(path, model, count=3, num_epochs=1)] == [2, 1]


BAD = {
    "undecodable": (example("broken.png", b"\x89PNG\r\n\x1a\n then nothing"), "broken.png.*cannot be decoded"),
    "cut JPEG": (
        example("cut.jpg", tf.io.encode_jpeg(np.zeros((90, 90, 3), np.uint8)).numpy()[:60]),
        "cut.jpg.*cannot be decoded",
    ),
    "class 3 of 2": (example("many.png", png(1), labels=(3,)), "many.png.*not among the model's 2.*ids 3"),
    "class 0": (example("none.png", png(1), labels=(0,)), "none.png.*not among the model's 2.*ids 0"),
    "inverted box": (example("upside.png", png(1), boxes=((0.6, 0.1, 0.2, 0.5),)), "upside.png.*no box"),
    "NaN box": (example("nan.png", png(1), boxes=((0.1, float("nan"), 0.2, 0.5),)), "nan.png.*no box"),
    "no example": (b"this is no tf.Example at all", "no tf.Example"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_record_that_cannot_be_trained_on_is_named(tmp_path: Path, model: SsdModel, case: str) -> None:
    serialized, message = BAD[case]
    path = write_records(tmp_path / "train.record", [*good_examples(2), serialized])
    with pytest.raises(tf.errors.OpError):
        list(batches(path, model, count=3).take(4))
    error = explain_bad_record([path], decode_example, model.num_classes)
    assert isinstance(error, TrainingError)
    with pytest.raises(TrainingError, match=rf"(?s)train\.record, record 3: .*{message}"):
        raise error


def test_good_records_have_no_explanation(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(3))
    assert explain_bad_record([path], decode_example, model.num_classes) is None


def test_a_damaged_file_is_named(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(3))
    data = bytearray(path.read_bytes())
    data[-10] ^= 0xFF
    path.write_bytes(data)
    error = explain_bad_record([path], decode_example, model.num_classes)
    assert error is not None
    assert "damaged after record 2" in str(error)
