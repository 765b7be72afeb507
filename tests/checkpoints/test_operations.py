"""A graph that would do more than compute is refused before TensorFlow loads it, wherever in it that is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import variable_pb2
from tensorflow.core.protobuf import saved_model_pb2

from boxwright.checkpoints.operations import check_frozen_graph, check_saved_model
from boxwright.errors import BoxwrightError
from boxwright.inference.detector import Detector
from original_graph import write_original_graph

PATH = Path("model")
SPEC = tf.TensorSpec([None, None, None, 3], tf.uint8)


def frozen(build: Callable[[], Any]) -> Any:
    with tf.Graph().as_default() as graph:
        build()
    return graph.as_graph_def()


def through_a_function() -> None:
    @tf.function
    def inner() -> Any:
        return tf.io.read_file("/etc/passwd")

    tf.identity(inner())


@pytest.mark.parametrize(
    ("operation", "build"),
    [
        ("WriteFile", lambda: tf.io.write_file("mine.txt", "gone")),
        ("ReadFile", lambda: tf.io.read_file("mine.txt")),
        ("ReadFile", through_a_function),
        ("MatchingFiles", lambda: tf.io.matching_files("/*")),
        ("PyFunc", lambda: tf.compat.v1.py_func(lambda: 1.0, [], tf.float32)),
        ("PrintV2", lambda: tf.print("gone", output_stream="file://mine.txt")),
        ("RestoreV2", lambda: tf.raw_ops.RestoreV2(prefix="a", tensor_names=["b"], shape_and_slices=[""], dtypes=[1])),
        ("SaveV2", lambda: tf.raw_ops.SaveV2(prefix="a", tensor_names=["b"], shape_and_slices=[""], tensors=[1.0])),
    ],
)
def test_a_frozen_graph_that_does_more(operation: str, build: Callable[[], Any]) -> None:
    with pytest.raises(BoxwrightError, match=rf"{operation}.*--trust"):
        check_frozen_graph(PATH, frozen(build))


def test_an_operation_that_tensorflow_does_not_know() -> None:
    graph_def = tf.compat.v1.GraphDef()
    graph_def.node.add(name="a", op="OpOfAPlugin")
    with pytest.raises(BoxwrightError, match="OpOfAPlugin"):
        check_frozen_graph(PATH, graph_def)


def test_the_originals_graph_may_be_loaded(golden: Path, tmp_path: Path) -> None:
    graph_def = tf.compat.v1.GraphDef()
    graph_def.ParseFromString(write_original_graph(golden, tmp_path / "original.pb").read_bytes())
    check_frozen_graph(PATH, graph_def)


class Module(tf.Module):  # type: ignore[misc,unused-ignore]
    """A model of TensorFlow 2 that may write a file when it is called."""

    def __init__(self, victim: str = "") -> None:
        super().__init__()
        self.weight = tf.Variable([1.0])
        self.victim = victim

    @tf.function(input_signature=[SPEC])
    def serve(self, images: Any) -> Any:
        if self.victim:
            tf.io.write_file(self.victim, "gone")
        scores = tf.reduce_mean(tf.cast(images, tf.float32), [1, 2]) * self.weight
        while tf.reduce_sum(scores) > 1e9:  # a loop, as suppression has one
            scores = scores / 2.0
        return {"detection_scores": scores}


def save(module: Module, folder: Path) -> Path:
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    return folder


def read(folder: Path) -> Any:
    saved_model = saved_model_pb2.SavedModel()
    saved_model.ParseFromString((folder / "saved_model.pb").read_bytes())
    return saved_model


def test_a_saved_model_that_computes_and_one_that_writes(tmp_path: Path) -> None:
    check_saved_model(PATH, read(save(Module(), tmp_path / "good")))
    victim = tmp_path / "mine.txt"
    folder = save(Module(str(victim)), tmp_path / "bad")
    with pytest.raises(BoxwrightError, match="WriteFile"):
        Detector.open(folder)
    with pytest.raises(BoxwrightError, match="not a detector"):  # loaded, and found to be something else
        Detector.open(folder, trust=True)
    assert not victim.exists()


def test_a_saved_model_as_text_is_checked_too(tmp_path: Path) -> None:
    folder = save(Module(str(tmp_path / "mine.txt")), tmp_path / "bad")
    (folder / "saved_model.pbtxt").write_text(text_format.MessageToString(read(folder)))
    (folder / "saved_model.pb").unlink()
    with pytest.raises(BoxwrightError, match="WriteFile"):
        Detector.open(folder / "saved_model.pbtxt")


@pytest.mark.parametrize("place", ["output", "main_op", "restore", "variable", "function"])
def test_what_saves_a_model_is_reached_by_nothing_else(place: str) -> None:
    with tf.Graph().as_default() as graph:
        value = tf.constant(1.0)
        saving = tf.raw_ops.SaveV2(prefix="victim", tensor_names=["a"], shape_and_slices=[""], tensors=[1.0])
        with tf.control_dependencies([saving]):
            tf.identity(value, name="reaching")
    saved_model = saved_model_pb2.SavedModel()
    meta_graph = saved_model.meta_graphs.add()
    meta_graph.graph_def.CopyFrom(graph.as_graph_def())
    meta_graph.saver_def.save_tensor_name = "reaching:0"
    check_saved_model(PATH, saved_model)
    if place == "output":
        meta_graph.signature_def["serving_default"].outputs["detection_scores"].name = "reaching:0"
    elif place == "main_op":
        meta_graph.collection_def["saved_model_main_op"].node_list.value.append("reaching")
    elif place == "restore":
        meta_graph.saver_def.restore_op_name = "reaching"
    elif place == "variable":
        variable = variable_pb2.VariableDef(variable_name="v:0", initializer_name="reaching")
        meta_graph.collection_def["variables"].bytes_list.value.append(variable.SerializeToString())
    else:
        function = meta_graph.graph_def.library.function.add()
        function.signature.name = "called"
        function.node_def.add(name="saving", op="SaveV2")
        meta_graph.object_graph_def.concrete_functions["called"].SetInParent()
    with pytest.raises(BoxwrightError, match="SaveV2"):
        check_saved_model(PATH, saved_model)
