"""The operations of a graph that make up the network, by which converters know it."""

from __future__ import annotations

from typing import Any

NETWORK_INPUT = "Preprocessor/map/TensorArrayStack/TensorArrayGatherV3"
BOUNDARIES = (
    "image_tensor",
    NETWORK_INPUT,
    "concat",
    "concat_1",
    "Postprocessor/raw_box_encodings",
    "Postprocessor/raw_box_locations",
    "Postprocessor/scale_logits",
    "Postprocessor/convert_scores",
    "Postprocessor/raw_box_scores",
    "detection_boxes",
    "detection_scores",
    "detection_classes",
    "num_detections",
    "detection_multiclass_scores",
    "raw_detection_boxes",
    "raw_detection_scores",
)
"""Tensors that stand between the parts."""

_KINDS = {"Conv2D", "DepthwiseConv2dNative", "FusedBatchNormV3", "BiasAdd", "Relu", "Relu6", "AddV2", "ConcatV2",
          "MaxPool", "AvgPool"}  # fmt: skip
_PARTS = ("FeatureExtractor/", "BoxPredictor_", "WeightSharedConvolutionalBoxPredictor")


def network_operations(graph_def: Any) -> dict[str, tuple[str, ...]]:
    """Return kind and inputs of each operation that computes a part of the network, by its name.

    Identity operations are left out, so that what reads one is said to read its input; other inputs, such as shapes
    and the upsampling of a pyramid, are "-".
    """
    nodes = {node.name: node for node in graph_def.node}

    def resolved(name: str) -> str:
        name = name.split(":", maxsplit=1)[0].lstrip("^")
        while name != NETWORK_INPUT and nodes[name].op == "Identity":
            name = nodes[name].input[0].split(":", maxsplit=1)[0]
        is_variable = nodes[name].op in ("Const", "VariableV2") and name.startswith(_PARTS)
        return name if name == NETWORK_INPUT or nodes[name].op in _KINDS or is_variable else "-"

    found = {}
    for node in graph_def.node:
        if node.op in _KINDS and node.name.startswith(_PARTS):
            inputs = map(resolved, node.input)
            found[node.name] = (node.op, *(sorted(inputs) if node.op == "AddV2" else inputs))
    return found
