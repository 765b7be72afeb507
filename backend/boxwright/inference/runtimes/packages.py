"""Packages that are installed beside Boxwright only where their format is used."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
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
AV = Package("av", "av", "video")
TF2ONNX = Package("tf2onnx", "tf2onnx", "onnx")


def load_package(package: Package) -> Any:
    """Import an optional package; environment variables that it sets for itself do not stay.

    Raises:
        UsageError: It is not installed, or cannot be loaded.
    """
    try:
        with kept_environment():
            return importlib.import_module(package.module)
    except ImportError as error:
        raise UsageError(
            f"This needs the package {package.name}, which cannot be loaded here ({error}). Install it in this "
            f"environment: pip install {package.name}, or with everything for its format: pip install "
            f'"boxwright[{package.extra}]"'
        ) from error


@contextmanager
def kept_environment() -> Iterator[None]:
    """Undo what the block does to the environment, which child processes would take for the user's wish.

    tf2onnx, for example, sets TF_CPP_MIN_LOG_LEVEL.
    """
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
