"""Files that people have of detectors but that give no checkpoint here, named for what they are."""

from __future__ import annotations

import zipfile
from pathlib import Path

from boxwright.zoo.errors import ZooError

HEAD = 1 << 20  # bytes read of each end: ONNX files have their metadata at the end
_ADVICE = "Give the archive or folder of a model of the TF1 detection zoo, or a TF.js graph model (model.json or .tgz)."


def refuse_foreign(path: Path) -> None:
    """Refuse a file that is a model of another kind, by its first bytes or its suffix.

    Raises:
        ZooError: It is one; the message says which.
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        stream.seek(max(0, path.stat().st_size - HEAD))
        ends = (head + stream.read()).lower()
    if (kind := _kind(path, head, ends)) is not None:
        raise ZooError(f"{path}: this is {kind}. {_ADVICE}")


def describe_folder(folder: Path) -> str:
    """Return what a folder without a checkpoint has instead, as a sentence; "" when that is unknown."""
    if (folder / "saved_model.pb").is_file() or (folder / "saved_model" / "saved_model.pb").is_file():
        return "It has a SavedModel, which is not read yet. "
    if any(folder.glob("*.pb")):
        return "It has a frozen graph, which is not read yet. "
    return ""


def _kind(path: Path, head: bytes, ends: bytes) -> str | None:
    suffix = path.suffix.lower()
    if head.startswith(b"\x89HDF\r\n") or suffix in (".h5", ".hdf5"):
        return "a Keras file (HDF5), whose layers are not those of a detector of the TF1 API"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if suffix == ".onnx":
        is_yolo = b"ultralytics" in ends or b"yolo" in ends or "yolo" in path.name.lower()
        return "a YOLO model (ONNX), another network than SSD" if is_yolo else "an ONNX model, which is not read yet"
    if head[4:8] == b"TFL3" or suffix == ".tflite":
        return "a TFLite model, which is not read yet"
    if suffix in (".pb", ".pbtxt"):
        is_saved_model = path.name.startswith("saved_model")
        return f"a {'SavedModel' if is_saved_model else 'frozen graph'}, which is not read yet"
    return None


def _zip_kind(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist()[:1000])
    # what a damaged list raises: OSError (in Python 3.10) when it begins before the file, ValueError for a name that
    # is no UTF-8, NotImplementedError for a later version of the format; the file is a zip archive all the same
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        names = set()
    if "model.weights.h5" in names:
        return "a Keras file (.keras), whose layers are not those of a detector of the TF1 API"
    if any(name.endswith("data.pkl") for name in names):
        return "a PyTorch file, of another framework"
    return "a zip archive, which is not read"
