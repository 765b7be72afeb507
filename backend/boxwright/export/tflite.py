"""A model as a TFLite file: pixels in, decoded and suppressed boxes out, all in the runtime's builtin operations."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema
from tensorflow.lite.tools import flatbuffer_utils
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from boxwright.detection.model import SsdModel
from boxwright.detection.preprocessing import legacy_resize_bilinear
from boxwright.errors import BoxwrightError
from boxwright.export.formats import Format
from boxwright.export.tflite_metadata import METADATA_NAME, metadata_of, with_label_file
from boxwright.inference.runtimes.base import TFLITE_OUTPUTS
from boxwright.runs.model_file import ModelFile
from boxwright.stderr_filter import filtered_stderr

NOISE = (b"fully_quantize: ", b"Created TensorFlow Lite XNNPACK delegate")
NETWORK = "network"
"""Scope of what is quantised. Boxes in 8 bits would lie on a grid of 1/255, so decoding stays in float32."""


def tflite_model(
    model: SsdModel, form: Format, described: ModelFile, *, calibration: Sequence[npt.NDArray[np.uint8]] = ()
) -> bytes:
    """Convert a model to TFLite.

    Its input is uint8 [1, height, width, 3] of the network's size, RGB. It may be resized to another size and is then
    scaled inside, as the SavedModel scales; not so that of TFLITE_INT8, whose operations are of integers up to the
    heads. Its outputs are TFLITE_OUTPUTS, classes from 0. Metadata and labels.txt are in it.

    Args:
        model: With its weights restored.
        described: Its model.json.
        form: TFLITE keeps float32; TFLITE_FLOAT16 stores weights in float16; TFLITE_INT8 computes the network in
            int8 with ranges seen on `calibration`.
        calibration: uint8 [H, W, 3] each, of any size; at least one for TFLITE_INT8.

    Returns:
        The file's bytes.

    Raises:
        BoxwrightError: TensorFlow cannot convert the model.
    """
    function = _network_function(model) if form is Format.TFLITE_INT8 else _serving_function(model)
    try:
        with filtered_stderr(NOISE):
            content = _convert(function, model, form, calibration)
    except Exception as error:  # the converter raises whatever its stage raises
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BoxwrightError(
            f"TensorFlow {tf.__version__} cannot convert this model to {form.value}: {first}. The other formats do not "
            "need it: leave this one out. Please report it with the pipeline.config."
        ) from error
    metadata = metadata_of(described, _score_threshold(model, described))
    return with_label_file(_finished(content, metadata), described)


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

    def detect(image: Any) -> list[Any]:
        pixels = model.preprocess(tf.cast(image, tf.float32))
        with tf.name_scope(NETWORK):
            predictions = model.predict(pixels, training=False)
        outputs = model.postprocess(predictions, model.window_of(image), suppress=suppress_row_by_row)
        return [outputs[name] for name in TFLITE_OUTPUTS]

    return _with_constants(detect, tf.TensorSpec([1, *model.image_size, 3], tf.uint8, name="image"))


def _network_function(model: SsdModel) -> Any:
    """Return the function to quantise: pixels as float32, of the network's size, all of NETWORK up to the heads."""

    def detect(image: Any) -> list[Any]:
        with tf.name_scope(NETWORK):
            predictions = model.predict(model.scale(image), training=False)
        outputs = model.postprocess(predictions, suppress=suppress_row_by_row)
        return [outputs[name] for name in TFLITE_OUTPUTS]

    return _with_constants(detect, tf.TensorSpec([1, *model.image_size, 3], tf.float32, name="image"))


def _with_constants(detect: Callable[[Any], list[Any]], spec: Any) -> Any:
    frozen = convert_variables_to_constants_v2(
        tf.function(detect, input_signature=[spec], autograph=False).get_concrete_function()
    )

    @tf.function(input_signature=[spec], autograph=False)
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
            resized = tf.round(legacy_resize_bilinear(image[np.newaxis].astype(np.float32), size)).numpy()
            resized[0, 0, :2] = [[0.0], [255.0]]  # so that the range of the input is that of pixels
            yield [resized]

    quantising = converter()
    quantising.optimizations = [tf.lite.Optimize.DEFAULT]
    quantising.representative_dataset = photographs
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=_outside_network(converter().convert()))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*tf\.lite\.Interpreter is deprecated")  # the debugger's own
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=quantising, debug_dataset=photographs, debug_options=options
        )
    return _taking_pixels(debugger.get_nondebug_quantized_model())


