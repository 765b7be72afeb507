"""Which operations a graph from elsewhere may have.

A TensorFlow graph is a program: WriteFile and PyFunc are operations. A graph is read as a protocol buffer and checked
here before TensorFlow loads it. The list holds what exports of the six networks have, what the original API's frozen
graphs and SavedModels of detectors have, and arithmetic like it. None of these reads or writes a file, calls Python,
opens a connection or starts a process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from tensorflow.core.framework import variable_pb2

from boxwright.errors import BoxwrightError

_ARITHMETIC = """
    Abs Acos Add AddN AddV2 All Any ApproximateEqual ArgMax ArgMin Asin Atan Atan2 BatchMatMul BatchMatMulV2 Ceil
    Cos Cumprod Cumsum Div DivNoNan Einsum Elu Equal Erf Exp Expm1 Floor FloorDiv FloorMod Greater GreaterEqual
    IsFinite IsInf IsNan LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max
    Maximum Mean Min Minimum Mod Mul MulNoNan Neg NotEqual Pow Prod RealDiv Reciprocal Relu Relu6 Rint Round Rsqrt
    Selu Sigmoid Sign Sin Softmax Softplus Softsign Sqrt Square SquaredDifference Sub Sum Tan Tanh TruncateDiv
    TruncateMod Xdivy Xlogy
"""
_NETWORKS = """
    AvgPool BiasAdd BiasAddV1 CombinedNonMaxSuppression Conv2D Conv2DBackpropInput Conv3D CropAndResize
    DepthwiseConv2dNative Dilation2D FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars
    FakeQuantWithMinMaxVarsPerChannel FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 L2Loss LRN MaxPool MaxPoolV2
    NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 ResizeArea
    ResizeBicubic ResizeBilinear ResizeNearestNeighbor ScaleAndTranslate TopK TopKV2 _FusedConv2D
    _FusedDepthwiseConv2dNative _FusedMatMul
"""
_ARRAYS = """
    BatchToSpaceND Bitcast BroadcastArgs BroadcastTo Cast ClipByValue Concat ConcatOffset ConcatV2 Const
    DepthToSpace Diag DynamicPartition DynamicStitch EnsureShape ExpandDims Fill Gather GatherNd GatherV2 Identity
    IdentityN InvertPermutation LinSpace MatrixBandPart MirrorPad OneHot OnesLike Pack Pad PadV2
    ParallelDynamicStitch Placeholder PlaceholderV2 PlaceholderWithDefault PreventGradient Range Rank Reshape
    ReverseSequence ReverseV2 Roll ScatterNd Select SelectV2 Shape ShapeN Size Slice SpaceToBatchND SpaceToDepth
    Split SplitV Squeeze StopGradient StridedSlice TensorScatterAdd TensorScatterUpdate Tile Transpose Unique
    UniqueV2 Unpack Where ZerosLike
"""
_CONTROL = """
    Assert ControlTrigger Empty EmptyTensorList Enter Exit If LoopCond Merge NextIteration NoOp PartitionedCall
    RefEnter RefExit RefIdentity RefMerge RefNextIteration RefSwitch StatefulPartitionedCall StatelessIf
    StatelessWhile Switch TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayReadV3
    TensorArrayScatterV3 TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3 TensorArrayWriteV3
    TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem TensorListLength
    TensorListPushBack TensorListReserve TensorListResize TensorListSetItem TensorListStack While
"""
_VARIABLES = """
    Assign AssignVariableOp DisableCopyOnRead IsVariableInitialized RandomStandardNormal RandomUniform
    ReadVariableOp TruncatedNormal VarHandleOp VarIsInitializedOp Variable VariableV2
"""
ALLOWED = frozenset(" ".join((_ARITHMETIC, _NETWORKS, _ARRAYS, _CONTROL, _VARIABLES)).split())
"""Operations that compute, and touch nothing but memory."""

RESTORING = ALLOWED | {"RestoreV2"}
"""Beside them the one that reads a SavedModel's own variables when it is loaded."""

SAVING = RESTORING | {"MergeV2Checkpoints", "SaveV2", "ShardedFilename", "StaticRegexFullMatch", "StringJoin"}
"""Beside them those that every SavedModel has for being saved again, which nothing else may depend on."""

_SHOWN = 5


