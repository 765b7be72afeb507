"""`--batch-size auto`: the largest batch that fits, by measuring two small ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf
from tensorflow.python.client import device_lib  # the only place where TensorFlow tells a GPU's memory

from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.errors import UsageError
from boxwright.pipeline import messages
from boxwright.progress import Reporter
from boxwright.runs.record import read_run
from boxwright.training.errors import TrainingError
from boxwright.training.hardware.determinism import is_deterministic, make_deterministic
from boxwright.training.hardware.precision import check_precision
from boxwright.training.reporting.log import Log
from boxwright.training.settings import Settings
from boxwright.training.step import TrainStep

SIZES = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
MOST_ON_CPU = 32  # a CPU is at its full speed long before
PROBES = (2, 4)  # images; the difference tells what one takes
USED_SHARE = {"CPU": 0.7, "GPU": 0.9}  # of what is free; the rest is for input, evaluation and other programs
MIB = 1 << 20


def choose_batch_size(
    pipeline_config: messages.TrainEvalPipelineConfig, train_dir: Path, settings: Settings, reporter: Reporter
) -> int:
    """Return the batch size of the run that continues, else the largest that memory holds.

    Args:
        pipeline_config: The configuration.
        train_dir: The run's folder.
        settings: Of the run; each of its devices takes what one was measured to hold.
        reporter: Gets a line with the result.

    Raises:
        UsageError: Several workers would each measure for themselves.
        TrainingError: Not even one image fits, or this system does not tell what memory is used.
    """
    log = Log(reporter)
    record = read_run(train_dir)
    if record and record.step and record.batch_size:
        log(f"batch size {record.batch_size}, as before the resume")
        return record.batch_size
    if os.environ.get("TF_CONFIG"):
        raise UsageError("--batch-size auto: with several workers (TF_CONFIG) give a number, the same on all of them.")
    make_deterministic(
        0, is_deterministic(train_dir, settings.deterministic)
    )  # before TensorFlow begins to work, or the run cannot be
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    used, free = (_gpu_peak, _gpu_limit()) if kind == "GPU" else (_process_peak, _free_memory())
    used()  # what came before does not count
    before = used()
    peaks = [_peak(pipeline_config, size, settings, used) - before for size in PROBES]
    each = max(1, (peaks[1] - peaks[0]) // (PROBES[1] - PROBES[0]))
    size = largest_that_fits(
        peaks[0] - PROBES[0] * each, each, int(free * USED_SHARE[kind]), MOST_ON_CPU if kind == "CPU" else SIZES[-1]
    )
    log(
        f"batch size {size} a device: an image takes about {each // MIB:,} MiB, {free // MIB:,} MiB are free, and "
        f"{USED_SHARE[kind]:.0%} of them may be used"
    )
    return size * (settings.devices or 1)


def largest_that_fits(base: int, each: int, budget: int, most: int) -> int:
    """Return the largest of SIZES that fits.

    Args:
        base: Bytes that a step takes whatever its batch.
        each: Bytes for each image.
        budget: Bytes that may be used.
        most: Images.

    Raises:
        TrainingError: Not even one image fits.
    """
    fitting = [size for size in SIZES if size <= most and max(base, 0) + size * each <= budget]
    if not fitting:
        raise TrainingError(
            f"--batch-size auto: not even one image fits: a step takes {(max(base, 0) + each) // MIB:,} MiB, and "
            f"{budget // MIB:,} MiB may be used. Close other programs, or use a smaller image_resizer or "
            "depth_multiplier."
        )
    return max(fitting)


def _peak(
    pipeline_config: messages.TrainEvalPipelineConfig, size: int, settings: Settings, used: Callable[[], int]
) -> int:
    """Return the bytes at the worst moment of a step on `size` grey images."""
    model = SsdModel(pipeline_config.model)
    model.compute_dtype = check_precision(settings.precision)
    step = TrainStep(model, pipeline_config.train_config, xla=settings.xla)
    one = model.target_assigner.assign(tf.constant([[0.2, 0.2, 0.7, 0.7]]), tf.constant([0]))
    targets = Targets(*(tf.stack([target] * size) for target in one))
    try:
        step(tf.zeros([size, *model.image_size, 3]), targets, 0.0)
    except tf.errors.ResourceExhaustedError as error:
        raise TrainingError(
            f"--batch-size auto: not even {size} images fit into memory. Close other programs, or try --batch-size 1."
        ) from error
    return used()


def _gpu_peak() -> int:
    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])


def _gpu_limit() -> int:
    return next(int(device.memory_limit) for device in device_lib.list_local_devices() if device.device_type == "GPU")


def _process_peak() -> int:
    """Return the most that this process has had in memory since this was last asked."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here on
    except (OSError, StopIteration):
        raise _not_measurable() from None
    return peak


def _free_memory() -> int:
    """Return the bytes that programs may still take without swapping."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        raise _not_measurable() from None


def _not_measurable() -> TrainingError:
    return TrainingError(
        "--batch-size auto: without a GPU only Linux tells how much memory a step takes. Give a number of images."
    )
