"""How long a training step takes on this machine, measured before there is a training."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.training.step import TrainStep

STEPS = 3


class StepTime(NamedTuple):
    """What a training costs in time.

    Attributes:
        first: Seconds from nothing to the end of the first step, which builds the graph.
        each: Median seconds of the steps after it.
    """

    first: float
    each: float


def measure_step(config: Any, *, steps: int = STEPS) -> StepTime:
    """Train a few steps on noise, whose cost is that of photographs: the pixels do not decide it.

    Args:
        config: TrainEvalPipelineConfig; its batch size counts.
        steps: How many are timed.
    """
    began = time.perf_counter()
    model = SsdModel(config.model)
    train_step = TrainStep(model, config.train_config)
    random = np.random.default_rng(0)
    batch = config.train_config.batch_size
    images = model.preprocess(tf.constant(random.uniform(0, 255, [batch, *model.image_size, 3]), tf.float32))
    targets = Targets(
        *(tf.stack(parts) for parts in zip(*(_targets(model, random) for _ in range(batch)), strict=True))
    )
    taken: list[float] = []
    for _ in range(steps + 1):
        train_step(images, targets, 0.0)
        taken.append(time.perf_counter() - began - sum(taken))
    return StepTime(taken[0], float(np.median(taken[1:])))


def _targets(model: SsdModel, random: np.random.Generator) -> Targets:
    corner = random.uniform(0.0, 0.5, [2, 2]).astype(np.float32)
    return model.target_assigner.assign(tf.constant(np.concatenate([corner, corner + 0.4], 1)), tf.zeros([2], tf.int32))
