"""The original API's frozen graph, put together again from its golden parts."""

from __future__ import annotations

import gzip
from pathlib import Path

import tensorflow as tf


def write_original_graph(golden: Path, path: Path) -> Path:
    """Fill the graph that the original exported with the checkpoint's weights, and write it to `path`."""
    graph_def = tf.compat.v1.GraphDef()
    packed = golden / "export_a" / "original_graph_without_weights.pb.gz"
    graph_def.ParseFromString(gzip.decompress(packed.read_bytes()))
    reader = tf.train.load_checkpoint(str(golden / "ssd_inception_v2_a" / "model.ckpt-0"))
    weights = set(reader.get_variable_to_shape_map())
    for node in graph_def.node:
        if node.op == "Const" and node.name in weights:
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(reader.get_tensor(node.name)))
    path.write_bytes(graph_def.SerializeToString())
    return path
