"""What the network computes in while it trains: float32, bfloat16 or float16, and what this machine can do.

Source of loss scaling: Micikevicius et al., Mixed Precision Training, 2018. Variables, losses, box coding, suppression,
updates and everything in a checkpoint stay float32.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from boxwright.errors import UsageError
from boxwright.training.errors import TrainingError
from boxwright.training.settings import PRECISIONS

ANYWAY = "BOXWRIGHT_PRECISION_ANYWAY"
"""Environment variable; when it is set, a precision that the hardware lacks is computed all the same, slowly."""

FIRST_SCALE = 2.0**15
GROWS_AFTER = 1000  # steps in a row without an overflow
_CPU_FLAGS = {"bfloat16": ("avx512_bf16", "amx_bf16"), "float16": ("avx512_fp16", "amx_fp16")}
_GPU_CAPABILITY = {"bfloat16": (8, 0), "float16": (7, 0)}  # Ampere; Volta: the first with tensor cores for it


def check_precision(precision: str, *, cpuinfo: Path = Path("/proc/cpuinfo")) -> tf.DType:
    """Return the type for a precision.

    Args:
        precision: One of PRECISIONS.
        cpuinfo: Where Linux lists what the CPU can do.

    Raises:
        UsageError: There is no such precision.
        TrainingError: The hardware would only emulate it, which is slower than float32.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"There is no precision {precision!r}. Choose one of: {', '.join(PRECISIONS)}.")
    if precision != "float32" and not os.environ.get(ANYWAY):
        lack = _lack_of_gpus(precision) if tf.config.list_physical_devices("GPU") else _lack_of_cpu(precision, cpuinfo)
        if lack:
            raise TrainingError(
                f"--precision {precision}: {lack}, so it would be emulated, slower than float32 and less exact. Leave "
                f"--precision out; or set {ANYWAY}=1 to compute in it all the same."
            )
    return tf.dtypes.as_dtype(precision)


def _lack_of_gpus(precision: str) -> str:
    least = _GPU_CAPABILITY[precision]
    for gpu in tf.config.list_physical_devices("GPU"):
        capability = tf.config.experimental.get_device_details(gpu).get("compute_capability")
        if capability is not None and tuple(capability) < least:
            has, first = (".".join(map(str, numbers)) for numbers in (capability, least))
            return f"the GPU has compute capability {has}, and {first} is the first that computes in it"
    return ""


def _lack_of_cpu(precision: str, cpuinfo: Path) -> str:
    flags = _CPU_FLAGS[precision]
    try:
        lines = (line for line in cpuinfo.read_text().splitlines() if line.startswith(("flags", "Features")))
        has = set(next(lines, "").partition(":")[2].split())
    except OSError:
        return f"it cannot be seen whether this CPU computes in it ({' or '.join(flags)})"
    return "" if has.intersection(flags) else f"this CPU has neither {' nor '.join(flags)}"


class LossScale:
    """Multiplies the loss so that gradients do not vanish in float16; halves when they overflow, doubles in time.

    Make it in the scope of the distribution strategy.

    Attributes:
        variables: Its state, by checkpoint name.
    """

    def __init__(self) -> None:
        self.variables = {
            "loss_scale/scale": tf.Variable(FIRST_SCALE, trainable=False, name="loss_scale/scale"),
            "loss_scale/good_steps": tf.Variable(0.0, trainable=False, name="loss_scale/good_steps"),
        }
        self._scale, self._good_steps = self.variables.values()

    def scale(self, loss: tf.Tensor) -> tf.Tensor:
        """Return the loss to take gradients of."""
        return loss * self._scale

    def unscale(self, gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Return the gradients of the loss itself."""
        return [gradient / self._scale for gradient in gradients]

    def guard(self, norm: tf.Tensor, update: Callable[[], Any]) -> tf.Tensor:
        """Update if the gradients are finite, and move the scale.

        Args:
            norm: Of all gradients together; the same on every replica.
            update: Updates the variables.

        Returns:
            float32 scalar, 1 when the update was skipped. At a scale of 1 nothing is left to halve: then the overflow
            is not float16's, and 0 is returned with nothing updated.
        """
        finite = tf.math.is_finite(norm)
        scale, good_steps = tf.convert_to_tensor(self._scale), tf.convert_to_tensor(self._good_steps) + 1.0

        def good() -> tf.Tensor:
            update()
            grows = good_steps >= GROWS_AFTER
            return tf.stack([tf.where(grows, scale * 2.0, scale), tf.where(grows, 0.0, good_steps), 0.0])

        def overflow() -> tf.Tensor:
            return tf.stack([tf.maximum(scale / 2.0, 1.0), 0.0, tf.cast(scale > 1.0, tf.float32)])

        new_scale, new_good_steps, skipped = tf.unstack(tf.cond(finite, good, overflow))
        for variable, value in ((self._scale, new_scale), (self._good_steps, new_good_steps)):
            tf.raw_ops.AssignVariableOp(resource=variable.handle, value=value)
        return skipped
