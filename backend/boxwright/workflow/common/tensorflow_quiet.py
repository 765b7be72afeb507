"""Importing TensorFlow without its start-up noise."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext, suppress

from boxwright.errors import BoxwrightError
from boxwright.stderr_filter import filtered_stderr

NOISE = (
    b"All log messages before absl::InitializeLog",
    b"oneDNN custom operations are on",
    b"Could not find cuda drivers",
    b"Could not find TensorRT",
    b"TF-TRT Warning",
    b"failed call to cuInit",
    b"Unable to register cu",
    b"computation placer already registered",
    b"optimized to use available CPU instructions",
    b"To enable the following instructions",
    b"retrieving CUDA diagnostic information",
    b"hostname: ",
    b"libcuda reported version",
    b"kernel reported version",
    b"Cannot dlopen some GPU libraries",
    b"Skipping registering GPU devices",
    b"download and setup the required libraries",
    b"Please make sure the missing libraries",
)
"""What TensorFlow prints at each start on a healthy machine; `boxwright doctor` explains the GPU lines."""


QUIET_LEVEL = "2"  # errors only


def quiet_tensorflow() -> None:
    """Import TensorFlow, letting through what it writes to stderr except for the known start-up notices.

    Verbs call it before they import a package that needs TensorFlow. Some notices come before
    TF_CPP_MIN_LOG_LEVEL is obeyed, so the file descriptor itself is held while TensorFlow loads.
    Lets everything through when the user set TF_CPP_MIN_LOG_LEVEL to another level: then they want to see.

    Raises:
        BoxwrightError: TensorFlow is not installed or cannot be loaded.
    """
    if "tensorflow" in sys.modules:
        return
    # a process that a quieted one started finds our own level: that is no choice of the user's
    chosen_by_user = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", QUIET_LEVEL) != QUIET_LEVEL
    with nullcontext() if chosen_by_user else filtered_stderr(NOISE):
        try:
            import tensorflow as tf
        except ImportError as error:
            raise BoxwrightError(
                f"TensorFlow cannot be loaded: {error}. `boxwright doctor` says how to fix it."
            ) from error
        tf.config.list_physical_devices()  # looks for the CUDA driver, and says so where there is none


def use_threads(threads: int | None) -> None:
    """Import TensorFlow quietly, and have it use so many cores; without effect where it works in this process already.

    Args:
        threads: None for all cores.

    Raises:
        BoxwrightError: TensorFlow is not installed or cannot be loaded.
    """
    quiet_tensorflow()
    if threads is None:
        return
    import tensorflow as tf

    with suppress(RuntimeError):  # it has begun to work: its threads are there
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
