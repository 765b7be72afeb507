"""The same run twice, bit for bit."""

from __future__ import annotations

import os
from pathlib import Path

import tensorflow as tf

from boxwright.checkpoints.store import latest_checkpoint
from boxwright.runs.record import RunRecord, read_run
from boxwright.training.errors import TrainingError

_THREADS = "TF_NUM_INTEROP_THREADS"
"""TensorFlow's environment variable."""


def is_deterministic(train_dir: Path, wanted: bool | None) -> bool:
    """Return whether a run is deterministic: as wanted; when that is None, as it was before if it resumes."""
    if wanted is not None:
        return wanted
    record = read_run(train_dir) or RunRecord()
    resumes = bool(record.step) or latest_checkpoint(train_dir) is not None  # only the chief worker has checkpoints
    return resumes and bool(record.deterministic)


def make_deterministic(seed: int, wanted: bool) -> None:
    """Have TensorFlow compute the same bits whenever it computes the same thing, in this process from now on.

    On a CPU enable_op_determinism alone is not enough: with two operations side by side two runs of the preset
    `small` differ in their first gradients, with oneDNN and without. So one operation runs at a time, on all cores.

    Args:
        seed: Of whatever is drawn from TensorFlow's global generator, also when nothing else is wanted.
        wanted: Whether to.

    Raises:
        TrainingError: TensorFlow has computed in another way already.
    """
    tf.random.set_seed(seed)
    if not wanted:
        return
    tf.config.experimental.enable_op_determinism()
    if tf.config.list_physical_devices("GPU"):
        return
    try:
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:  # too late: something was computed before
        one_by_one = tf.config.threading.get_inter_op_parallelism_threads() == 1 or os.environ.get(_THREADS) == "1"
        if not one_by_one:
            raise TrainingError(
                "deterministic: TensorFlow runs several operations side by side in this process already. Train in a "
                f"process of its own (boxwright train), or set {_THREADS}=1 before it starts."
            ) from error
