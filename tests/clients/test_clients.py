"""Programs that users have open the files of an export and find what its SavedModel finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.export.formats import Format
from client_detections import Exported, Found, assert_agree, share_found, share_near
from report_runs import evaluated_workspace

pytestmark = pytest.mark.process

Client = Callable[..., Any]
OPENCV = ("opencv-python-headless<5", "opencv-python-headless>=5")


def detections(printed: Any) -> list[list[Found]]:
    return [[Found(*row) for row in photo] for photo in printed]


@pytest.mark.parametrize(("form", "share"), [(Format.TFLITE, 1.0), (Format.TFLITE_FLOAT16, 0.97)])
def test_mediapipe_tasks(exported: Exported, client: Client, form: Format, share: float) -> None:
    found = detections(client("mediapipe", "mediapipe_tasks.py", exported.folder / form.file_name, exported.photos))
    # It cuts left, top, width and height to whole pixels, so that right and bottom lose up to two. In float16 scores
    # that are nearly equal change places, and suppression keeps the neighbour.
    assert share_near(exported.found, found, pixels=2.0, score=1e-3) >= share


def test_mediapipe_tasks_in_8_bits(exported: Exported, client: Client) -> None:
    path = exported.folder / Format.TFLITE_INT8.file_name
    found = detections(client("mediapipe", "mediapipe_tasks.py", path, exported.photos))
    assert share_found(exported.found, found, sure=0.5) >= 0.9


@pytest.mark.parametrize("package", OPENCV)
def test_opencv_with_the_text_graph(exported: Exported, client: Client, package: str) -> None:
    found = detections(client(package, "opencv_frozen_graph.py", exported.folder, exported.photos))
    assert_agree(exported.found, found, pixels=1.0)


def test_opencv_5_with_onnx(exported: Exported, client: Client) -> None:
    path = exported.folder / Format.ONNX.file_name
    found = detections(client(OPENCV[1], "opencv_onnx.py", path, exported.photos))
    assert_agree(exported.found, found, pixels=1.0)


def test_openvino_with_onnx(exported: Exported, client: Client) -> None:
    found = detections(client("openvino", "openvino_onnx.py", exported.folder / Format.ONNX.file_name, exported.photos))
    assert_agree(exported.found, found, pixels=1.0)


def test_mlflow(client: Client, tmp_path: Path) -> None:
    training = evaluated_workspace(tmp_path / "work").training
    export = tmp_path / "model"
    export.mkdir()
    (export / "model.json").write_text("{}")
    page = training / "run.json"
    held = client("mlflow-skinny filelock", "mlflow_log.py", training, page, export, tmp_path / "store")
    assert held["params"]["model"] == "ssd_inception_v2"
    assert "DetectionBoxes_Precision/mAP_.50IOU" in held["metrics"]
    assert {"run.json", "export/model.json"} <= set(held["files"])
