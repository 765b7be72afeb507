"""Which detections count: above one score, or above the score with the best F1 of their class."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from boxwright.inference.detections import Detections
from boxwright.inference.detector import Detector
from boxwright.inference.thresholds import ThresholdDetector, Thresholds, thresholds_of
from boxwright.runs.model_file import MODEL_FILE, ModelClass, ModelFile, ModelInput, ModelTraining
from boxwright.workflow.detect import DetectOptions, detect
from boxwright.workspace import Workspace
from fake_detector import FakeDetector

FOUND = Detections(
    boxes=np.array([[0, 0, 0.1 * number, 1] for number in range(4)], np.float32),
    scores=np.array([0.9, 0.6, 0.4, 0.2], np.float32),
    classes=np.array([1, 2, 2, 1], np.int32),
    labels=("cat", "dog", "dog", "cat"),
    height=10,
    width=20,
)


class Finder:
    """Finds FOUND in each image; notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def detect_batch(self, images: np.ndarray, *, min_score: float = 0.0) -> list[Detections]:
        self.asked.append(min_score)
        return [FOUND.above(min_score) for _ in images]


def test_one_score_for_all_classes() -> None:
    kept = Thresholds(0.5).apply(FOUND)
    assert kept.scores.tolist() == pytest.approx([0.9, 0.6])
    assert (kept.labels, kept.classes.tolist(), kept.height, kept.width) == (("cat", "dog"), [1, 2], 10, 20)


def test_each_class_has_its_own_score_and_the_others_the_common_one() -> None:
    kept = Thresholds(0.5, {"dog": 0.3}).apply(FOUND)
    assert kept.labels == ("cat", "dog", "dog")
    assert kept.boxes[:, 2].tolist() == pytest.approx([0, 0.1, 0.2])
    assert Thresholds(0.1, {"dog": 0.7}).apply(FOUND).labels == ("cat", "cat")


def test_the_detector_is_asked_for_the_least_score_only() -> None:
    finder = Finder()
    detector = ThresholdDetector(finder, Thresholds(0.5, {"dog": 0.3}))
    (found,) = detector.detect_batch(np.zeros((1, 2, 2, 3), np.uint8))
    assert found.labels == ("cat", "dog", "dog")
    (found,) = detector.detect_batch(np.zeros((1, 2, 2, 3), np.uint8), min_score=0.8)
    assert found.labels == ("cat",)
    assert finder.asked == [0.3, 0.8]


def test_the_scores_of_an_export(tmp_path: Path) -> None:
    assert thresholds_of(tmp_path, None) == Thresholds(0.5)
    classes = (ModelClass(1, "cat", best_score=0.4), ModelClass(2, "dog"))
    model = ModelFile("ssd", classes, ModelInput(300, 300, "stretch"), ModelTraining(7))
    (tmp_path / MODEL_FILE).write_text(model.to_json(), "utf-8")
    best = thresholds_of(tmp_path, None)
    assert best == Thresholds(0.5, {"cat": 0.4})
    assert thresholds_of(tmp_path / "frozen_inference_graph.pb", None) == best
    assert thresholds_of(tmp_path, 0.25) == Thresholds(0.25)


@pytest.mark.parametrize(("best", "given", "objects"), [(0.9, None, 0), (0.7, None, 1), (None, None, 1), (0.9, 0.5, 1)])
def test_detect_takes_the_scores_of_the_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, best: float | None, given: float | None, objects: int
) -> None:
    monkeypatch.setattr(Detector, "open", lambda *_, **__: FakeDetector())
    photo, export = tmp_path / "photo.png", tmp_path / "model.pb"
    Image.fromarray(np.full((24, 32, 3), 204, np.uint8)).save(photo)  # is found with a score of 0.8
    export.write_bytes(b"one")
    model = ModelFile(
        "ssd", (ModelClass(1, "dog", best_score=best),), ModelInput(300, 300, "stretch"), ModelTraining(7)
    )
    (tmp_path / MODEL_FILE).write_text(model.to_json(), "utf-8")
    options = DetectOptions(model=export, images=(photo,), output=tmp_path / "out", min_score=given)
    ((_, found),) = detect(Workspace.at(tmp_path), options).found
    assert len(found) == objects
    written = json.loads((tmp_path / "out" / "detections.json").read_text())
    assert (written["min_score"], written["min_scores"]) == (0.5, {"dog": best} if best and not given else {})
