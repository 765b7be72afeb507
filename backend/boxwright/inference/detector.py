"""An exported detector, opened and run: an image in, boxes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boxwright.dataset.plan.label_map import read_label_map
from boxwright.errors import UsageError
from boxwright.inference.detections import Detections
from boxwright.inference.runtimes.base import (
    BOXES,
    CLASSES,
    COUNT,
    FROZEN_GRAPH,
    LABEL_MAP,
    SAVED_MODEL,
    SCORES,
    Arrays,
    Runtime,
)
from boxwright.inference.runtimes.onnx_model import load_onnx
from boxwright.inference.runtimes.tensorflow_models import load_frozen_graph, load_saved_model
from boxwright.inference.runtimes.tflite_model import load_tflite
from boxwright.workspace import as_argument

_LOADERS: dict[str, Callable[..., Runtime]] = {".tflite": load_tflite, ".onnx": load_onnx}
"""By the end of the file's name; threads can be chosen for these only. Any other file is a frozen graph."""


class Detector:
    """A frozen graph or SavedModel, of Boxwright or of the TF Object Detection API; or a TFLite or ONNX file.

    Open one with `Detector.open`; `detect` takes one image, `run` a batch and gives the raw outputs.

    Attributes:
        source: The file or folder that was loaded.
        labels: Class names by id, from 1; empty when no label map was found.
    """

    def __init__(self, runtime: Runtime, *, source: Path, labels: dict[int, str]):
        self._runtime = runtime
        self._takes_batches = True  # until a batch of several images shows that it does not
        self.source = source
        self.labels = labels

    @classmethod
    def open(
        cls, path: Path | str, *, label_map: Path | None = None, threads: int | None = None, trust: bool = False
    ) -> Detector:
        """Load a detector.

        Args:
            path: An export folder (its frozen graph is taken, else its saved_model/, else the ONNX or TFLite file
                that is alone in it), a SavedModel's folder, or the file of a frozen graph, .onnx or .tflite.
            label_map: Label map to name the classes with; by default label_map.pbtxt beside the model.
            threads: Of a TFLite or ONNX runtime; by default as many as there are cores.
            trust: Load a TensorFlow graph whatever its operations are; it then may do whatever this process may.

        Raises:
            UsageError: There is nothing at `path`, no model in the folder, or its runtime is not installed.
            BoxwrightError: The file cannot be read as a model, or the model is not a detector, or holds operations that
                do more than compute.
        """
        source = find_model(Path(path))
        labels = _read_labels(source, label_map)
        if loader := _LOADERS.get(source.suffix.lower()):
            runtime = loader(source, threads=threads)
        else:
            load = load_frozen_graph if source.is_file() else load_saved_model
            runtime = load(source, trust=trust)
        return cls(runtime, source=source, labels=labels)

    def run(self, images: npt.NDArray[np.uint8]) -> Arrays:
        """Run a batch, uint8 [B, H, W, 3], and return every output by the original's name, as float32."""
        return self._runtime(images)

    def detect(self, image: npt.NDArray[np.uint8], *, min_score: float = 0.0) -> Detections:
        """Find the objects in one image.

        Args:
            image: uint8 [H, W, 3], RGB, upright.
            min_score: Detections below it are left out.

        Raises:
            ValueError: The array is not such an image.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"an image is uint8 [H, W, 3], got {image.dtype} {list(image.shape)}")
        return self.detect_batch(image[np.newaxis], min_score=min_score)[0]

    def detect_batch(self, images: npt.NDArray[np.uint8], *, min_score: float = 0.0) -> list[Detections]:
        """Find the objects in images of one size.

        Args:
            images: uint8 [B, H, W, 3], RGB, upright.
            min_score: Detections below it are left out.

        Returns:
            One for each image.
        """
        if len(images) > 1 and self._takes_batches:
            outputs = self._run_together(images)
            if outputs is not None:
                return [self._detections(outputs, index, images.shape, min_score) for index in range(len(images))]
        return [
            self._detections(self._runtime(images[index : index + 1]), 0, images.shape, min_score)
            for index in range(len(images))
        ]

    def _run_together(self, images: npt.NDArray[np.uint8]) -> Arrays | None:
        """Return the outputs of a batch; None, also from then on, of a graph that was made for one image at a time."""
        try:
            outputs = self._runtime(images)
        except Exception:  # its runtime's own; one image at a time says what is wrong, if it is not that
            self._takes_batches = False
            return None
        self._takes_batches = len(outputs[SCORES]) == len(images)
        return outputs if self._takes_batches else None

    def _detections(self, outputs: Arrays, index: int, shape: tuple[int, ...], min_score: float) -> Detections:
        scores = outputs[SCORES][index]
        count = int(outputs[COUNT][index]) if COUNT in outputs else len(scores)
        boxes = outputs[BOXES][index][:count]
        keep = np.flatnonzero((scores[:count] >= min_score) & np.isfinite(boxes).all(axis=1))
        keep = keep[np.argsort(-scores[keep], kind="stable")]
        classes = np.rint(outputs[CLASSES][index][keep]).astype(np.int32)
        return Detections(
            boxes=np.clip(boxes[keep], 0.0, 1.0).astype(np.float32),
            scores=scores[keep].astype(np.float32),
            classes=classes,
            labels=tuple(self.labels.get(number, f"class {number}") for number in classes.tolist()),
            height=shape[1],
            width=shape[2],
        )


def find_model(path: Path) -> Path:
    """Return the model's file, or the SavedModel's folder, that `path` means.

    Raises:
        UsageError: There is none.
    """
    if path.is_file():
        return path.parent if path.name in ("saved_model.pb", "saved_model.pbtxt") else path
    if not path.is_dir():
        raise UsageError(f"{path}: there is no such file or folder. Give an export: boxwright export makes one.")
    if (path / "saved_model.pb").is_file():
        return path
    if (path / FROZEN_GRAPH).is_file():
        return path / FROZEN_GRAPH
    if (path / SAVED_MODEL / "saved_model.pb").is_file():
        return path / SAVED_MODEL
    others = sorted(file for file in path.iterdir() if file.suffix.lower() in _LOADERS)
    if len(others) == 1:
        return others[0]
    if others:
        raise UsageError(f"{path}: several models in this folder: give {', '.join(map(as_argument, others))}")
    within = sorted([*path.glob(f"*/{FROZEN_GRAPH}"), *path.glob(f"*/*/{FROZEN_GRAPH}")])
    if within:
        exports = ", ".join(as_argument(graph.parent) for graph in within)
        raise UsageError(f"{path}: no model in this folder, but there is deeper in it: give {exports}")
    raise UsageError(
        f"{path}: no model in this folder: neither {FROZEN_GRAPH} nor {SAVED_MODEL}/saved_model.pb nor "
        "saved_model.pb. Give the folder that boxwright export or the TF Object Detection API wrote."
    )


def _read_labels(source: Path, label_map: Path | None) -> dict[int, str]:
    if label_map is None:
        beside = (source.parent / LABEL_MAP, source / LABEL_MAP)
        label_map = next((path for path in beside if path.is_file()), None)
    elif not label_map.is_file():
        raise UsageError(f"{label_map}: there is no such label map.")
    if label_map is None:
        return {}
    known = read_label_map(label_map)
    # COCO's map names a class /m/01g317 and displays it as "person".
    return {number: known.display_names.get(name, name) for name, number in known.items()}
