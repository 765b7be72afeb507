"""The operations of a TensorFlow graph: frozen, or with variables. Nothing of it is run here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from boxwright.checkpoints.bundle import read_bundle
from boxwright.conversion.errors import ConversionError
from boxwright.conversion.graph import Kind, Operation, Weight

_KINDS = {
    "Conv2D": Kind.CONV,
    "_FusedConv2D": Kind.CONV,
    "DepthwiseConv2dNative": Kind.DEPTHWISE,
    "FusedDepthwiseConv2dNative": Kind.DEPTHWISE,
    "FusedBatchNorm": Kind.NORMALIZE,
    "FusedBatchNormV2": Kind.NORMALIZE,
    "FusedBatchNormV3": Kind.NORMALIZE,
    "BiasAdd": Kind.ADD,
    "Add": Kind.ADD,
    "AddV2": Kind.ADD,
    "AddN": Kind.ADD,
    "Sub": Kind.ADD,
    "Mul": Kind.MULTIPLY,
    "Concat": Kind.CONCAT,
    "ConcatV2": Kind.CONCAT,
    "MaxPool": Kind.POOL,
    "AvgPool": Kind.POOL,
    "Sigmoid": Kind.SCORE,
    "Softmax": Kind.SCORE,
    "Exp": Kind.DECODE,
}
# fmt: off
_ENDS = (
    "CombinedNonMaxSuppression", "Enter", "Exit", "If", "Merge", "NextIteration", "NonMaxSuppression",
    "PartitionedCall", "Placeholder", "Shape", "Size", "StatefulPartitionedCall", "StatelessIf", "StatelessWhile",
    "Switch", "TensorArray", "TopK", "VarHandleOp", "Where", "While",
)
# fmt: on
"""Beginnings of the names of operations whose outputs hold no features."""

_VARIABLES = ("VarHandleOp", "VariableV2")

_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "Add": np.add,
    "AddV2": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Rsqrt": lambda values: 1.0 / np.sqrt(values),
    "Identity": lambda values: values,
    "ReadVariableOp": lambda values: values,
}
"""Operations on constants: old graphs compute the scale of a batch normalisation from its variables."""


def read_frozen_graph(path: Path) -> list[Operation]:
    """Return the operations of a frozen graph.

    Raises:
        ConversionError: It cannot be read.
    """
    graph_def = tf.compat.v1.GraphDef()
    try:
        graph_def.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise ConversionError(f"{path}: this is not a frozen graph that can be read ({error}).") from error
    return read_operations(graph_def, {})


def read_saved_model(path: Path) -> list[Operation]:
    """Return the operations of a SavedModel's folder, with its variables.

    Raises:
        ConversionError: It cannot be read, or is of TensorFlow 2.
        CheckpointError: Its variables cannot be read.
    """
    saved_model = saved_model_pb2.SavedModel()
    try:
        saved_model.ParseFromString((path / "saved_model.pb").read_bytes())
    except (DecodeError, OSError) as error:
        raise ConversionError(f"{path}: this is not a SavedModel that can be read ({error}).") from error
    graphs = [meta_graph.graph_def for meta_graph in saved_model.meta_graphs]
    graph_def = next((one for one in graphs if any(node.op == "Conv2D" for node in one.node)), None)
    if graph_def is None:
        raise ConversionError(
            f"{path}: this SavedModel has no convolutions outside of functions, so it is one of TensorFlow 2, whose "
            "networks are not those of the TF1 API. Give a model of the TF1 detection zoo or an export of Boxwright."
        )
    variables = {}
    named = {node.name: _variable_name(node) for node in graph_def.node if node.op in _VARIABLES}
    if named:
        bundle = read_bundle(path / "variables" / "variables")
        variables = {node: Weight(name, bundle[name]) for node, name in named.items() if name in bundle}
    return read_operations(graph_def, variables)


def _variable_name(node: Any) -> str:
    return str(node.attr["shared_name"].s.decode("utf-8", "replace") or node.name)


def read_operations(graph_def: Any, variables: Mapping[str, Weight]) -> list[Operation]:
    """Return the operations of a graph.

    Args:
        graph_def: The GraphDef.
        variables: By the name of the node that holds them (VarHandleOp, Placeholder).
    """
    nodes = {node.name: node for node in graph_def.node}
    constants = _Constants(nodes, variables)
    operations: list[Operation] = []
    for node in graph_def.node:
        if node.op == "Const" or constants.get(node.name) is not None:
            continue
        operation = _operation(node, constants)
        if node.op == "AddN" and operation.weights:
            operations += _split_sum(operation, nodes)
        else:
            operations.append(operation)
    return operations


def _split_sum(operation: Operation, nodes: Mapping[str, Any]) -> list[Operation]:
    """Return a sum with constants as two operations: the constants to a convolution's outputs, then the rest.

    Optimised graphs add the shift of a batch normalisation and the shortcut of a residual block at once.
    """
    kinds = [_KINDS.get(nodes[_node_of(name)].op) for name in operation.inputs if _node_of(name) in nodes]
    at = next((index for index, kind in enumerate(kinds) if kind in (Kind.CONV, Kind.DEPTHWISE)), 0)
    inner = f"{operation.outputs[0]}, without its other terms"
    rest = (inner, *operation.inputs[:at], *operation.inputs[at + 1 :])
    return [
        Operation(Kind.ADD, (operation.inputs[at],), (inner,), operation.weights),
        Operation(Kind.PASS, rest, operation.outputs),
    ]


class _Constants:
    """Finds what is constant in a graph."""

    def __init__(self, nodes: Mapping[str, Any], variables: Mapping[str, Weight]) -> None:
        self._nodes = nodes
        self._found: dict[str, Weight | None] = dict(variables)

    def get(self, name: str) -> Weight | None:
        """Return the value of a node's first output; None when it is not constant."""
        stack = [name]
        while stack:
            current = stack[-1]
            node = self._nodes.get(current)
            if current in self._found:
                stack.pop()
            elif node is None or node.op not in ("Const", *_ARITHMETIC):
                self._found[stack.pop()] = None
            elif waiting := [one for one in map(_node_of, _data_inputs(node)) if one not in self._found]:
                stack += waiting
            else:
                self._found[stack.pop()] = self._compute(node)
        return self._found[name]

    def _compute(self, node: Any) -> Weight | None:
        if node.op == "Const":
            values = tf.make_ndarray(node.attr["value"].tensor)
            return Weight(node.name, _float32(values))
        inputs = [self._found[_node_of(name)] for name in _data_inputs(node)]
        if not inputs or any(one is None for one in inputs):
            return None
        known = [one for one in inputs if one is not None]
        if len(known) == 1 and node.op != "Rsqrt":
            return known[0]  # keeps the name of its variable
        if any(one.values.dtype != np.float32 for one in known):
            return None
        return Weight(node.name, _float32(_ARITHMETIC[node.op](*(one.values for one in known))))


