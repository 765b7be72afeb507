"""Frozen graphs and SavedModels, loaded to be called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from google.protobuf import text_format
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from boxwright.checkpoints.operations import check_frozen_graph, check_saved_model
from boxwright.errors import BoxwrightError
from boxwright.inference.runtimes.base import OUTPUTS, Arrays, Runtime, check_detector, unreadable

INPUT = "image_tensor:0"
"""The frozen graph's input, uint8 [B, H, W, 3]."""


def load_frozen_graph(path: Path, *, trust: bool = False) -> Runtime:
    """Load a frozen_inference_graph.pb.

    Args:
        path: The file.
        trust: Load it whatever its operations are.

    Raises:
        BoxwrightError: It cannot be read, is no detector, or has operations that do more than compute.
    """
    graph_def = tf.compat.v1.GraphDef()
    try:
        graph_def.ParseFromString(path.read_bytes())
    except (DecodeError, OSError) as error:
        raise BoxwrightError(unreadable(path, "a frozen graph", error)) from error
    if not trust:
        check_frozen_graph(path, graph_def)
    try:
        wrapped = tf.compat.v1.wrap_function(lambda: tf.compat.v1.import_graph_def(graph_def, name=""), [])
    except Exception as error:  # TensorFlow has several families here
        raise BoxwrightError(unreadable(path, "a frozen graph", error)) from error
    names = {operation.name for operation in wrapped.graph.get_operations()}
    check_detector(path, names, input_name=INPUT.removesuffix(":0"), has_input=INPUT.removesuffix(":0") in names)
    outputs = {name: wrapped.graph.get_tensor_by_name(f"{name}:0") for name in OUTPUTS if name in names}
    pruned = wrapped.prune(wrapped.graph.get_tensor_by_name(INPUT), outputs)

    # Traced once: called bare, a pruned function tries two signatures and formats an error at each call.
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8)], autograph=False)
    def call(images: tf.Tensor) -> Mapping[str, tf.Tensor]:
        found: Mapping[str, tf.Tensor] = pruned(images)
        return found

    concrete = call.get_concrete_function()
    return lambda images: _as_arrays(concrete(tf.convert_to_tensor(images)))


def load_saved_model(path: Path, *, trust: bool = False) -> Runtime:
    """Load the folder of a SavedModel.

    Args:
        path: The folder.
        trust: As for `load_frozen_graph`.

    Raises:
        BoxwrightError: As for `load_frozen_graph`.
    """
    if not trust:
        check_saved_model(path, _read_saved_model(path))
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:  # as above
        raise BoxwrightError(unreadable(path, "a SavedModel", error)) from error
    signature = loaded.signatures.get("serving_default") if hasattr(loaded, "signatures") else None
    if signature is None:
        raise BoxwrightError(f"{path}: the SavedModel has no signature serving_default. Export it again.")
    inputs = signature.structured_input_signature[1]
    key, spec = next(iter(inputs.items()))  # the key is "inputs" in TF1 exports, "input_tensor" in TF2 ones
    is_image = len(inputs) == 1 and spec.dtype == tf.uint8 and spec.shape.rank == 4
    check_detector(path, set(signature.structured_outputs), input_name="one uint8 [B, H, W, 3]", has_input=is_image)

    def call(images: npt.NDArray[np.uint8]) -> Arrays:
        return _as_arrays(signature(**{key: tf.convert_to_tensor(images)}))

    call.keeps_alive = loaded  # type: ignore[attr-defined]  # the variables live as long as the loaded object
    return call


def _read_saved_model(path: Path) -> Any:
    """Return the SavedModel that TensorFlow would load from a folder."""
    saved_model = saved_model_pb2.SavedModel()
    try:
        if (path / "saved_model.pb").exists():
            saved_model.ParseFromString((path / "saved_model.pb").read_bytes())
        else:
            text_format.Parse((path / "saved_model.pbtxt").read_text("utf-8"), saved_model)
    except (DecodeError, text_format.ParseError, OSError, ValueError) as error:
        raise BoxwrightError(unreadable(path, "a SavedModel", error)) from error
    return saved_model


def _as_arrays(outputs: Mapping[str, tf.Tensor]) -> Arrays:
    return {name: value.numpy() for name, value in outputs.items()}
