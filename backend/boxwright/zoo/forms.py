"""Files that hold a detector for inference, told apart by their names and first bytes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from boxwright.zoo.tfjs import MODEL, find_tfjs

MAX_DEPTH = 2  # folders below the one that was given
SAVED_MODEL = "saved_model.pb"


class Form(Enum):
    """A form of a detector for inference; the value is what messages call it."""

    SAVED_MODEL = "a SavedModel"
    FROZEN_GRAPH = "a frozen graph"
    TFJS = "a TF.js graph model"
    ONNX = "an ONNX file"
    TFLITE = "a TFLite file"


_SUFFIXES = {".pb": Form.FROZEN_GRAPH, ".json": Form.TFJS, ".onnx": Form.ONNX, ".tflite": Form.TFLITE}
_PREFERRED = (Form.FROZEN_GRAPH, Form.SAVED_MODEL, Form.TFJS, Form.ONNX, Form.TFLITE)


def form_of(path: Path) -> Form | None:
    """Return the form of a file, or of the folder of a SavedModel; None for anything else."""
    if path.is_dir():
        return Form.SAVED_MODEL if (path / SAVED_MODEL).is_file() else None
    return _SUFFIXES.get(path.suffix.lower())


def find_form(folder: Path) -> Path | None:
    """Return what can be converted in a folder without a checkpoint, searched MAX_DEPTH folders deep.

    A TF.js model is searched deeper, because npm packages have theirs three folders deep.

    Returns:
        A file, or the folder of a SavedModel; of several, the one that keeps most: a frozen graph has its own batch
        normalisation, a TFLite file has no results before suppression. None when there is none.
    """
    found = [(path, form) for path in _walk(folder, 0) if (form := form_of(path)) is not None]
    if not found:
        return find_tfjs(folder)
    return min(found, key=lambda one: (_PREFERRED.index(one[1]), len(one[0].parts), str(one[0])))[0]


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / SAVED_MODEL).is_file():
        yield folder
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir() and depth < MAX_DEPTH:
            yield from _walk(path, depth + 1)
        elif path.is_file() and (path.suffix != ".json" or path.name == MODEL):
            yield path
