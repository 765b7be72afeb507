"""What an exported detector computes: photographs in, the original's outputs out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.inference.detector import Detector
from boxwright.inference.runtimes.base import OUTPUTS


def detect_batch(model: SsdModel, images: Any) -> dict[str, Any]:
    """Run the model on photographs of one size.

    Args:
        model: With its weights restored.
        images: uint8 [B, H, W, 3].

    Returns:
        The original's seven outputs, float32, by name; detection_classes are ids from 1 in every place, filled or
        not, as the original's are.
    """
    predictions = model.predict(model.preprocess(tf.cast(images, tf.float32)), training=False)
    outputs = model.postprocess(predictions, model.window_of(images))
    outputs["detection_classes"] = outputs["detection_classes"] + 1.0
    return {name: outputs[name] for name in OUTPUTS}


def serving_function(model: SsdModel) -> Any:
    """Return detect_batch as a concrete function, for batches and images of any size; tracing it takes a second."""

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, name="image_tensor")], autograph=False)
    def serve(image_tensor: Any) -> dict[str, Any]:
        return detect_batch(model, image_tensor)

    return serve.get_concrete_function()


def model_detector(model: SsdModel, labels: dict[int, str], source: Path) -> Detector:
    """Return the model as a Detector, which takes photographs of any size.

    Args:
        model: With its weights restored.
        labels: Class names by id, from 1.
        source: The checkpoint.
    """
    serve = serving_function(model)
    return Detector(
        lambda images: {name: value.numpy() for name, value in serve(tf.constant(images)).items()},
        source=source,
        labels=labels,
    )
