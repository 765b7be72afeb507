"""Programs that users have open the files of an export and find what its SavedModel finds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from boxwright.export.formats import Format
from client_detections import Exported, Found, assert_agree, share_found

pytestmark = pytest.mark.process

Client = Callable[..., list[list[Found]]]
OPENCV = ("opencv-python-headless<5", "opencv-python-headless>=5")


@pytest.mark.parametrize("form", [Format.TFLITE, Format.TFLITE_FLOAT16])
def test_mediapipe_tasks(exported: Exported, client: Client, form: Format) -> None:
    found = client("mediapipe", "mediapipe_tasks.py", exported.folder / form.file_name, exported.photos)
    # it cuts left, top, width and height to whole pixels, so that right and bottom lose up to two
    assert_agree(exported.found, found, pixels=2.0, score=1e-3, sure=0.3)


def test_mediapipe_tasks_in_8_bits(exported: Exported, client: Client) -> None:
    path = exported.folder / Format.TFLITE_INT8.file_name
    found = client("mediapipe", "mediapipe_tasks.py", path, exported.photos)
    assert share_found(exported.found, found, sure=0.5) >= 0.9


@pytest.mark.parametrize("package", OPENCV)
def test_opencv_with_the_text_graph(exported: Exported, client: Client, package: str) -> None:
    found = client(package, "opencv_frozen_graph.py", exported.folder, exported.photos)
    assert_agree(exported.found, found, pixels=1.0, score=1e-3)


def test_opencv_5_with_onnx(exported: Exported, client: Client) -> None:
    path = exported.folder / Format.ONNX.file_name
    found = client(OPENCV[1], "opencv_onnx.py", path, exported.photos)
    assert_agree(exported.found, found, pixels=1.0, score=1e-3)


def test_openvino_with_onnx(exported: Exported, client: Client) -> None:
    found = client("openvino", "openvino_onnx.py", exported.folder / Format.ONNX.file_name, exported.photos)
    assert_agree(exported.found, found, pixels=1.0, score=1e-3)
