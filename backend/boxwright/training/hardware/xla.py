"""The network as one program of XLA's, where that can pay."""

from __future__ import annotations

import os

import tensorflow as tf

from boxwright.training.errors import TrainingError
from boxwright.training.hardware.devices import Devices

ANYWAY = "BOXWRIGHT_XLA_ANYWAY"
"""Environment variable; when it is set, XLA is used on a CPU as well."""


def check_xla(devices: Devices) -> None:
    """Make sure that compiling can pay.

    Raises:
        TrainingError: On a CPU it costs half a minute and then time with every step; of several devices' batch norm
            statistics, which are exchanged within the network, XLA can make no program.
    """
    if not tf.config.list_physical_devices("GPU") and not os.environ.get(ANYWAY):
        raise TrainingError(
            "--xla: TensorFlow finds no GPU here, and on a CPU a compiled step takes longer than one that is not. "
            f"Leave --xla out; or set {ANYWAY}=1 to compile all the same."
        )
    if devices.workers > 1 or devices.replicas > 1:
        raise TrainingError("--xla: it works on one device of one machine only. Leave it out.")
