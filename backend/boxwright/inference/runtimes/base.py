"""Which files hold an exported detector, and what every runtime takes and gives."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.errors import BoxwrightError, UsageError
from boxwright.files import sha256_of

FROZEN_GRAPH = "frozen_inference_graph.pb"
SAVED_MODEL = "saved_model"
LABEL_MAP = "label_map.pbtxt"

BOXES, SCORES, CLASSES, COUNT = "detection_boxes", "detection_scores", "detection_classes", "num_detections"
REQUIRED = (BOXES, SCORES, CLASSES)
RAW_OUTPUTS = ("raw_detection_boxes", "raw_detection_scores")
OUTPUTS = (*REQUIRED, COUNT, "detection_multiclass_scores", *RAW_OUTPUTS)
"""Every output that an export of an SSD has, by the original TF Object Detection API's names."""

TFLITE_OUTPUTS = (BOXES, CLASSES, SCORES, COUNT)
"""A TFLite file's, in the order that apps know from the original's TFLite_Detection_PostProcess."""

Arrays = dict[str, npt.NDArray[Any]]
Runtime = Callable[[npt.NDArray[np.uint8]], Arrays]
"""A batch of images, uint8 [B, H, W, 3], in; every output by the original's name out, as float32."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def model_digest(export: Path) -> str:
    """Return the SHA-256 of what a model computes with and names classes by.

    Args:
        export: A folder or a file that a Detector opens.

    Raises:
        UsageError: There is no such model.
    """
    graph = export / FROZEN_GRAPH if (export / FROZEN_GRAPH).is_file() else export
    if not graph.exists():
        raise UsageError(f"{export}: there is no such file or folder. Give an export: boxwright export makes one.")
    files = [graph] if graph.is_file() else sorted(path for path in graph.rglob("*") if path.is_file())
    label_map = (export if export.is_dir() else export.parent) / LABEL_MAP
    digest = hashlib.sha256()
    for path in [*files, *([label_map] if label_map.is_file() else [])]:
        digest.update(sha256_of(path).encode("ascii"))
    return digest.hexdigest()


def unreadable(path: Path, form: str, error: Exception) -> str:
    """Say that a file is not what it should be."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return f"{path}: cannot be read as {form}: {first}. Export it again."


def check_detector(path: Path, names: set[str], *, input_name: str, has_input: bool) -> None:
    """Refuse a model that lacks the input or an output that a detector has.

    Raises:
        BoxwrightError: It does.
    """
    missing = [name for name in REQUIRED if name not in names]
    if missing or not has_input:
        lacks = ", ".join(([] if has_input else [f"the input {input_name}"]) + missing)
        raise BoxwrightError(
            f"{path}: this model is not a detector of the TF Object Detection API with input type image_tensor: "
            f"it lacks {lacks}. Export it with: boxwright export"
        )
