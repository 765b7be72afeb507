"""What a run computes with: versions and device."""

from __future__ import annotations

import os
import platform
from importlib import metadata

import numpy as np
import tensorflow as tf

from boxwright.runs.record import Versions


def versions() -> Versions:
    """Return the versions of Python, the platform and the packages that decide the numbers."""
    return Versions(
        python=platform.python_version(),
        platform=platform.platform(),
        boxwright=_version_of("boxwright") or "unknown",
        tensorflow=_version_of("tensorflow") or tf.__version__,  # it may be installed as tensorflow-cpu
        numpy=np.__version__,
    )


def _version_of(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def device_in_words() -> str:
    """Return what TensorFlow computes with here: "CPU, 2 cores", "GPU: NVIDIA GeForce RTX 3060"."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"CPU, {os.cpu_count()} cores"
    names = (tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus)
    return "GPU: " + ", ".join(names)
