"""The operations of a frozen graph have the original's names, so that what looks for them finds them."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.export.graph import frozen_graph, portable_graph_def
from boxwright.inference.serving import serving_function
from boxwright.pipeline.load import load_pipeline
from graph_operations import BOUNDARIES, network_operations
from original_graph import write_original_graph

NETWORKS = ("ssd_inception_v2", "ssd_mobilenet_v1", "ssdlite_mobilenet_v2", "ssd_resnet50_v1_fpn")


def ours(golden: Path, network: str) -> Any:
    model = SsdModel(load_pipeline(golden / "export_names" / f"{network}.config").model)
    return portable_graph_def(frozen_graph(model, serving_function(model)).graph)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_network_is_the_originals_by_name(golden: Path, network: str) -> None:
    text = gzip.decompress((golden / "export_names" / f"{network}.txt.gz").read_bytes()).decode()
    original = {name: tuple(rest) for name, *rest in (line.split(" ") for line in text.splitlines())}
    graph_def = ours(golden, network)
    assert network_operations(graph_def) == original
    names = {node.name for node in graph_def.node}
    assert not set(BOUNDARIES) - names
    assert not {name for name in names if name.startswith("SSD")}


def test_parts_can_be_cut_at_the_same_tensors(golden: Path, tmp_path: Path) -> None:
    """What the original computes between two of its names, ours computes between the same names."""
    graph_def, original = ours(golden, "ssd_inception_v2"), tf.compat.v1.GraphDef()
    original.ParseFromString(write_original_graph(golden, tmp_path / "original.pb").read_bytes())
    weights = {node.name: node for node in original.node if node.op == "Const"}
    for node in graph_def.node:  # the weights that the original was exported with
        if node.op == "Const" and node.name.startswith(("FeatureExtractor", "BoxPredictor")) and node.name in weights:
            node.attr["value"].CopyFrom(weights[node.name].attr["value"])
    pixels = np.random.default_rng(0).uniform(-1, 1, [1, 300, 300, 3]).astype(np.float32)
    names = ("concat_1:0", "Squeeze:0", "Postprocessor/raw_box_locations:0", "Postprocessor/convert_scores:0")
    found = []
    for graph in (original, graph_def):
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            tf.graph_util.import_graph_def(graph, name="")
            fed = {"Preprocessor/map/TensorArrayStack/TensorArrayGatherV3:0": pixels}
            found.append(session.run(names, fed))
    for name, wanted, given in zip(names, *found, strict=True):
        np.testing.assert_allclose(given, wanted, atol=1e-4, err_msg=name)
