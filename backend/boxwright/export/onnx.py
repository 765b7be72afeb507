"""A frozen graph as an ONNX file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from boxwright.errors import BoxwrightError
from boxwright.export.formats import Format
from boxwright.inference.runtimes.base import OUTPUTS
from boxwright.inference.runtimes.packages import TF2ONNX, kept_environment, load_package

OPSET = 17
"""Of ONNX; onnxruntime has it since 1.12 of 2022."""


def onnx_model(frozen_graph: Path) -> bytes:
    """Convert an export's frozen graph to ONNX.

    Its input is image_tensor, uint8 [B, H, W, 3] of any size, its outputs are the SavedModel's.

    Args:
        frozen_graph: The .pb file.

    Returns:
        The file's bytes.

    Raises:
        UsageError: tf2onnx is not installed.
        BoxwrightError: It cannot convert the graph.
    """
    tf2onnx = load_package(TF2ONNX)
    graph_def = tf.compat.v1.GraphDef()
    graph_def.ParseFromString(frozen_graph.read_bytes())
    try:
        with kept_environment(), _only_errors("tensorflow", "tf2onnx"):  # it uses what TensorFlow warns of as outdated
            model, _ = tf2onnx.convert.from_graph_def(
                graph_def,
                input_names=["image_tensor:0"],
                output_names=[f"{name}:0" for name in OUTPUTS],
                opset=OPSET,
            )
    except Exception as error:  # the converter raises whatever its stage raises
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BoxwrightError(
            f"tf2onnx {tf2onnx.__version__} cannot convert this model to {Format.ONNX.value}: {first}. The other "
            "formats do not need it: leave this one out. Please report it with the pipeline.config."
        ) from error
    _drop_places(model.graph)
    return bytes(model.SerializeToString(deterministic=True))


@contextmanager
def _only_errors(*names: str) -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _drop_places(graph: object) -> None:
    """Name tensors as ONNX names them: TensorFlow's ":0" is no part of the original's names."""
    ends = {"image_tensor:0", *(f"{name}:0" for name in OUTPUTS)}

    def renamed(name: str) -> str:
        return name.removesuffix(":0") if name in ends else name

    for tensor in (*graph.input, *graph.output):  # type: ignore[attr-defined]
        tensor.name = renamed(tensor.name)
    for node in graph.node:  # type: ignore[attr-defined]
        node.input[:] = [renamed(name) for name in node.input]
        node.output[:] = [renamed(name) for name in node.output]
