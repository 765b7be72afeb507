"""The same run twice, bit for bit."""

from __future__ import annotations

import tensorflow as tf

from boxwright.training.errors import TrainingError


def make_deterministic(seed: int, wanted: bool | None) -> bool:
    """Have TensorFlow compute the same bits whenever it computes the same thing, in this process from now on.

    On a CPU enable_op_determinism alone is not enough: with two operations side by side two runs of the preset
    `small` differ in their first gradients, with oneDNN and without. So one operation runs at a time, on all cores.

    Args:
        seed: Of whatever is still drawn from TensorFlow's global generator.
        wanted: None stands for yes on a CPU, where it costs little, and no on a GPU, where it costs speed.

    Returns:
        Whether it is so.

    Raises:
        TrainingError: It was wanted, but TensorFlow has begun to work in another way already.
    """
    tf.random.set_seed(seed)
    on_cpu = not tf.config.list_physical_devices("GPU")
    if wanted is False or (wanted is None and not on_cpu):
        return False
    tf.config.experimental.enable_op_determinism()
    if not on_cpu:
        return True
    try:
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:  # too late: something was computed before
        if wanted:
            raise TrainingError(
                "deterministic: TensorFlow runs several operations side by side in this process already. Train in a "
                "process of its own (boxwright train), or set TF_NUM_INTEROP_THREADS=1 before it starts."
            ) from error
    return tf.config.threading.get_inter_op_parallelism_threads() == 1
