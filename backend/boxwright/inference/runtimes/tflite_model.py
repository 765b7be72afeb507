"""TFLite files, loaded to be called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.errors import BoxwrightError
from boxwright.inference.runtimes.base import CLASSES, TFLITE_OUTPUTS, Arrays, Runtime, unreadable, usable_cores
from boxwright.inference.runtimes.packages import LITERT, load_package
from boxwright.stderr_filter import filtered_stderr

NOISE = (b"Created TensorFlow Lite XNNPACK delegate",)


def load_tflite(path: Path, *, threads: int | None = None) -> Runtime:
    """Load a .tflite file of `boxwright export`.

    Args:
        path: The file.
        threads: Of the interpreter; by default as many as there are cores.

    Raises:
        UsageError: ai-edge-litert is not installed.
        BoxwrightError: It cannot be read, or is no detector of Boxwright's.
    """
    litert = load_package(LITERT)
    try:
        with filtered_stderr(NOISE):
            interpreter = litert.Interpreter(model_content=path.read_bytes(), num_threads=threads or usable_cores())
            interpreter.allocate_tensors()  # also speaks of what it does
            signature = interpreter.get_signature_runner()
    except (ValueError, RuntimeError, TypeError) as error:
        raise BoxwrightError(unreadable(path, "a TFLite model", error)) from error
    inputs, outputs = signature.get_input_details(), signature.get_output_details()
    (taken,) = inputs.values() if len(inputs) == 1 else [None]
    if set(outputs) != set(TFLITE_OUTPUTS) or taken is None or taken["dtype"] is not np.uint8:
        raise BoxwrightError(
            f"{path}: this TFLite model was not made by Boxwright: it must take one image, uint8 [1, H, W, 3], and "
            f"give {', '.join(TFLITE_OUTPUTS)}. Make one with: boxwright export --format tflite"
        )
    places = {name: detail["index"] for name, detail in outputs.items()}
    is_integer = taken["quantization"][0] != 0.0  # then the network's size is the only one that it takes
    return _Interpreter(interpreter, taken["index"], places, tuple(taken["shape"][1:3]) if is_integer else None)


class _Interpreter:
    """Runs image after image: a TFLite file takes one at a time, of any size once its input has that size.

    One with an input of integers takes images of `size` (height, width) only, which are therefore resized before.
    """

    def __init__(self, interpreter: Any, taken: int, given: dict[str, int], size: tuple[int, int] | None) -> None:
        self._interpreter, self._input, self._outputs, self._size = interpreter, taken, given, size
        self._shape: tuple[int, ...] = ()

    def __call__(self, images: npt.NDArray[np.uint8]) -> Arrays:
        each = [self._detect(image[np.newaxis]) for image in images]
        found = {name: np.concatenate([one[name] for one in each]) for name in self._outputs}
        found[CLASSES] += 1.0  # as in other TFLite detectors, they count from 0 in the file
        return found

    def _detect(self, image: npt.NDArray[np.uint8]) -> Arrays:
        if self._size is not None:
            image = resize_as_trained(image[0], self._size)[np.newaxis]
        if image.shape != self._shape:
            self._interpreter.resize_tensor_input(self._input, image.shape)
            self._interpreter.allocate_tensors()
            self._shape = image.shape
        self._interpreter.set_tensor(self._input, image)
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(index) for name, index in self._outputs.items()}


def resize_as_trained(image: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Resize as TensorFlow 1 does, by which the networks are trained: bilinear, sampled at corners.

    Args:
        image: uint8 [H, W, 3].
        size: (height, width) in pixels.

    Returns:
        uint8 [height, width, 3].
    """
    resized = image.astype(np.float32)
    for axis, wanted in enumerate(size):
        length = image.shape[axis]
        position = np.arange(wanted, dtype=np.float32) * np.float32(length / wanted)
        lower = np.minimum(position.astype(np.intp), length - 1)
        share = (position - lower).reshape([-1, 1, 1] if axis == 0 else [1, -1, 1])
        first, second = np.take(resized, lower, axis), np.take(resized, np.minimum(lower + 1, length - 1), axis)
        resized = first + (second - first) * share
    return np.rint(resized).astype(np.uint8)