def _operation(node: Any, constants: _Constants) -> Operation:
    kind = Kind.END if node.op.startswith(_ENDS) else _KINDS.get(node.op, Kind.PASS)
    names = _data_inputs(node)
    found = [constants.get(_node_of(name)) for name in names]
    inputs = tuple(_tensor(name) for name, value in zip(names, found, strict=True) if value is None)
    weights = tuple(value for value in found if value is not None)
    if kind in (Kind.CONV, Kind.DEPTHWISE) and (len(inputs) != 1 or not _is_kernel(weights)):
        kind = Kind.PASS
    elif kind is Kind.NORMALIZE and (len(inputs) != 1 or len(weights) != 4):
        kind, weights = Kind.PASS, ()
    elif node.op == "Sub":
        is_difference = len(inputs) == 1 and found[0] is None
        weights = tuple(Weight(one.name, -one.values) for one in weights) if is_difference else ()
    elif kind is Kind.POOL and max(node.attr["ksize"].list.i, default=1) == 1:
        kind = Kind.PASS
    outputs = tuple(f"{node.name}:{number}" for number in range(_OUTPUTS.get(node.op, 1)))
    if kind is Kind.PASS and node.op in ("Split", "SplitV", "Unpack"):
        number = node.attr["num"].i if node.op == "Unpack" else node.attr["num_split"].i
        outputs = tuple(f"{node.name}:{at}" for at in range(number))
    if kind is Kind.END:
        inputs = ()
    return Operation(kind, inputs, outputs, weights, node.attr["epsilon"].f if kind is Kind.NORMALIZE else 0.0)


_OUTPUTS = {"IdentityN": 64}


def _is_kernel(weights: tuple[Weight, ...]) -> bool:
    return len(weights) in (1, 2) and weights[0].values.ndim == 4


def _float32(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(values, np.float32) if values.dtype.kind == "f" else values


def _data_inputs(node: Any) -> list[str]:
    return [name for name in node.input if not name.startswith("^")]


def _node_of(name: str) -> str:
    return name.partition(":")[0]


def _tensor(name: str) -> str:
    return name if ":" in name else f"{name}:0"