def _taking_pixels(content: bytes) -> bytes:
    """Have the input take uint8: it is of float32, and the first operation quantises it to int8."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = model.subgraphs[0]
    image, first = graph.tensors[graph.inputs[0]], graph.operators[0]
    quantised = graph.tensors[first.outputs[0]].quantization
    if list(quantised.scale) != [1.0] or list(quantised.zeroPoint) != [-128]:
        raise BoxwrightError(
            f"the input is quantised by {quantised.scale} and {quantised.zeroPoint}, not by 1 and -128"
        )
    image.type = schema.TensorType.UINT8
    image.quantization = schema.QuantizationParametersT()
    image.quantization.scale, image.quantization.zeroPoint = [1.0], [0]
    _put_integers_first(graph)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _put_integers_first(graph: Any) -> None:
    """Put what computes from integers alone before all else: accelerators take the operations up to the first float."""
    floats = {place for place, tensor in enumerate(graph.tensors) if tensor.type == schema.TensorType.FLOAT32}
    first, later, of_floats = [], [], set[int]()
    for operator in graph.operators:
        places = {int(place) for place in (*operator.inputs, *operator.outputs)}
        if places & (floats | of_floats):
            later.append(operator)
            of_floats.update(int(place) for place in operator.outputs)
        else:
            first.append(operator)
    graph.operators = [*first, *later]


def _outside_network(content: bytes) -> list[str]:
    """Return the names of what the float32 model computes outside its network."""
    graph = flatbuffer_utils.read_model_from_bytearray(bytearray(content)).subgraphs[0]
    names = [graph.tensors[output].name.decode() for operator in graph.operators for output in operator.outputs]
    return [name for name in names if f"{NETWORK}/" not in name]


def _score_threshold(model: SsdModel, described: ModelFile) -> float:
    """Return the lowest of the classes' best scores; what the suppression keeps where there was no evaluation."""
    kept: float = model.ssd_config.post_processing.batch_non_max_suppression.score_threshold
    return min(described.best_scores.values(), default=kept)


def _finished(content: bytes, metadata: bytes) -> bytes:
    """Name and order inputs and outputs, which the converter leaves to chance, and add the metadata."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = model.subgraphs[0]
    places = {output.name.decode(): output.tensorIndex for output in model.signatureDefs[0].outputs}
    for name, place in places.items():
        graph.tensors[place].name = name.encode()
    graph.tensors[graph.inputs[0]].name = b"image"
    wanted = [places[name] for name in TFLITE_OUTPUTS]
    _move_tensors(model, dict(zip(wanted, sorted(wanted), strict=True)))
    graph.outputs = sorted(wanted)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(metadata, np.uint8)
    model.buffers.append(buffer)
    entry = schema.MetadataT()
    entry.name, entry.buffer = METADATA_NAME.encode(), len(model.buffers) - 1
    model.metadata = [*(model.metadata or []), entry]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _move_tensors(model: Any, moves: Mapping[int, int]) -> None:
    """Give tensors other places in the first subgraph: programs take the outputs in the order of their places."""
    graph = model.subgraphs[0]
    tensors = list(graph.tensors)
    for old, new in moves.items():
        tensors[new] = graph.tensors[old]
    graph.tensors = tensors
    for operator in graph.operators:
        for field in ("inputs", "outputs", "intermediates"):
            places = getattr(operator, field)
            if places is not None:
                setattr(operator, field, [moves.get(int(place), int(place)) for place in places])
    for entry in (*model.signatureDefs[0].inputs, *model.signatureDefs[0].outputs):
        entry.tensorIndex = moves.get(entry.tensorIndex, entry.tensorIndex)
