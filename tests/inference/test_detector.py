"""The detector, held against what the original API's own export gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.errors import BoxwrightError, UsageError
from boxwright.inference.detector import Detector
from boxwright.inference.runtimes.base import BOXES, CLASSES, SCORES
from original_graph import write_original_graph

LABEL_MAP = "item { id: 1 name: 'one' }\nitem { id: 2 name: '/m/02' display_name: 'two' }\n"


@pytest.fixture(scope="module")
def original(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    write_original_graph(golden, folder / "frozen_inference_graph.pb")
    (folder / "label_map.pbtxt").write_text(LABEL_MAP)
    return folder


@pytest.fixture(scope="module")
def detector(original: Path) -> Detector:
    return Detector.open(original)


@pytest.fixture(scope="module")
def detections_of_original(golden: Path) -> dict[str, np.ndarray]:
    with np.load(golden / "export_a" / "frozen_detections.npz") as data:
        return dict(data)


@pytest.mark.parametrize("number", [1, 42])
def test_the_originals_frozen_graph_gives_what_it_gave(
    detector: Detector, detections_of_original: dict[str, np.ndarray], number: int
) -> None:
    outputs = detector.run(detections_of_original[f"image_{number}_uint8"][np.newaxis])
    for name in ("detection_boxes", "detection_scores", "detection_classes", "num_detections"):
        np.testing.assert_allclose(outputs[name], detections_of_original[f"image_{number}_{name}"], atol=1e-4)


def test_detect_gives_boxes_scores_classes_and_labels(
    detector: Detector, detections_of_original: dict[str, np.ndarray]
) -> None:
    image = detections_of_original["image_1_uint8"]
    found = detector.detect(image)
    assert (found.height, found.width) == image.shape[:2]
    assert len(found) == int(detections_of_original["image_1_num_detections"][0])
    np.testing.assert_allclose(found.boxes, detections_of_original["image_1_detection_boxes"][0], atol=1e-4)
    assert (np.diff(found.scores) <= 0).all()
    assert set(zip(found.classes.tolist(), found.labels, strict=True)) == {(1, "one"), (2, "two"), (3, "class 3")}
    threshold = float(found.scores[4])
    few = detector.detect(image, min_score=threshold)
    assert len(few) == 5 and few.labels == found.labels[:5]
    np.testing.assert_allclose(found.pixel_boxes()[0], found.boxes[0] * [372, 475, 372, 475], rtol=1e-6)


def test_the_file_itself_opens_and_another_label_map_names(original: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pbtxt"
    other.write_text("item { id: 1 name: 'eins' }")
    assert Detector.open(original / "frozen_inference_graph.pb", label_map=other).labels == {1: "eins"}


def test_without_a_label_map_classes_are_numbers(original: Path, tmp_path: Path) -> None:
    shutil.copy(original / "frozen_inference_graph.pb", tmp_path)
    assert Detector.open(tmp_path).labels == {}


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 4), np.uint8)]
)
def test_what_is_no_image_is_refused(detector: Detector, image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        detector.detect(image)


def test_a_black_image_of_one_pixel_is_an_image(detector: Detector) -> None:
    detector.detect(np.zeros((1, 1, 3), np.uint8))


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        Detector.open(tmp_path / "missing")
    with pytest.raises(UsageError, match="no model in this folder"):
        Detector.open(tmp_path)
    graph = tmp_path / "trained-inference-graphs" / "output_inference_graph_v1" / "frozen_inference_graph.pb"
    graph.parent.mkdir(parents=True)
    graph.touch()
    for above in (tmp_path, tmp_path / "trained-inference-graphs"):
        with pytest.raises(UsageError, match=r"deeper in it: give .*output_inference_graph_v1"):
            Detector.open(above)


def test_files_that_are_no_graph(tmp_path: Path) -> None:
    path = tmp_path / "frozen_inference_graph.pb"
    path.write_bytes(b"\xff\xfenot a graph")
    with pytest.raises(BoxwrightError, match="cannot be read as a frozen graph"):
        Detector.open(path)
    folder = tmp_path / "saved_model"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"\xff\xfenot a model")
    with pytest.raises(BoxwrightError, match="cannot be read as a SavedModel"):
        Detector.open(folder)


def test_models_that_are_no_detector(tmp_path: Path) -> None:
    with tf.Graph().as_default() as graph:
        tf.identity(tf.compat.v1.placeholder(tf.float32, [None], name="x"), name="y")
    path = tmp_path / "other.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(BoxwrightError, match=r"lacks the input image_tensor, detection_boxes"):
        Detector.open(path)

    class Doubler(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def double(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": 2.0 * x}

    doubler = Doubler()
    tf.saved_model.save(doubler, str(tmp_path / "saved"), signatures=doubler.double)
    with pytest.raises(BoxwrightError, match="not a detector"):
        Detector.open(tmp_path / "saved")


def test_a_saved_model_of_the_second_api_with_its_key_input_tensor(tmp_path: Path) -> None:
    class Second(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.uint8, name="input_tensor")])
        def call(self, input_tensor: tf.Tensor) -> dict[str, tf.Tensor]:
            top = tf.cast(input_tensor[:, 0, 0, 0], tf.float32) / 255.0
            return {
                "detection_boxes": tf.constant([[[0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 1.5, 1.0]]]),
                "detection_scores": tf.stack([top, top / 2], axis=1),
                "detection_classes": tf.constant([[2.0, 1.0]]),
                "num_detections": tf.constant([2.0]),
            }

    second = Second()
    tf.saved_model.save(second, str(tmp_path), signatures=second.call)
    found = Detector.open(tmp_path).detect(np.full((5, 5, 3), 255, np.uint8))
    assert found.classes.tolist() == [2, 1]
    assert found.scores.tolist() == pytest.approx([1.0, 0.5])
    assert found.boxes[1].tolist() == [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_model_of_one_image_at_a_time_runs_one_at_a_time(is_refused: bool) -> None:
    """Its outputs are of the first image only, or it refuses several."""
    batches: list[int] = []

    def runtime(images: np.ndarray) -> dict[str, np.ndarray]:
        batches.append(len(images))
        if is_refused and len(images) > 1:
            raise ValueError("the placeholder is of one image")
        return {
            BOXES: np.array([[[0, 0, 1, 1]]], np.float32),
            SCORES: np.array([[images[0].max() / 255]], np.float32),
            CLASSES: np.array([[1]], np.float32),
        }

    detector = Detector(runtime, source=Path("one.pb"), labels={1: "dog"})
    images = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (51, 102, 255)])
    for _ in range(2):
        found = detector.detect_batch(images)
        assert [one.scores.tolist() for one in found] == [pytest.approx([share]) for share in (0.2, 0.4, 1.0)]
    assert batches == [3, 1, 1, 1, 1, 1, 1]
