"""A model as a TFLite file: pixels in, decoded and suppressed boxes out, all in the runtime's builtin operations."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.lite.tools import flatbuffer_utils
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from boxwright.detection.model import SsdModel
from boxwright.detection.preprocessing import legacy_resize_bilinear
from boxwright.errors import BoxwrightError
from boxwright.export.formats import Format
from boxwright.inference.runtimes.base import TFLITE_OUTPUTS
from boxwright.stderr_filter import filtered_stderr

NOISE = (b"fully_quantize: ", b"Created TensorFlow Lite XNNPACK delegate")
NETWORK = "network"
"""Scope of what may be quantised. Boxes in 8 bits would lie on a grid of 1/255, so decoding stays in float32."""


def tflite_model(model: SsdModel, form: Format, *, calibration: Sequence[npt.NDArray[np.uint8]] = ()) -> bytes:
    """Convert a model to TFLite.

    Its input is uint8 [1, height, width, 3] of the network's size, RGB; an input resized to another size is scaled
    inside, as the SavedModel scales. Its outputs are TFLITE_OUTPUTS, classes from 0.

    Args:
        model: With its weights restored.
        form: TFLITE keeps float32; TFLITE_FLOAT16 stores weights in float16; TFLITE_INT8 computes the network in
            int8 with ranges seen on `calibration`.
        calibration: uint8 [H, W, 3] each, of any size; at least one for TFLITE_INT8.

    Returns:
        The file's bytes.

    Raises:
        BoxwrightError: TensorFlow cannot convert the model.
    """
    function = _serving_function(model)
    try:
        with filtered_stderr(NOISE):
            content = _convert(function, model, form, calibration)
    except Exception as error:  # the converter raises whatever its stage raises
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BoxwrightError(
            f"TensorFlow {tf.__version__} cannot convert this model to {form.value}: {first}. The other formats do not "
            "need it: leave this one out. Please report it with the pipeline.config."
        ) from error
    return _with_named_outputs(content)


def suppress_row_by_row(
    boxes: Any, scores: Any, *, max_selected: int, iou_threshold: float, score_threshold: float = float("-inf")
) -> Any:
    """Do what `detection.suppression.suppress` does, by the operation that TFLite has: one row at a time.

    Equal scores of one row are taken in any order.
    """
    limit = min(max_selected, scores.shape[1])
    rows = []
    for row in range(scores.shape[0]):
        indices, count = tf.raw_ops.NonMaxSuppressionV4(
            boxes=boxes[row],
            scores=scores[row],
            max_output_size=limit,
            iou_threshold=iou_threshold,
            score_threshold=score_threshold,
            pad_to_max_output_size=True,
        )
        rows.append(tf.where(tf.range(limit) < count, indices, -1))
    return tf.stack(rows)


def _serving_function(model: SsdModel) -> Any:
    """Return the function to convert, with the weights as constants.

    A converter that is handed variables drops them silently when their owner is not what it expects, and takes five
    times as long.
    """
    signature = [tf.TensorSpec([1, *model.image_size, 3], tf.uint8, name="image")]

    @tf.function(input_signature=signature, autograph=False)
    def detect(image: Any) -> list[Any]:
        pixels = model.preprocess(tf.cast(image, tf.float32))
        with tf.name_scope(NETWORK):
            predictions = model.predict(pixels, training=False)
        outputs = model.postprocess(predictions, model.window_of(image), suppress=suppress_row_by_row)
        return [outputs[name] for name in TFLITE_OUTPUTS]

    frozen = convert_variables_to_constants_v2(detect.get_concrete_function())

    @tf.function(input_signature=signature, autograph=False)
    def serve(image: Any) -> dict[str, Any]:
        return dict(zip(TFLITE_OUTPUTS, frozen(image), strict=True))

    return serve.get_concrete_function()


def _convert(function: Any, model: SsdModel, form: Format, calibration: Sequence[npt.NDArray[np.uint8]]) -> bytes:
    def converter() -> Any:
        return tf.lite.TFLiteConverter.from_concrete_functions([function], tf.Module())

    if form is Format.TFLITE_INT8:
        return _quantised(converter, model.image_size, calibration)
    wanted = converter()
    if form is Format.TFLITE_FLOAT16:
        wanted.optimizations = [tf.lite.Optimize.DEFAULT]
        wanted.target_spec.supported_types = [tf.float16]
    return bytes(wanted.convert())


def _quantised(converter: Any, size: tuple[int, int], calibration: Sequence[npt.NDArray[np.uint8]]) -> bytes:
    """Quantise the network and nothing else, which TensorFlow allows by way of its debugger only."""

    def photographs() -> Iterator[list[Any]]:
        for image in calibration:
            resized = legacy_resize_bilinear(image[np.newaxis].astype(np.float32), size)
            yield [tf.cast(tf.round(resized), tf.uint8)]

    quantising = converter()
    quantising.optimizations = [tf.lite.Optimize.DEFAULT]
    quantising.representative_dataset = photographs
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=_outside_network(converter().convert()))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*tf\.lite\.Interpreter is deprecated")  # the debugger's own
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=quantising, debug_dataset=photographs, debug_options=options
        )
    return bytes(debugger.get_nondebug_quantized_model())


def _outside_network(content: bytes) -> list[str]:
    """Return the names of what the float32 model computes outside its network."""
    graph = flatbuffer_utils.read_model_from_bytearray(bytearray(content)).subgraphs[0]
    names = [graph.tensors[output].name.decode() for operator in graph.operators for output in operator.outputs]
    return [name for name in names if f"{NETWORK}/" not in name]


def _with_named_outputs(content: bytes) -> bytes:
    """Put the outputs in the order of TFLITE_OUTPUTS and name them so: the converter leaves both to chance."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = model.subgraphs[0]
    places = {output.name.decode(): output.tensorIndex for output in model.signatureDefs[0].outputs}
    graph.outputs = [places[name] for name in TFLITE_OUTPUTS]
    for name, place in places.items():
        graph.tensors[place].name = name.encode()
    graph.tensors[graph.inputs[0]].name = b"image"
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
