"""From records to numbers: what the model finds is matched with what the records say, through the command too."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner, Result

from boxwright.cli.app import app
from boxwright.dataset.plan.label_map import LabelMap
from boxwright.errors import BoxwrightError
from boxwright.evaluation.evaluate import evaluate
from boxwright.inference.restore import restore_model
from boxwright.pipeline.load import load_pipeline
from boxwright.runs.doubtful import read_doubtful
from boxwright.runs.evaluation_record import read_evaluation
from boxwright.runs.record import Results, RunRecord, read_run

Arrays = dict[str, np.ndarray]
LABELS = {"eins": 1, "zwei": 2, "drei": 3}
TOP = 5


@pytest.fixture(scope="module")
def original(golden: Path) -> Arrays:
    """Two images of 300 x 300, and what the original detects in them."""
    found: Arrays = {}
    with np.load(golden / "ssd_inception_v2_a" / "forward.npz") as data:
        found["images"] = data["images_uint8"]
    with np.load(golden / "ssd_inception_v2_a" / "postprocess.npz") as data:
        found.update({name: data[f"detection_{name}"] for name in ("boxes", "scores", "classes")})
    return found


@pytest.fixture(scope="module")
def model(golden: Path) -> Any:
    folder = golden / "ssd_inception_v2_a"
    return restore_model(load_pipeline(folder / "pipeline.config"), folder / "model.ckpt-0")[0]


def example(
    image: np.ndarray, boxes: np.ndarray, classes: list[int], name: str, difficult: tuple[int, ...] = ()
) -> bytes:
    """Return a record as the tutorial's script writes it; classes are ids from 1."""

    def floats(values: np.ndarray) -> tf.train.Feature:
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))

    def ints(*values: int) -> tf.train.Feature:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    def texts(*values: bytes) -> tf.train.Feature:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))

    names = {number: label for label, number in LABELS.items()}
    feature = {
        "image/encoded": texts(tf.io.encode_png(image).numpy()),
        "image/format": texts(b"jpg"),
        "image/filename": texts(name.encode()),
        "image/height": ints(image.shape[0]),
        "image/width": ints(image.shape[1]),
        **{
            f"image/object/bbox/{split}": floats(boxes[:, i])
            for i, split in enumerate(("ymin", "xmin", "ymax", "xmax"))
        },
        "image/object/class/text": texts(*(names.get(number, "vier").encode() for number in classes)),
        "image/object/class/label": ints(*classes),
        **({"image/object/difficult": ints(*difficult)} if difficult else {}),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def write(path: Path, *examples: bytes) -> Path:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for one in examples:
            writer.write(one)
    return path


def labelled(original: Arrays, index: int, count: int, **options: Any) -> bytes:
    """Return image `index` with the original's best detections as its ground truth."""
    classes = (original["classes"][index, :count] + 1).astype(int).tolist()
    return example(original["images"][index], original["boxes"][index, :count], classes, f"{index}.png", **options)


def test_the_originals_detections_as_ground_truth_score_one(model: Any, original: Arrays, tmp_path: Path) -> None:
    record = write(tmp_path / "test.record", labelled(original, 0, TOP))
    result = evaluate(model, [record], LabelMap(LABELS))
    assert (result.metrics.ap50, result.metrics.voc_map) == pytest.approx((1.0, 1.0))
    assert result.metrics.summary["DetectionBoxes_Precision/mAP"] == pytest.approx(1.0)
    image = result.images[0]
    assert (image.name, image.height, image.width) == ("0.png", 300, 300)
    np.testing.assert_allclose(image.boxes, original["boxes"][0, : len(image.boxes)], atol=1e-4)
    np.testing.assert_array_equal(image.gt_classes, original["classes"][0, :TOP].astype(int) + 1)
    np.testing.assert_allclose(image.gt_boxes, original["boxes"][0, :TOP])


def test_images_with_more_and_fewer_objects_keep_their_own(model: Any, original: Arrays, tmp_path: Path) -> None:
    record = write(
        tmp_path / "test.record",
        labelled(original, 0, TOP, difficult=(0, 1, 0, 1, 0)),
        labelled(original, 1, 0),
        labelled(original, 1, 2),
    )
    result = evaluate(model, [record], LabelMap(LABELS))
    assert [len(image.gt_boxes) for image in result.images] == [TOP, 0, 2]
    assert result.images[0].gt_difficult.tolist() == [False, True, False, True, False]
    assert result.metrics.images == 3
    np.testing.assert_allclose(result.images[2].gt_boxes, original["boxes"][1, :2])
    np.testing.assert_allclose(result.images[1].scores, result.images[2].scores, atol=1e-6)
    assert not (result.images[0].scores[:3] == result.images[1].scores[:3]).all()


def test_the_number_of_examples_and_sampling_are_obeyed(model: Any, original: Arrays, tmp_path: Path) -> None:
    first, second = labelled(original, 0, 1), labelled(original, 1, 1)
    records = [write(tmp_path / "a.record", first, second), write(tmp_path / "b.record", second, first)]

    def names(**options: int) -> list[str]:
        return [image.name for image in evaluate(model, records, LabelMap(LABELS), **options).images]

    assert names() == ["0.png", "1.png", "1.png", "0.png"]
    assert names(num_examples=3) == ["0.png", "1.png", "1.png"]
    assert names(sample_1_of_n=2) == ["0.png", "1.png"]


def test_objects_of_an_unknown_class_are_counted_out(model: Any, original: Arrays, tmp_path: Path) -> None:
    boxes = original["boxes"][0, :2]
    record = write(tmp_path / "test.record", example(original["images"][0], boxes, [1, 4], "image.png"))
    result = evaluate(model, [record], LabelMap(LABELS))
    assert result.dropped == 1 and len(result.images[0].gt_boxes) == 1


def test_an_empty_record_has_no_numbers(model: Any, tmp_path: Path) -> None:
    result = evaluate(model, [write(tmp_path / "test.record")], LabelMap(LABELS))
    assert result.images == () and math.isnan(result.metrics.ap50)


def test_a_damaged_record_is_named(model: Any, original: Arrays, tmp_path: Path) -> None:
    record = write(tmp_path / "test.record", labelled(original, 0, 1), labelled(original, 1, 1))
    record.write_bytes(record.read_bytes()[:-50])
    with pytest.raises(BoxwrightError, match=r"test\.record"):
        evaluate(model, [record], LabelMap(LABELS))
    broken = tf.train.Example.FromString(labelled(original, 0, 1))
    broken.features.feature["image/encoded"].bytes_list.value[0] = b"no image"
    record = write(tmp_path / "broken.record", labelled(original, 1, 1), broken.SerializeToString())
    with pytest.raises(BoxwrightError, match=r"broken\.record"):
        evaluate(model, [record], LabelMap(LABELS))


@pytest.fixture
def workspace(golden: Path, tmp_path: Path) -> Path:
    training, annotations = tmp_path / "training", tmp_path / "annotations"
    training.mkdir()
    annotations.mkdir()
    for path in (golden / "ssd_inception_v2_a").glob("model.ckpt-0.*"):
        shutil.copy(path, training)
    shutil.copy(golden / "ssd_inception_v2_a" / "pipeline.config", training)
    label_map = "".join(f"item {{ id: {number} name: '{name}' }}\n" for name, number in LABELS.items())
    (annotations / "label_map.pbtxt").write_text(label_map)
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def test_the_command_prints_writes_and_records(workspace: Path, original: Arrays) -> None:
    write(workspace / "annotations" / "test.record", labelled(original, 0, TOP))
    result = run(workspace)
    assert result.exit_code == 0, result.output
    assert "AP@.50" in result.output and "all classes" in result.output
    assert "too few for these numbers to mean anything" in result.output
    content = json.loads((workspace / "training" / "evaluation.json").read_text("utf-8"))
    assert content["checkpoint"] == "model.ckpt-0" and content["images"] == 1 and content["objects"] == TOP
    assert content["coco"]["DetectionBoxes_Precision/mAP@.50IOU"] == pytest.approx(1.0)
    assert content["records"] == ["annotations/test.record"]
    absent = [row for row in content["classes"] if not row["objects"]]
    assert all(row["ap50"] is None for row in absent)
    record = read_evaluation(workspace / "training")
    assert record is not None and record.ap50 == pytest.approx(1.0) and record.step == 0
    assert read_run(workspace / "training") == RunRecord(results=Results(record))

    events = EventAccumulator(str(workspace / "training" / "eval"), {"tensors": 0})
    events.Reload()
    tags = events.Tags()["tensors"]
    assert {
        "DetectionBoxes_Precision/mAP",
        "DetectionBoxes_Precision/mAP@.50IOU",
        "DetectionBoxes_Recall/AR@100",
    } <= set(tags)
    present = next(row for row in content["classes"] if row["objects"])
    event = events.Tensors(f"PascalBoxes_PerformanceByCategory/AP@0.5IOU/{present['label']}")[0]
    assert event.step == 0 and tf.make_ndarray(event.tensor_proto) == pytest.approx(1.0)
    assert any(tag.startswith("Detections_Left_Groundtruth_Right") for tag in tags)


def test_tiles_are_recorded_and_a_photo_of_one_tile_has_the_same_numbers(workspace: Path, original: Arrays) -> None:
    write(workspace / "annotations" / "test.record", labelled(original, 0, TOP))
    result = run(workspace, "--tiles", "auto")
    assert result.exit_code == 0, result.output
    record = read_evaluation(workspace / "training")
    assert record is not None
    assert (record.tiles, record.ap50) == ("auto", pytest.approx(1.0))
    assert run(workspace, "--tiles", "huge").exit_code == 2


def test_an_empty_test_side_is_said(workspace: Path) -> None:
    write(workspace / "annotations" / "test.record")
    result = run(workspace)
    assert result.exit_code == 1 and "the test split has no image" in result.output
    (workspace / "annotations" / "test.record").unlink()
    result = run(workspace)
    assert result.exit_code == 1 and "boxwright dataset" in result.output


def test_another_checkpoint_and_folder(workspace: Path, original: Arrays, tmp_path: Path) -> None:
    write(workspace / "annotations" / "test.record", labelled(original, 0, 1))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    config = workspace / "training" / "pipeline.config"
    prefix = workspace / "training" / "model.ckpt-0"
    result = run(workspace, "--checkpoint", prefix, "--train-dir", elsewhere, "--pipeline-config-path", config)
    assert result.exit_code == 0, result.output
    assert (elsewhere / "evaluation.json").is_file()
    assert not (workspace / "training" / "evaluation.json").exists()
    assert run(workspace, "--checkpoint", workspace / "training" / "model.ckpt-9").exit_code == 1


def test_numbers_that_cannot_be_written_are_shown(workspace: Path, original: Arrays) -> None:
    write(workspace / "annotations" / "test.record", labelled(original, 0, 1))
    (workspace / "training" / "eval").write_text("in the way, as a folder is that may not be written")
    result = run(workspace)
    assert result.exit_code == 1
    assert "all classes" in result.output
    assert "File exists" in result.output and "unexpected failure" not in result.output


def test_a_label_that_is_missing_is_the_most_doubtful_one(workspace: Path, original: Arrays) -> None:
    """The record has no box, so the model's best detection is what it contradicts first."""
    record = example(original["images"][0], original["boxes"][0, :0], [], "dir/0.png")
    write(workspace / "annotations" / "train.record", record)
    options = ["doubtful", str(workspace), "--kind", "missing box"]
    said = CliRunner().invoke(app, options)
    assert said.exit_code == 0, said.output
    assert "1 training photos" in said.output and "dir/0.png" in said.output
    found = read_doubtful(workspace / "training")
    assert found is not None and (found.checkpoint, found.images, found.folds) == ("model.ckpt-0", 1, 0)
    first = next(one for one in found.labels if one.kind == "missing box")
    assert first.score == pytest.approx(float(original["scores"][0, 0]), abs=1e-4)
    ymin, xmin, ymax, xmax = (300 * original["boxes"][0, 0]).tolist()
    assert first.box == pytest.approx((xmin, ymin, xmax, ymax), abs=0.1)
    printed = json.loads(CliRunner().invoke(app, [*options, "--json"]).stdout)
    assert {one["kind"] for one in printed["labels"]} == {"missing box"}
    assert CliRunner().invoke(app, ["doubtful", str(workspace), "--folds", "1"]).exit_code == 2
