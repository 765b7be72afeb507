"""What a run computes with: versions and device."""

from __future__ import annotations

import os
import platform
from importlib import metadata

import tensorflow as tf

PACKAGES = ("boxwright", "tensorflow", "numpy")


def versions() -> dict[str, str]:
    """Return the versions of Python, the platform and the packages that decide the numbers."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # tensorflow may be installed as tensorflow-cpu
            found[package] = "unknown"
    if found["tensorflow"] == "unknown":
        found["tensorflow"] = tf.__version__
    return found


def device_in_words() -> str:
    """Return what TensorFlow computes with here: "CPU, 2 cores", "GPU: NVIDIA GeForce RTX 3060"."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"CPU, {os.cpu_count()} cores"
    names = (tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus)
    return "GPU: " + ", ".join(names)
