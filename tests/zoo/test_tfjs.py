"""A TF.js graph model is read as it is, and one that is damaged or hostile is refused before anything is run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boxwright.zoo.errors import ZooError
from boxwright.zoo.tfjs import find_tfjs, read_tfjs

KERNEL = np.arange(6, dtype="<f4").reshape(2, 3)
SHAPE = np.array([7, 8], "<i4")


def tiny() -> dict[str, Any]:
    """Return a model.json with two constants and an operation, its weights in two shards."""
    return {
        "modelTopology": {
            "node": [
                {"name": "a/weights", "op": "Const", "input": [], "attr": {"dtype": {"type": 1}, "value": {}}},
                {"name": "size", "op": "Const", "attr": {"dtype": {"type": 3}}},
                {"name": "y", "op": "Relu6", "input": ["a/weights"], "attr": {"data_format": {"s": [78, 72]}}},
            ],
            "library": {"function": []},
        },
        "weightsManifest": [
            {
                "paths": ["shard1", "shard2"],
                "weights": [
                    {"name": "a/weights", "shape": [2, 3], "dtype": "float32"},
                    {"name": "size", "shape": [2], "dtype": "int32"},
                ],
            }
        ],
    }


def write(folder: Path, content: object, data: bytes = KERNEL.tobytes() + SHAPE.tobytes()) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shard1").write_bytes(data[:10])
    (folder / "shard2").write_bytes(data[10:])
    (folder / "model.json").write_text(json.dumps(content))
    return folder / "model.json"


def test_constants_and_nodes_are_read(tmp_path: Path) -> None:
    model = read_tfjs(write(tmp_path, tiny()))
    np.testing.assert_array_equal(model.tensors["a/weights"], KERNEL)
    np.testing.assert_array_equal(model.tensors["size"], SHAPE)
    constant, size, relu = json.loads(model.graph)["node"]
    assert constant == {"name": "a/weights", "op": "Const", "input": [], "attr": {"dtype": {"type": 1}}}
    assert size["input"] == []
    assert relu["attr"] == {"data_format": {"s": "Tkg="}}  # the base 64 of "NH"


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return what sets the value at a path of keys and indices."""

    def apply(content: Any) -> None:
        *keys, last = [int(key) if key.isdigit() else key for key in path.split("/")]
        for key in keys:
            content = content[key]
        content[last] = value

    return apply


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("modelTopology", {"model_config": {}}, "Keras model for TF.js"),
        ("modelTopology", None, "not a TF.js graph model"),
        ("modelTopology/node/2/op", "ReadFile", "'y' is the operation 'ReadFile'.*was not run"),
        ("modelTopology/node/2/op", ["Relu6"], "is the operation"),
        ("modelTopology/node/2/name", 3, "has no name"),
        ("modelTopology/node/1/name", "other", "constant 'other' is not in weightsManifest"),
        ("modelTopology/node/2/attr", {"data_format": {"s": [300]}}, "text of the node 'y' cannot be read"),
        ("modelTopology/node/2/attr", {"data_format": 3}, "attribute of the node 'y' is not an object"),
        ("weightsManifest", {}, "not a list of groups"),
        ("weightsManifest/0/paths", ["../shard1", "shard2"], "not a file beside it"),
        ("weightsManifest/0/paths", ["/etc/passwd"], "not a file beside it"),
        ("weightsManifest/0/paths", ["shard1", "shard3"], "shard3: this part of the weights is missing"),
        ("weightsManifest/0/paths", ["shard1"], "have 10 bytes, but model.json lists 32"),
        ("weightsManifest/0/paths", ["shard1", "shard2", "shard1"], "more bytes than model.json lists"),
        ("weightsManifest/0/weights/0/shape", [2, 1 << 40], "no valid shape"),
        ("weightsManifest/0/weights/0/shape", [1 << 20, 1 << 20], "more than 1024 MiB"),
        ("weightsManifest/0/weights/0/shape", [-2, 3], "no valid shape"),
        ("weightsManifest/0/weights/0/shape", [2.0, True], "no valid shape"),
        ("weightsManifest/0/weights/0/dtype", "string", "of the type 'string'"),
        ("weightsManifest/0/weights/0/dtype", ["float32"], "of the type"),
        ("weightsManifest/0/weights/0/quantization", {"dtype": "uint8"}, "is quantized"),
        ("weightsManifest/0/weights/1/name", "a/weights", "twice"),
    ],
)
def test_a_hostile_or_damaged_model_is_refused(tmp_path: Path, path: str, value: object, message: str) -> None:
    content = tiny()
    change(path, value)(content)
    with pytest.raises(ZooError, match=message):
        read_tfjs(write(tmp_path, content))


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    data = np.full(6, np.nan, "<f4").tobytes() + SHAPE.tobytes()
    with pytest.raises(ZooError, match="'a/weights' has values that are not finite"):
        read_tfjs(write(tmp_path, tiny(), data))


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, '{"modelTopology": NaN}'])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "model.json"
    file.write_text(text)
    with pytest.raises(ZooError, match=r"not a TF\.js"):
        read_tfjs(file)


def test_the_model_nearest_to_the_folder_is_found(tmp_path: Path) -> None:
    assert find_tfjs(tmp_path) is None
    deep = write(tmp_path / "package/models/coco-ssd", tiny())
    assert find_tfjs(tmp_path) == deep
    assert find_tfjs(tmp_path) != write(tmp_path / "z", tiny())
    assert find_tfjs(tmp_path) == tmp_path / "z/model.json"
