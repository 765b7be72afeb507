"""The operations of an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from boxwright.conversion.errors import ConversionError
from boxwright.conversion.graph import Kind, Operation, Weight
from boxwright.inference.runtimes.packages import ONNX, load_package

_KINDS = {
    "BatchNormalization": Kind.NORMALIZE,
    "Add": Kind.ADD,
    "Sub": Kind.ADD,
    "Mul": Kind.MULTIPLY,
    "Concat": Kind.CONCAT,
    "MaxPool": Kind.POOL,
    "AveragePool": Kind.POOL,
    "Sigmoid": Kind.SCORE,
    "Softmax": Kind.SCORE,
    "Exp": Kind.DECODE,
    "Identity": Kind.LAYOUT,
    "Reshape": Kind.LAYOUT,
    "Squeeze": Kind.LAYOUT,
    "Transpose": Kind.LAYOUT,
    "Unsqueeze": Kind.LAYOUT,
}
_ENDS = frozenset(("Shape", "Size", "NonMaxSuppression", "NonZero", "TopK", "Loop", "If", "Scan", "Where", "ArgMax"))
_RESHAPING = frozenset(("Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"))
EPSILON = 1e-5  # of a BatchNormalization that states none


def read_onnx(path: Path) -> list[Operation]:
    """Return the operations of an ONNX file.

    Raises:
        UsageError: The package onnx is not installed.
        ConversionError: The file cannot be read.
    """
    onnx = load_package(ONNX)
    try:
        graph = onnx.load_model_from_string(path.read_bytes()).graph
        constants = {one.name: Weight(one.name, onnx.numpy_helper.to_array(one)) for one in graph.initializer}
    except Exception as error:  # protobuf and onnx each have their own family here
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ConversionError(f"{path}: this is not an ONNX file that can be read ({first}).") from error
    operations: list[Operation] = []
    for node in graph.node:
        attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
        if (constant := _constant(onnx, node, attributes, constants)) is not None:
            constants[node.output[0]] = Weight(node.output[0], constant)
        else:
            operations.append(_operation(node, attributes, constants))
    return operations


def _constant(onnx: Any, node: Any, attributes: dict[str, Any], constants: dict[str, Weight]) -> Any:
    """Return the value of a node that is constant; None for any other."""
    if node.op_type == "Constant" and "value" in attributes:
        return onnx.numpy_helper.to_array(attributes["value"])
    if not node.input or node.input[0] not in constants:
        return None
    values = constants[node.input[0]].values
    if node.op_type in _RESHAPING:
        return values  # where a shape matters, converters leave no such node
    return values.transpose(attributes.get("perm")) if node.op_type == "Transpose" else None


def _operation(node: Any, attributes: dict[str, Any], constants: dict[str, Weight]) -> Operation:
    kind = Kind.END if node.op_type in _ENDS else _KINDS.get(node.op_type, Kind.PASS)
    inputs = tuple(name for name in node.input if name and name not in constants)
    weights = tuple(_float32(constants[name]) for name in node.input if name in constants)
    outputs = tuple(node.output)
    if kind is Kind.END:
        return Operation(kind, (), outputs)
    if node.op_type == "Conv" and len(inputs) == 1 and weights and weights[0].values.ndim == 4:
        return _convolution(inputs, outputs, weights, attributes.get("group", 1))
    if kind is Kind.NORMALIZE and (len(inputs) != 1 or len(weights) != 4):
        kind, weights = Kind.PASS, ()
    elif node.op_type == "Sub":
        is_difference = len(inputs) == 1 and node.input[0] == inputs[0]
        weights = tuple(Weight(one.name, -one.values) for one in weights) if is_difference else ()
    elif kind is Kind.POOL and max(attributes.get("kernel_shape", [1])) == 1:
        kind = Kind.PASS
    return Operation(kind, inputs, outputs, weights, attributes.get("epsilon", EPSILON))


def _convolution(
    inputs: tuple[str, ...], outputs: tuple[str, ...], weights: tuple[Weight, ...], group: int
) -> Operation:
    """Return a convolution, whose kernel an ONNX file has as [out, in / group, height, width]."""
    kernel = weights[0].values
    if group == 1:
        return Operation(
            Kind.CONV, inputs, outputs, (Weight(weights[0].name, kernel.transpose(2, 3, 1, 0)), *weights[1:])
        )
    if kernel.shape[1] != 1 or kernel.shape[0] % group:
        return Operation(Kind.PASS, inputs, outputs)
    split = kernel[:, 0].reshape(group, -1, *kernel.shape[2:]).transpose(2, 3, 0, 1)
    return Operation(Kind.DEPTHWISE, inputs, outputs, (Weight(weights[0].name, split), *weights[1:]))


def _float32(weight: Weight) -> Weight:
    values = weight.values
    return Weight(weight.name, np.asarray(values, np.float32)) if values.dtype.kind == "f" else weight
