"""How long a training step takes on this machine, measured without a training."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.pipeline import messages
from boxwright.training.step import TrainStep

STEPS = 3
QUIET = 0.75  # share of the processors from which on nothing else keeps them busy
_BLOCK = bytes(1 << 20)
_BLOCKS = 60  # of hashing a processor: about 0.1 s


class StepTime(NamedTuple):
    """What a training costs in time.

    Attributes:
        first: Seconds from nothing to the end of the first step, which builds the graph.
        each: Median seconds of the steps after it.
        is_quiet: Whether the machine had nothing else to do, before as well as after.
    """

    first: float
    each: float
    is_quiet: bool


def measure_step(pipeline_config: messages.TrainEvalPipelineConfig, *, steps: int = STEPS) -> StepTime:
    """Train a few steps on noise, whose cost is that of photographs: the pixels do not decide it.

    Args:
        pipeline_config: The configuration; its batch size counts.
        steps: How many are timed.
    """
    quiet_before = free_share() >= QUIET
    began = time.perf_counter()
    model = SsdModel(pipeline_config.model)
    train_step = TrainStep(model, pipeline_config.train_config)
    random = np.random.default_rng(0)
    batch = pipeline_config.train_config.batch_size
    images = model.preprocess(tf.constant(random.uniform(0, 255, [batch, *model.image_size, 3]), tf.float32))
    targets = Targets(*(tf.stack(one) for one in zip(*(_targets(model, random) for _ in range(batch)), strict=True)))
    taken: list[float] = []
    for _ in range(steps + 1):
        float(train_step(images, targets, 0.0).total_loss)  # a GPU computes only when the value is asked for
        taken.append(time.perf_counter() - began - sum(taken))
    return StepTime(taken[0], float(np.median(taken[1:])), quiet_before and free_share() >= QUIET)


def free_share() -> float:
    """Return how much of all processors we get when we ask for all, in [0, 1]."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = [threading.Thread(target=_work) for _ in range(count)]
    began, used = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return min(1.0, (time.process_time() - used) / (count * (time.perf_counter() - began)))


def _work() -> None:
    digest = hashlib.sha256()
    for _ in range(_BLOCKS):
        digest.update(_BLOCK)  # Python's lock is not held meanwhile


def _targets(model: SsdModel, random: np.random.Generator) -> Targets:
    corner = random.uniform(0.0, 0.5, [2, 2]).astype(np.float32)
    return model.target_assigner.assign(tf.constant(np.concatenate([corner, corner + 0.4], 1)), tf.zeros([2], tf.int32))
