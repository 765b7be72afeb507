"""A model that gives no checkpoint is named for what it is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from boxwright.zoo.errors import ZooError
from boxwright.zoo.foreign import refuse_foreign
from boxwright.zoo.weights import find_weights


def zipped(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, b"")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("model.h5", b"\x89HDF\r\n\x1a\n", "a Keras file"),
        ("weights", b"\x89HDF\r\n\x1a\n", "a Keras file"),
        ("model.keras", zipped("model.weights.h5"), "a Keras file"),
        ("best.pt", zipped("best/data.pkl"), "a PyTorch file"),
        ("photos.zip", zipped("a.jpg"), "a zip archive"),
        ("best.onnx", b"\x08\x08pytorch ... Ultralytics YOLOv8n", "a YOLO model"),
        ("label_map.pbtxt", b"item {}", "a label map"),
    ],
)
def test_a_model_of_another_kind_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(ZooError, match=message):
        refuse_foreign(file)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(b"PK\x05\x06", (12, b"\xff\xff\xff\x7f"), id="its list begins before the file"),
        pytest.param(b"PK\x01\x02", (6, b"\x7f"), id="a later version of the format"),
        pytest.param(b"PK\x01\x02", (0, b"XX"), id="its list is damaged"),
        pytest.param("größe".encode(), (2, b"\xff"), id="a name that is no UTF-8"),
    ],
)
def test_a_damaged_zip_archive_is_one_all_the_same(tmp_path: Path, field: bytes, value: tuple[int, bytes]) -> None:
    file = tmp_path / "photos.zip"
    data = bytearray(zipped("größe.jpg"))
    offset, changed = data.rindex(field) + value[0], value[1]
    data[offset : offset + len(changed)] = changed
    file.write_bytes(data)
    with pytest.raises(ZooError, match="a zip archive, which is not read"):
        refuse_foreign(file)


def test_an_archive_is_not_foreign(tmp_path: Path) -> None:
    file = tmp_path / "model.tar.gz"
    file.write_bytes(b"\x1f\x8b")
    refuse_foreign(file)


def test_a_folder_without_a_checkpoint_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ZooError, match=r"no checkpoint.*It has model\.h5, which is a Keras file"):
        find_weights(tmp_path)


def test_an_object_checkpoint_of_tensorflow_2_is_named(tmp_path: Path) -> None:
    (tmp_path / "ckpt-0.index").write_bytes(b"\0\x1c_CHECKPOINTABLE_OBJECT_GRAPH\0")
    (tmp_path / "ckpt-0.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(ZooError, match="ckpt-0 is an object checkpoint of TensorFlow 2"):
        find_weights(tmp_path)
