"""An exported detector, opened and run: an image in, boxes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.dataset.label_map import read_label_map
from boxwright.errors import BoxwrightError, UsageError
from boxwright.inference.detections import Detections
from boxwright.workspace import as_argument

FROZEN_GRAPH = "frozen_inference_graph.pb"
SAVED_MODEL = "saved_model"
LABEL_MAP = "label_map.pbtxt"

INPUT = "image_tensor:0"
"""The frozen graph's input, uint8 [B, H, W, 3]."""
REQUIRED = ("detection_boxes", "detection_scores", "detection_classes")
OUTPUTS = (
    *REQUIRED,
    "num_detections",
    "detection_multiclass_scores",
    "raw_detection_boxes",
    "raw_detection_scores",
)
"""Every output that an export of an SSD has, by the original TF Object Detection API's names."""

Arrays = dict[str, npt.NDArray[Any]]


class Detector:
    """A frozen graph or a SavedModel, of Boxwright or of the original TF Object Detection API.

    Open one with `Detector.open`; `detect` takes one image, `run` a batch and gives the raw outputs.

    Attributes:
        source: The file or folder that was loaded.
        labels: Class names by id, from 1; empty when no label map was found.
    """

    def __init__(
        self, function: Callable[[tf.Tensor], Mapping[str, tf.Tensor]], *, source: Path, labels: dict[int, str]
    ):
        self._function = function
        self.source = source
        self.labels = labels

    @classmethod
    def open(cls, path: Path | str, *, label_map: Path | None = None) -> Detector:
        """Load a detector.

        Args:
            path: An export folder (its frozen graph is taken, else its saved_model/), a SavedModel's folder, or
                a frozen graph's .pb file.
            label_map: Label map to name the classes with; by default label_map.pbtxt beside the model.

        Raises:
            UsageError: There is nothing at `path`, or no model in the folder.
            BoxwrightError: The file cannot be read as a model, or the model is not a detector.
        """
        source = find_model(Path(path))
        labels = _read_labels(source, label_map)
        function = _load_frozen_graph(source) if source.is_file() else _load_saved_model(source)
        return cls(function, source=source, labels=labels)

    def run(self, images: npt.NDArray[np.uint8]) -> Arrays:
        """Run a batch, uint8 [B, H, W, 3], and return every output by the original's name, as float32."""
        outputs = self._function(tf.convert_to_tensor(images))
        return {name: value.numpy() for name, value in outputs.items()}

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
        outputs = self._function(tf.convert_to_tensor(image[np.newaxis]))
        scores = outputs["detection_scores"].numpy()[0]
        count = int(outputs["num_detections"].numpy()[0]) if "num_detections" in outputs else len(scores)
        boxes = outputs["detection_boxes"].numpy()[0][:count]
        keep = np.flatnonzero((scores[:count] >= min_score) & np.isfinite(boxes).all(axis=1))
        keep = keep[np.argsort(-scores[keep], kind="stable")]
        classes = np.rint(outputs["detection_classes"].numpy()[0][keep]).astype(np.int32)
        return Detections(
            boxes=np.clip(boxes[keep], 0.0, 1.0).astype(np.float32),
            scores=scores[keep].astype(np.float32),
            classes=classes,
            labels=tuple(self.labels.get(number, f"class {number}") for number in classes.tolist()),
            height=image.shape[0],
            width=image.shape[1],
        )


def find_model(path: Path) -> Path:
    """Return the frozen graph's file or the SavedModel's folder that `path` means.

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


def _load_frozen_graph(path: Path) -> Callable[[tf.Tensor], Mapping[str, tf.Tensor]]:
    graph_def = tf.compat.v1.GraphDef()
    try:
        graph_def.ParseFromString(path.read_bytes())
        wrapped = tf.compat.v1.wrap_function(lambda: tf.compat.v1.import_graph_def(graph_def, name=""), [])
    except Exception as error:  # protobuf, TensorFlow and the file system each have their own family here
        raise BoxwrightError(
            f"{path}: cannot be read as a frozen graph: {_first_line(error)}. Export it again."
        ) from error
    names = {operation.name for operation in wrapped.graph.get_operations()}
    _check_detector(path, names, input_name=INPUT.removesuffix(":0"), has_input=INPUT.removesuffix(":0") in names)
    outputs = {name: wrapped.graph.get_tensor_by_name(f"{name}:0") for name in OUTPUTS if name in names}
    pruned = wrapped.prune(wrapped.graph.get_tensor_by_name(INPUT), outputs)

    # Traced once: called bare, a pruned function tries two signatures and formats an error at each call.
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)], autograph=False)
    def call(images: tf.Tensor) -> Mapping[str, tf.Tensor]:
        found: Mapping[str, tf.Tensor] = pruned(images)
        return found

    concrete: Callable[[tf.Tensor], Mapping[str, tf.Tensor]] = call.get_concrete_function()
    return concrete


def _load_saved_model(path: Path) -> Callable[[tf.Tensor], Mapping[str, tf.Tensor]]:
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:  # as above
        raise BoxwrightError(
            f"{path}: cannot be read as a SavedModel: {_first_line(error)}. Export it again."
        ) from error
    signature = loaded.signatures.get("serving_default") if hasattr(loaded, "signatures") else None
    if signature is None:
        raise BoxwrightError(f"{path}: the SavedModel has no signature serving_default. Export it again.")
    inputs = signature.structured_input_signature[1]
    key, spec = next(iter(inputs.items()))  # the key is "inputs" in TF1 exports, "input_tensor" in TF2 ones
    is_image = len(inputs) == 1 and spec.dtype == tf.uint8 and spec.shape.rank == 4
    _check_detector(path, set(signature.structured_outputs), input_name="one uint8 [B, H, W, 3]", has_input=is_image)

    def call(images: tf.Tensor) -> Mapping[str, tf.Tensor]:
        outputs: Mapping[str, tf.Tensor] = signature(**{key: images})
        return outputs

    call.keeps_alive = loaded  # type: ignore[attr-defined]  # the variables live as long as the loaded object
    return call


def _check_detector(path: Path, names: set[str], *, input_name: str, has_input: bool) -> None:
    missing = [name for name in REQUIRED if name not in names]
    if missing or not has_input:
        lacks = ", ".join(([] if has_input else [f"the input {input_name}"]) + missing)
        raise BoxwrightError(
            f"{path}: this model is not a detector of the TF Object Detection API with input type image_tensor: "
            f"it lacks {lacks}. Export it with: boxwright export"
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
