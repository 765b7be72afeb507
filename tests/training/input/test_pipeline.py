"""Batches from records, and the record that spoils one is named."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.python.framework.config import disable_op_determinism

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.detection.example_decoder import decode_example, label_table
from boxwright.detection.model import SsdModel
from boxwright.training.errors import TrainingError
from boxwright.training.input.pipeline import WHOLE, Share, explain_bad_record, names_of, training_batches
from boxwright.training.input.record_index import index_records
from training_records import CLASSES, example, good_examples, png, small_config, write_records


@pytest.fixture(scope="module")
def model() -> SsdModel:
    return SsdModel(small_config().model)


def batches(
    path: Path,
    model: SsdModel,
    *,
    batch_size: int = 2,
    start_step: int = 0,
    share=WHOLE,
    augmentation: str = "random_horizontal_flip {}",
    **reader: object,
):
    """Return the batches; a flip is random and quickly built, unlike the crops of the preset."""
    config = small_config(batch_size=batch_size)
    config.train_config.ClearField("data_augmentation_options")
    text_format.Merge(f"train_config {{ data_augmentation_options {{ {augmentation} }} }}", config)
    for field, value in reader.items():
        setattr(config.train_input_reader, field, value)
    index = index_records([path])
    return training_batches(index, config, model, decode_example, seed=3, start_step=start_step, share=share)


def names(path: Path, records) -> list[str]:
    return names_of(index_records([path]), decode_example, records.numpy())


def test_a_batch_holds_images_targets_and_names(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(4))
    batch = next(iter(batches(path, model)))
    anchors = len(model.anchors)
    assert batch.images.shape == (2, 64, 64, 3)
    assert -1 <= batch.images.numpy().min() <= batch.images.numpy().max() <= 1
    assert batch.targets.cls_targets.shape == (2, anchors, len(CLASSES) + 1)
    assert batch.targets.reg_targets.shape == (2, anchors, 4)
    assert set(names(path, batch.records)) <= {"img0.png", "img1.png", "img2.png", "negative.png"}


def test_fewer_images_than_a_batch_fill_it(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(2))
    seen = [name for batch in batches(path, model, batch_size=5).take(2) for name in names(path, batch.records)]
    assert len(seen) == 10
    assert set(seen) == {"img0.png", "negative.png"}


def test_the_same_seed_gives_the_same_pixels_also_from_the_middle(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(5))
    whole = list(batches(path, model, augmentation="ssd_random_crop {}").take(4))
    again = list(batches(path, model, augmentation="ssd_random_crop {}", start_step=2).take(2))
    for expected, got in zip(whole[2:], again, strict=True):
        np.testing.assert_array_equal(got.images, expected.images)
        np.testing.assert_array_equal(got.targets.reg_targets, expected.targets.reg_targets)
    assert not np.array_equal(whole[0].images, whole[1].images)


AUGMENTATION = (
    "random_rotation90 {}",
    "random_distort_color {}",
    "random_jitter_boxes {}",
    "random_absolute_pad_image { max_height_padding: 9 max_width_padding: 30 }",
    "random_jpeg_quality { min_jpeg_quality: 50 random_coef: 0.5 }",
    "random_square_crop_by_scale {}",
    "random_resize_method { target_height: 50 target_width: 70 }",
)
"""Steps that change the image's type, its size, its boxes, or only some images."""


def test_images_of_any_type_and_size_become_batches_also_from_the_middle(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(5))
    config = small_config(batch_size=2)
    for step in AUGMENTATION:
        text_format.Merge(f"train_config {{ data_augmentation_options {{ {step} }} }}", config)
    index = index_records([path])
    whole = list(training_batches(index, config, model, decode_example, seed=3).take(4))
    again = list(training_batches(index, config, model, decode_example, seed=3, start_step=2).take(2))
    for expected, got in zip(whole[2:], again, strict=True):
        np.testing.assert_array_equal(got.images, expected.images)
        np.testing.assert_array_equal(got.targets.reg_targets, expected.targets.reg_targets)
        assert np.ptp(got.images) > 0.5


def test_batches_are_made_beside_the_step_also_where_tensorflow_is_deterministic(
    tmp_path: Path, model: SsdModel
) -> None:
    """What its rules take for random it makes only when it is asked for; here the records are gone by then."""
    config, labels = small_config(batch_size=2), label_table(LabelMap({name: id for id, name in enumerate(CLASSES, 1)}))
    tf.random.set_seed(1)
    tf.config.experimental.enable_op_determinism()  # as with --deterministic
    try:
        for attempt in range(6):
            path = write_records(tmp_path / f"{attempt}.record", good_examples(5))
            index = index_records([path])
            stream = iter(training_batches(index, config, model, lambda one: decode_example(one, labels), seed=3))
            next(stream)
            time.sleep(0.2 * 2**attempt)  # a busy machine needs longer
            path.unlink()
            with suppress(tf.errors.NotFoundError):
                next(stream)
                return
        raise AssertionError("the batch after the first is not made before it is asked for")
    finally:
        disable_op_determinism()


def test_the_shares_of_a_batch_are_the_batch(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(5))
    whole = list(batches(path, model, batch_size=4, start_step=1).take(3))
    for workers, replicas in ((2, 1), (1, 2), (2, 2)):
        shares = [Share(workers=workers, worker=worker, replicas=replicas) for worker in range(workers)]
        parts = [list(batches(path, model, batch_size=4, start_step=1, share=one).take(3 * replicas)) for one in shares]
        for step, expected in enumerate(whole):
            pieces = [part[step * replicas + replica] for part in parts for replica in range(replicas)]
            np.testing.assert_array_equal(np.concatenate([piece.images for piece in pieces]), expected.images)
            np.testing.assert_array_equal(np.concatenate([piece.records for piece in pieces]), expected.records)


def test_num_epochs_keeps_the_last_partial_batch(tmp_path: Path, model: SsdModel) -> None:
    path = write_records(tmp_path / "train.record", good_examples(3))
    assert [len(batch.images) for batch in batches(path, model, num_epochs=1)] == [2, 1]


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
        list(batches(path, model).take(4))
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
