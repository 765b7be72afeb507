"""Gradient accumulation over micro-batches, when memory does not hold a whole batch."""

from __future__ import annotations

from pathlib import Path

from boxwright.pipeline import messages
from boxwright.runs.record import read_run
from boxwright.training.errors import OutOfMemoryError, TrainingError
from boxwright.training.hardware.devices import Devices


def micro_batches_before(train_dir: Path, pipeline_config: messages.TrainEvalPipelineConfig) -> int:
    """Return into how many micro-batches a run that resumes cut its batches before; else 1."""
    record = read_run(train_dir)
    same_batch = record is not None and record.batch_size == pipeline_config.train_config.batch_size
    return record.micro_batches or 1 if record and same_batch else 1


def more_micro_batches(micro_batches: int, batch_size: int, devices: Devices, error: OutOfMemoryError) -> int:
    """Return the next number of micro-batches into which each device's batch can be cut.

    Raises:
        TrainingError: Each holds one image already, or other workers would have to cut theirs as well.
    """
    of_device = batch_size // (devices.workers * devices.replicas)
    finer = next((number for number in range(2 * micro_batches, of_device + 1) if of_device % number == 0), 0)
    if devices.workers > 1:
        raise TrainingError(
            f"{error} With several workers give --batch-size {batch_size // 2} on all of them."
        ) from error
    if not finer:
        raise TrainingError(
            f"{error} There is one image in each micro-batch already. Close other programs, train on the CPU "
            "(CUDA_VISIBLE_DEVICES=-1), or use a smaller image_resizer or depth_multiplier."
        ) from error
    return finer
