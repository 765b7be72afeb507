"""A TF.js graph model, run by TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from google.protobuf import json_format

from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.operations import check_frozen_graph
from boxwright.zoo.tfjs import TfjsModel

IMAGES = "image_tensor:0"
SCORES = "Postprocessor/convert_scores:0"
BOXES = "Postprocessor/ExpandDims_1:0"
TIMEOUT = 120_000  # milliseconds an image: a graph from elsewhere may loop without an end


@dataclass(frozen=True, eq=False)
class RawOutputs:
    """What a detector computes before suppression, for one image.

    Attributes:
        scores: float32 [A, C + 1], after the sigmoid; column 0 is the background.
        boxes: float32 [A, 4], [ymin, xmin, ymax, xmax] normalised to the image, not clipped.
    """

    scores: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]


class TfjsGraph:
    """The graph of a TF.js detector.

    Attributes:
        graph_def: Its GraphDef, with its weights.

    Raises:
        CheckpointError: TensorFlow cannot read the graph, or it lacks the tensors of a detector.
    """

    def __init__(self, model: TfjsModel) -> None:
        self._path = model.path
        graph_def = tf.compat.v1.GraphDef()
        try:
            json_format.Parse(model.graph, graph_def)
            check_frozen_graph(model.path, graph_def)
            for node in graph_def.node:
                if node.op == "Const":
                    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(model.tensors[node.name]))
            self.graph_def = graph_def
            self._graph = tf.Graph()
            with self._graph.as_default():
                tf.import_graph_def(graph_def, name="")
            self._fetches = [self._graph.get_tensor_by_name(name) for name in (SCORES, BOXES)]
            self._images = self._graph.get_tensor_by_name(IMAGES)
        except (json_format.ParseError, ValueError, KeyError, TypeError, tf.errors.OpError) as error:
            raise CheckpointError(
                f"{model.path}: TensorFlow cannot read this graph as a detector's ({_line(error)}). Give a graph model "
                "of the TF1 detection zoo."
            ) from error

    def run(self, image: npt.NDArray[np.uint8]) -> RawOutputs:
        """Run the graph on one image, uint8 [H, W, 3].

        Raises:
            CheckpointError: It fails, or does not end.
        """
        options = tf.compat.v1.RunOptions(timeout_in_ms=TIMEOUT)
        dtype = self._images.dtype.as_numpy_dtype
        try:
            with tf.compat.v1.Session(graph=self._graph) as session:
                scores, boxes = session.run(self._fetches, {self._images: image[np.newaxis].astype(dtype)}, options)
        except (tf.errors.OpError, ValueError, TypeError) as error:
            raise CheckpointError(f"{self._path}: its graph cannot be run ({_line(error)}).") from error
        return RawOutputs(scores[0], boxes.reshape([-1, 4]))


def _line(error: Exception) -> str:
    return (getattr(error, "message", "") or str(error) or type(error).__name__).splitlines()[0]
