"""frozen_inference_graph.pbtxt: the text graph by which OpenCV's DNN module reads a frozen graph.

OpenCV's importer knows layers of its own for what follows an SSD's heads (PriorBox, DetectionOutput), so the text graph
has the network's operations, whose weights are read from the .pb file by their names, and these layers instead of the
post-processing. The form is that of OpenCV's tf_text_graph_ssd.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from google.protobuf import text_format

from boxwright.detection.model import SsdModel

TEXT_GRAPH = "frozen_inference_graph.pbtxt"
INPUT, OUTPUT = "image_tensor", "detection_out"

_KEPT_ATTRIBUTES = ("strides", "padding", "ksize", "epsilon", "dilations", "explicit_paddings")


def opencv_text_graph(graph_def: Any, model: SsdModel) -> str | None:
    """Return the text graph of a frozen graph.

    Its input is image_tensor, pixels 0 to 255 of the network's size, RGB, as blobFromImage gives them; its output is
    detection_out, [1, 1, N, 7]: image, class from 1, score, left, top, right, bottom, in fractions of the image, not
    clipped to it.

    Args:
        graph_def: Of `export.graph.frozen_graph`.
        model: What was frozen.

    Returns:
        None for a model that DetectionOutput does not describe: with an FPN, with padding, with scores by softmax, or
        without a background class.
    """
    config = model.ssd_config
    if not (
        config.box_predictor.HasField("convolutional_box_predictor")
        and config.anchor_generator.HasField("ssd_anchor_generator")
        and config.image_resizer.HasField("fixed_shape_resizer")
        and config.add_background_class
        and config.post_processing.score_converter == type(config.post_processing).SIGMOID
        and config.post_processing.logit_scale == 1.0
    ):
        return None
    nodes = {node.name: node for node in graph_def.node}
    maps = sum(f"BoxPredictor_{index}/ClassPredictor/BiasAdd" in nodes for index in range(len(nodes)))
    graph = _TextGraph(nodes)
    graph.add(INPUT, "Placeholder")
    classes = [graph.network(f"BoxPredictor_{index}/ClassPredictor/BiasAdd") for index in range(maps)]
    boxes = [graph.network(f"BoxPredictor_{index}/BoxEncodingPredictor/BiasAdd") for index in range(maps)]
    graph.constant("concat/axis_flatten", np.array([-1], np.int32))
    for name, heads in (("ClassPredictor/concat", classes), ("BoxEncodingPredictor/concat", boxes)):
        flat = [graph.add(f"{head}/Flatten", "Flatten", [head]) for head in heads]
        graph.add(name, "ConcatV2", [*flat, "concat/axis_flatten"])
    graph.add("ClassPredictor/concat/sigmoid", "Sigmoid", ["ClassPredictor/concat"])
    _add_priors(graph, model, boxes)
    _add_detection_output(graph, model)
    return text_format.MessageToString(graph.graph_def)


class _TextGraph:
    """Collects the nodes, each after its inputs."""

    def __init__(self, nodes: dict[str, Any]) -> None:
        self._nodes = nodes
        self._added: set[str] = set()
        self.graph_def = tf.compat.v1.GraphDef()

    def add(self, name: str, kind: str, inputs: Sequence[str] = (), **attributes: Any) -> str:
        node = self.graph_def.node.add(name=name, op=kind, input=list(inputs))
        for key, value in attributes.items():
            if isinstance(value, bool):
                node.attr[key].b = value
            elif isinstance(value, int):
                node.attr[key].i = value
            elif isinstance(value, float):
                node.attr[key].f = value
            elif isinstance(value, str):
                node.attr[key].s = value.encode()
            else:
                node.attr[key].tensor.CopyFrom(_tensor(value))
        return name

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        return self.add(name, "Const", value=values)

    def network(self, name: str) -> str:
        """Add an operation of the frozen graph after all that it computes from; weights stay in the .pb file."""
        waiting = [name]
        while waiting:
            current = waiting[-1]
            node = self._nodes[current]
            inputs = [self._resolved(source) for source in node.input]
            missing = [
                source
                for source in inputs
                if source != INPUT and source not in self._added and self._nodes[source].op != "Const"
            ]
            if missing and current not in self._added:
                waiting += missing
                continue
            waiting.pop()
            if current not in self._added:
                self._added.add(current)
                added = self.graph_def.node.add(name=current, op=node.op, input=inputs)
                for key in _KEPT_ATTRIBUTES:
                    if key in node.attr:
                        added.attr[key].CopyFrom(node.attr[key])
        return name

    def _resolved(self, name: str) -> str:
        """Return what an input reads once Identity, Cast and the resizing, which is the caller's, are left out."""
        name = name.split(":", maxsplit=1)[0]
        while self._nodes[name].op in ("Identity", "Cast", "ResizeBilinear"):
            name = self._nodes[name].input[0].split(":", maxsplit=1)[0]
        return name


def _add_priors(graph: _TextGraph, model: SsdModel, heads: Sequence[str]) -> None:
    """Add the anchors, as the sizes of those of a cell; their centres are those of the cells."""
    height, width = model.image_size
    coder = model.ssd_config.box_coder.faster_rcnn_box_coder
    scales = np.array([coder.x_scale, coder.y_scale, coder.width_scale, coder.height_scale], np.float32)
    shape = graph.constant("reshape_prior_boxes_to_4d", np.array([1, 2, -1, 1], np.int32))
    axis = graph.constant("PriorBox/concat/axis", np.array([-2], np.int32))
    priors, first = [], 0
    for index, (head, (cells, count)) in enumerate(zip(heads, model.anchor_layout, strict=True)):
        of_a_cell = np.asarray(model.anchors)[first : first + count]
        first += cells * count
        name = graph.add(
            f"PriorBox_{index}",
            "PriorBox",
            [head, INPUT],
            flip=False,
            clip=False,
            width=((of_a_cell[:, 3] - of_a_cell[:, 1]) * width).astype(np.float32),
            height=((of_a_cell[:, 2] - of_a_cell[:, 0]) * height).astype(np.float32),
            variance=1.0 / scales,
        )
        priors.append(graph.add(f"{name}/4d", "Reshape", [name, shape]))
    graph.add("PriorBox/concat", "ConcatV2", [*priors, axis])


def _add_detection_output(graph: _TextGraph, model: SsdModel) -> None:
    suppression = model.ssd_config.post_processing.batch_non_max_suppression
    graph.add(
        OUTPUT,
        "DetectionOutput",
        ["BoxEncodingPredictor/concat", "ClassPredictor/concat/sigmoid", "PriorBox/concat"],
        num_classes=model.num_classes + 1,
        share_location=True,
        background_label_id=0,
        nms_threshold=float(suppression.iou_threshold),
        top_k=int(suppression.max_detections_per_class),
        code_type="CENTER_SIZE",
        keep_top_k=int(suppression.max_total_detections),
        confidence_threshold=float(suppression.score_threshold),
        loc_pred_transposed=True,
    )


def _tensor(values: npt.NDArray[Any]) -> Any:
    """Return a tensor whose values are written out, as OpenCV reads them from text."""
    tensor = tf.make_tensor_proto(values)
    tensor.tensor_content = b""
    if values.dtype == np.int32:
        tensor.int_val[:] = values.tolist()
    else:
        tensor.float_val[:] = values.tolist()
    return tensor