def check_frozen_graph(path: Path, graph_def: Any) -> None:
    """Refuse a GraphDef with an operation that is not in `ALLOWED`, whether it is reached or not.

    Args:
        path: For the message.
        graph_def: A tf.compat.v1.GraphDef.

    Raises:
        BoxwrightError: It has one.
    """
    graph = _Graph(graph_def)
    _refuse(path, graph.operations(graph.names), ALLOWED)


def check_saved_model(path: Path, saved_model: Any) -> None:
    """Refuse a SavedModel that, being loaded or called, would do more than compute and read its own variables.

    Args:
        path: For the message.
        saved_model: A SavedModel protocol buffer.

    Raises:
        BoxwrightError: It would.
    """
    for meta_graph in saved_model.meta_graphs:
        graph = _Graph(meta_graph.graph_def)
        _refuse(path, graph.operations(graph.names), SAVING)
        _refuse(path, graph.operations(graph.reach([meta_graph.saver_def.restore_op_name])), RESTORING)
        _refuse(path, graph.operations(graph.reach(_called(meta_graph))), ALLOWED)


def _refuse(path: Path, operations: set[str], allowed: frozenset[str]) -> None:
    found = sorted(operations - allowed)
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise BoxwrightError(
            f"{path}: this model holds operations that a detector does not need: {', '.join(found[:_SHOWN])}{more}. "
            "Such a model can read and write your files, so it is not loaded. If you trust whoever made it, boxwright "
            "detect and boxwright benchmark load it with --trust."
        )


def _called(meta_graph: Any) -> list[str]:
    """Return the names of nodes and functions that loading or calling a SavedModel runs, except for restoring."""
    called = [
        _node_of(tensor.name)
        for signature in meta_graph.signature_def.values()
        for tensor in (*signature.outputs.values(), *signature.inputs.values())
    ]
    for collection in meta_graph.collection_def.values():  # main_op, legacy_init_op and whatever else is run by name
        called += [_node_of(name) for name in collection.node_list.value]
        called += [_node_of(name) for value in collection.bytes_list.value for name in _names_of_variable(value)]
    return called + list(meta_graph.object_graph_def.concrete_functions)


def _names_of_variable(value: bytes) -> tuple[str, ...]:
    """Return the names in a variable of a collection, () when it is something else."""
    variable = variable_pb2.VariableDef()
    try:
        variable.ParseFromString(value)
    except DecodeError:
        return ()
    return variable.variable_name, variable.initializer_name, variable.initial_value_name, variable.snapshot_name


class _Graph:
    """A GraphDef as names of nodes and functions, and what each depends on.

    Attributes:
        names: Of its nodes and of the functions in its library.
    """

    def __init__(self, graph_def: Any) -> None:
        self._nodes = {node.name: node for node in graph_def.node}
        self._functions = {function.signature.name: function for function in graph_def.library.function}
        self._gradients = {gradient.function_name: gradient.gradient_func for gradient in graph_def.library.gradient}
        self.names = frozenset(self._nodes) | frozenset(self._functions)

    def reach(self, roots: Iterable[str]) -> frozenset[str]:
        """Return the names that the roots depend on, themselves among them; a function depends on all of its body."""
        waiting, seen = [name for name in roots if name in self.names], set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            called = [self._gradients.get(name, "")]
            for node in self._bodies(name):
                called += [node.op, *_functions_of(node)]
            waiting += [function for function in called if function in self._functions]
            if name in self._nodes:
                waiting += [source for source in map(_node_of, self._nodes[name].input) if source in self._nodes]
        return frozenset(seen)

    def operations(self, names: Iterable[str]) -> set[str]:
        """Return the operations of these nodes, and of these functions' bodies."""
        return {node.op for name in names for node in self._bodies(name)} - self._functions.keys()

    def _bodies(self, name: str) -> Iterator[Any]:
        if name in self._nodes:
            yield self._nodes[name]
        if name in self._functions:
            yield from self._functions[name].node_def


def _functions_of(node: Any) -> Iterator[str]:
    for value in node.attr.values():
        yield value.func.name
        yield from (function.name for function in value.list.func)


def _node_of(tensor: str) -> str:
    """Return the name of the node that an input, an output or a control input names: of "^a", "a:0"."""
    return tensor.removeprefix("^").partition(":")[0]
