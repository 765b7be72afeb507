"""The serving graph in TensorFlow 1's form, with variables or with constants in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.inference.runtimes.base import OUTPUTS


@dataclass(frozen=True)
class ServingGraph:
    """A graph from photographs to detections.

    Attributes:
        graph: The tf.Graph.
        image_tensor: Its input, uint8 [?, ?, ?, 3], named image_tensor:0.
        outputs: Its outputs by name, float32, each named like its key.
        variables: Variables by their original names; empty when the graph is frozen.
    """

    graph: tf.Graph
    image_tensor: Any
    outputs: Mapping[str, Any]
    variables: Mapping[str, Any]


def variable_graph(model: SsdModel, serve: Any, step: int) -> ServingGraph:
    """Build the graph with variables under their original names, and global_step; they hold zeros until assigned.

    Args:
        model: Whose variables they are.
        serve: Its serving_function.
        step: Initial value of global_step.
    """
    traced = _trace(model, serve)
    graph = tf.Graph()
    with graph.as_default():
        variables = {
            name: tf.compat.v1.get_variable(
                name,
                shape=variable.shape,
                dtype=variable.dtype,
                initializer=tf.compat.v1.zeros_initializer(),
                use_resource=True,
                trainable=name in model.trainable_by_name,
            )
            for name, variable in model.variables_by_name.items()
        }
        handles = {
            traced.placeholders[name]: variable.handle
            for name, variable in variables.items()
            if name in traced.placeholders
        }
        _import(traced.graph_def, handles, traced)
        tf.compat.v1.get_variable(
            "global_step",
            initializer=tf.constant(step, tf.int64),
            use_resource=True,
            trainable=False,
            collections=[tf.compat.v1.GraphKeys.GLOBAL_VARIABLES, tf.compat.v1.GraphKeys.GLOBAL_STEP],
        )
    return _without_debug_names(graph)


def _without_debug_names(graph: tf.Graph) -> ServingGraph:
    """Rebuild the graph without an attribute of variables that TensorFlow 1.15 does not know."""
    with graph.as_default():
        meta_graph = tf.compat.v1.train.export_meta_graph(strip_default_attrs=True)
    for node in meta_graph.graph_def.node:
        if node.op == "VarHandleOp":
            node.attr.pop("debug_name", None)
    portable = tf.Graph()
    with portable.as_default():
        tf.compat.v1.train.import_meta_graph(meta_graph)
        variables = {variable.op.name: variable for variable in tf.compat.v1.global_variables()}
    outputs = {name: portable.get_tensor_by_name(f"{name}:0") for name in OUTPUTS}
    return ServingGraph(portable, portable.get_tensor_by_name("image_tensor:0"), outputs, variables)


def frozen_graph(model: SsdModel, serve: Any) -> ServingGraph:
    """Build the graph with the model's present weights as constants; `serve` is its serving_function."""
    traced = _trace(model, serve)
    by_placeholder = {placeholder: name for name, placeholder in traced.placeholders.items()}
    frozen = tf.compat.v1.GraphDef()
    frozen.versions.CopyFrom(traced.graph_def.versions)
    reads: dict[str, str] = {}
    for node in traced.graph_def.node:
        source = node.input[0] if node.input else ""
        if node.op == "ReadVariableOp":
            reads[node.name] = f"{by_placeholder[source]}/read"
        elif source in by_placeholder:
            raise AssertionError(f"{node.name}: {node.op} uses a variable without reading it")
    for name in dict.fromkeys(by_placeholder.values()):
        _add_constant(frozen, name, model.variables_by_name[name])
    for node in traced.graph_def.node:
        if node.name not in by_placeholder and node.name not in reads and node.op != "NoOp":
            added = frozen.node.add()
            added.CopyFrom(node)
            # nothing changes a constant, so the order in which they are read needs no control
            inputs = [source for source in node.input if not source.startswith("^")]
            added.input[:] = [reads.get(source.removesuffix(":0"), source) for source in inputs]
    graph = tf.Graph()
    with graph.as_default():
        image_tensor, outputs = _import(frozen, {}, traced)
    return ServingGraph(graph, image_tensor, outputs, {})


def portable_graph_def(graph: tf.Graph) -> Any:
    """Return the graph without attributes at their default value, some of which older TensorFlow does not know."""
    with graph.as_default():
        return tf.compat.v1.train.export_meta_graph(strip_default_attrs=True).graph_def


@dataclass(frozen=True)
class _Traced:
    graph_def: Any
    input_name: str
    output_names: Mapping[str, str]
    placeholders: Mapping[str, str]  # variable's name → the placeholder that stands for its handle


def _trace(model: SsdModel, concrete: Any) -> _Traced:
    graph_def = concrete.graph.as_graph_def()
    if len(graph_def.library.function):
        raise AssertionError("the serving graph calls functions; TensorFlow 1 cannot run them after freezing")
    names = {id(variable.handle): name for name, variable in model.variables_by_name.items()}
    placeholders = {}
    for captured, placeholder in concrete.graph.captures:
        if id(captured) not in names:
            raise AssertionError(f"the serving graph captures {captured}, which is not a variable of the model")
        placeholders[names[id(captured)]] = placeholder.op.name
    return _Traced(
        graph_def=graph_def,
        input_name=concrete.inputs[0].op.name,
        output_names={name: concrete.structured_outputs[name].name for name in OUTPUTS},
        placeholders=placeholders,
    )


def _import(graph_def: Any, handles: Mapping[str, Any], traced: _Traced) -> tuple[Any, dict[str, Any]]:
    image_tensor = tf.compat.v1.placeholder(tf.uint8, [None, None, None, 3], name="image_tensor")
    replaced = {traced.input_name: image_tensor, **handles}
    body = tf.compat.v1.GraphDef()
    body.versions.CopyFrom(graph_def.versions)
    body.node.extend(node for node in graph_def.node if node.name not in replaced)
    returned = tf.graph_util.import_graph_def(
        body,
        input_map={f"{name}:0": tensor for name, tensor in replaced.items()},
        return_elements=[traced.output_names[name] for name in OUTPUTS],
        name="",  # the names are the original's, so that converters which look for them find them
    )
    return image_tensor, {name: tf.identity(tensor, name=name) for name, tensor in zip(OUTPUTS, returned, strict=True)}


def _add_constant(graph_def: Any, name: str, variable: tf.Variable) -> None:
    """Add a variable's value under its name, and the operation that reads it, as the original's freezing leaves it."""
    node = graph_def.node.add(name=name, op="Const")
    node.attr["dtype"].type = variable.dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(variable.numpy()))
    reading = graph_def.node.add(name=f"{name}/read", op="Identity", input=[name])
    reading.attr["T"].type = variable.dtype.as_datatype_enum
