"""The operations of a TFLite file; weights in fewer bits become float32."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils

from boxwright.conversion.errors import ConversionError
from boxwright.conversion.graph import Kind, Operation, Weight

_KINDS = {
    "CONV_2D": Kind.CONV,
    "DEPTHWISE_CONV_2D": Kind.DEPTHWISE,
    "ADD": Kind.ADD,
    "SUB": Kind.ADD,
    "MUL": Kind.MULTIPLY,
    "CONCATENATION": Kind.CONCAT,
    "MAX_POOL_2D": Kind.POOL,
    "AVERAGE_POOL_2D": Kind.POOL,
    "LOGISTIC": Kind.SCORE,
    "SOFTMAX": Kind.SCORE,
    "EXP": Kind.DECODE,
}
_ENDS = frozenset(
    ("SHAPE", "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "TOPK_V2", "WHILE", "IF", "WHERE", "ARG_MAX")
)
_PASSES_CONSTANTS = frozenset(("DEQUANTIZE", "RESHAPE"))
_DTYPES: dict[int, npt.DTypeLike] = {
    schema.TensorType.FLOAT32: "<f4",
    schema.TensorType.FLOAT16: "<f2",
    schema.TensorType.INT8: "i1",
    schema.TensorType.UINT8: "u1",
    schema.TensorType.INT32: "<i4",
    schema.TensorType.INT64: "<i8",
}


@dataclass(frozen=True, eq=False)
class TfliteGraph:
    """A TFLite file.

    Attributes:
        operations: Of its graph.
        is_quantized: Whether it computes in integers, so that its weights are rounded.
        is_half: Whether it has constants in float16; its anchors are then rounded as well.
    """

    operations: list[Operation]
    is_quantized: bool
    is_half: bool


def read_tflite(path: Path) -> TfliteGraph:
    """Read a TFLite file.

    Raises:
        ConversionError: It cannot be read.
    """
    try:
        model = flatbuffer_utils.read_model_from_bytearray(bytearray(path.read_bytes()))
        return _read(model)
    except Exception as error:  # a damaged flatbuffer fails in any way
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ConversionError(f"{path}: this is not a TFLite file that can be read ({first}).") from error


def _read(model: Any) -> TfliteGraph:
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    graph = model.subgraphs[0]
    constants = {index: values for index in range(len(graph.tensors)) if (values := _values(model, index)) is not None}
    operations: list[Operation] = []
    is_quantized = False
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        name = names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "")
        inputs = [int(index) for index in operator.inputs if index >= 0]
        if name in _PASSES_CONSTANTS and inputs[0] in constants:
            constants[int(operator.outputs[0])] = constants[inputs[0]]
            continue
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            is_quantized |= graph.tensors[inputs[0]].type in (schema.TensorType.INT8, schema.TensorType.UINT8)
        if code.customCode == b"TFLite_Detection_PostProcess":
            name, inputs = "EXP", inputs[:1]  # decodes the boxes, and takes scores that are converted already
        operations += _operations(graph, name, operator, inputs, constants)
    is_half = any(graph.tensors[index].type == schema.TensorType.FLOAT16 for index in constants)
    return TfliteGraph(operations, is_quantized, is_half)


def _operations(
    graph: Any, name: str, operator: Any, indices: list[int], constants: dict[int, npt.NDArray[Any]]
) -> list[Operation]:
    kind = Kind.END if name in _ENDS else _KINDS.get(name, Kind.PASS)
    inputs = tuple(str(index) for index in indices if index not in constants)
    weights = tuple(
        Weight(graph.tensors[index].name.decode("utf-8", "replace"), constants[index])
        for index in indices
        if index in constants
    )
    outputs = tuple(str(index) for index in operator.outputs)
    options = operator.builtinOptions
    if kind is Kind.END:
        return [Operation(kind, (), outputs)]
    if kind in (Kind.CONV, Kind.DEPTHWISE):
        if len(inputs) != 1 or not weights or weights[0].values.ndim != 4:
            kind, weights = Kind.PASS, ()
        else:
            weights = (_kernel(kind, weights[0], options), *weights[1:])
    elif name == "SUB":
        is_difference = len(inputs) == 1 and indices[0] not in constants
        weights = tuple(Weight(one.name, -one.values) for one in weights) if is_difference else ()
    elif kind is Kind.POOL and max(options.filterHeight, options.filterWidth) == 1:
        kind = Kind.PASS
    if not getattr(options, "fusedActivationFunction", 0):
        return [Operation(kind, inputs, outputs, weights)]
    inner = f"{outputs[0]}, before its activation"
    return [Operation(kind, inputs, (inner,), weights), Operation(Kind.PASS, (inner,), outputs)]


def _kernel(kind: Kind, weight: Weight, options: Any) -> Weight:
    """Return a kernel, which a TFLite file has as [out, height, width, in], a depthwise one as [1, h, w, out]."""
    values = weight.values
    if kind is Kind.CONV:
        return Weight(weight.name, values.transpose(1, 2, 3, 0))
    return Weight(weight.name, values[0].reshape(*values.shape[1:3], -1, max(1, options.depthMultiplier)))


def _values(model: Any, index: int) -> npt.NDArray[Any] | None:
    """Return a constant, as float32 where it stands for real numbers; None for what is computed."""
    tensor = model.subgraphs[0].tensors[index]
    data = model.buffers[tensor.buffer].data
    if data is None or not len(data) or tensor.type not in _DTYPES:
        return None
    shape = [] if tensor.shape is None else [int(size) for size in tensor.shape]
    values = np.frombuffer(bytes(data), _DTYPES[tensor.type]).reshape(shape)
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    quantization = tensor.quantization
    if quantization is None or quantization.scale is None or not len(quantization.scale):
        return values
    scale = np.asarray(quantization.scale, np.float32)
    zero = np.asarray(quantization.zeroPoint, np.float32)
    if len(scale) > 1:
        along = [1] * values.ndim
        along[quantization.quantizedDimension] = -1
        scale, zero = scale.reshape(along), zero.reshape(along)
    dequantized: npt.NDArray[Any] = ((values.astype(np.float32) - zero) * scale).astype(np.float32)
    return dequantized
