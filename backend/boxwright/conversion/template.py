"""The layers of a network that is built here, with the names of its variables."""

from __future__ import annotations

import tensorflow as tf

from boxwright.conversion.graph import Layer, Weight, layers_of
from boxwright.conversion.tensorflow_graph import read_operations
from boxwright.detection.model import SsdModel


def template_of(model: SsdModel) -> list[Layer]:
    """Return the layers of a model in the order of `layers_of`; each weight has the name of its variable."""

    @tf.function(input_signature=[tf.TensorSpec([1, *model.image_size, 3], tf.float32)], autograph=False)
    def detect(pixels: tf.Tensor) -> tf.Tensor:
        outputs = model.postprocess(model.predict(pixels, training=False))
        return outputs["raw_detection_boxes"], outputs["raw_detection_scores"]

    graph = detect.get_concrete_function().graph
    names = {id(variable.handle): name for name, variable in model.variables_by_name.items()}
    variables = {
        placeholder.op.name: Weight(names[id(captured)], model.variables_by_name[names[id(captured)]].numpy())
        for captured, placeholder in graph.captures
    }
    return layers_of(read_operations(graph.as_graph_def(), variables))
