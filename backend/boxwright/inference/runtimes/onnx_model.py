"""ONNX files, loaded to be called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from boxwright.errors import BoxwrightError
from boxwright.inference.runtimes.base import OUTPUTS, Arrays, Runtime, check_detector, unreadable
from boxwright.inference.runtimes.packages import ONNX_RUNTIME, load_package


def load_onnx(path: Path, *, threads: int | None = None) -> Runtime:
    """Load a .onnx file of `boxwright export`, or one that tf2onnx made of an export.

    Args:
        path: The file.
        threads: Of the session; by default as many as onnxruntime finds cores.

    Raises:
        UsageError: onnxruntime is not installed.
        BoxwrightError: It cannot be read, or is no detector.
    """
    onnxruntime = load_package(ONNX_RUNTIME)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors: its warnings are about how it optimises
    options.intra_op_num_threads = threads or 0
    try:
        session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a class of its own for each status, all of them Exceptions
        raise BoxwrightError(unreadable(path, "an ONNX model", error)) from error
    inputs = session.get_inputs()
    tensors = {output.name.removesuffix(":0"): output.name for output in session.get_outputs()}
    is_image = len(inputs) == 1 and inputs[0].type == "tensor(uint8)" and len(inputs[0].shape) == 4
    check_detector(path, set(tensors), input_name="one uint8 [B, H, W, 3]", has_input=is_image)
    names = [name for name in OUTPUTS if name in tensors]

    def call(images: npt.NDArray[np.uint8]) -> Arrays:
        values = session.run([tensors[name] for name in names], {inputs[0].name: images})
        return dict(zip(names, values, strict=True))

    return call
