"""Packages that are installed beside Boxwright only where their format is used."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from boxwright.errors import UsageError


@dataclass(frozen=True)
class Package:
    """A runtime that is installed beside Boxwright only where its format is used.

    Attributes:
        module: What is imported.
        name: What pip installs.
        extra: The extra of Boxwright that brings it.
    """

    module: str
    name: str
    extra: str


LITERT = Package("ai_edge_litert.interpreter", "ai-edge-litert", "tflite")
ONNX_RUNTIME = Package("onnxruntime", "onnxruntime", "onnx")
ONNX = Package("onnx", "onnx", "onnx")
TF2ONNX = Package("tf2onnx", "tf2onnx", "onnx")


def load_package(package: Package) -> Any:
    """Import an optional package.

    Raises:
        UsageError: It is not installed, or cannot be loaded.
    """
    try:
        return importlib.import_module(package.module)
    except ImportError as error:
        raise UsageError(
            f"This needs the package {package.name}, which cannot be loaded here ({error}). Install it in this "
            f"environment: pip install {package.name}, or with everything for its format: pip install "
            f'"boxwright[{package.extra}]"'
        ) from error
