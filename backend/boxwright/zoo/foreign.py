"""Files that people have of detectors but that give no checkpoint here, named for what they are."""

from __future__ import annotations

import zipfile
from pathlib import Path

from boxwright.zoo.errors import ZooError

HEAD = 1 << 20  # bytes read of each end: ONNX files have their metadata at the end
_ADVICE = (
    "Give a detector of the TF1 API: an archive or a folder of the zoo, a checkpoint, a SavedModel, a frozen graph "
    "(.pb), or a TF.js, ONNX or TFLite file."
)


_SUFFIXES = (".h5", ".hdf5", ".keras", ".onnx", ".pt", ".pth")


def refuse_foreign(path: Path) -> None:
    """Refuse a file that is a model of another kind, by its first bytes or its suffix.

    Raises:
        ZooError: It is one; the message says which.
        OSError: It cannot be read.
    """
    if (kind := _kind_of(path)) is not None:
        raise ZooError(f"{path}: this is {kind}. {_ADVICE}")


def describe_folder(folder: Path) -> str:
    """Return which model of another kind a folder has, as a sentence; "" when it has none."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _SUFFIXES and path.is_file() and (kind := _kind_of(path)) is not None:
            return f"It has {path.name}, which is {kind}. "
    return ""


def _kind_of(path: Path) -> str | None:
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        stream.seek(max(0, path.stat().st_size - HEAD))
        ends = (head + stream.read()).lower()
    return _kind(path, head, ends)


def _kind(path: Path, head: bytes, ends: bytes) -> str | None:
    suffix = path.suffix.lower()
    if head.startswith(b"\x89HDF\r\n") or suffix in (".h5", ".hdf5"):
        return "a Keras file (HDF5), whose layers are not those of a detector of the TF1 API"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if suffix == ".onnx":
        is_yolo = b"ultralytics" in ends or b"yolo" in ends or "yolo" in path.name.lower()
        return "a YOLO model (ONNX), another network than SSD" if is_yolo else None
    if suffix == ".pbtxt":
        return "a label map or a graph without weights (.pbtxt)"
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
