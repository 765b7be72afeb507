"""The formats that an export can hold besides the SavedModel and the frozen graph."""

from __future__ import annotations

from enum import Enum

from boxwright.inference.runtimes.packages import LITERT, ONNX_RUNTIME, TF2ONNX, Package


class Format(str, Enum):
    """A format by its name on the command line."""

    TFLITE = "tflite"
    TFLITE_FLOAT16 = "tflite-float16"
    TFLITE_INT8 = "tflite-int8"
    ONNX = "onnx"

    @property
    def file_name(self) -> str:
        """The file's name in the export's folder."""
        return _FILES[self]

    @property
    def packages(self) -> tuple[Package, ...]:
        """What must be installed to write and to check it."""
        return (TF2ONNX, ONNX_RUNTIME) if self is Format.ONNX else (LITERT,)


_FILES = {
    Format.TFLITE: "model.tflite",
    Format.TFLITE_FLOAT16: "model_float16.tflite",
    Format.TFLITE_INT8: "model_int8.tflite",
    Format.ONNX: "model.onnx",
}
