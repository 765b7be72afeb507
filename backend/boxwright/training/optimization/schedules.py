"""Learning rates by the global step, float32-equal to the original API's.

The rate of step s is read before the step is counted: the update that leads from s to s + 1 uses schedule(s).
Every operation rounds to float32 where the original's tensors did, so that both runs see the same rates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from boxwright.pipeline import messages
from boxwright.training.errors import TrainingError

Schedule = Callable[[int], np.float32]
"""From the global step (0-based, before the update) to the learning rate."""


def build_schedule(learning_rate_config: messages.LearningRate) -> Schedule:
    """Return the schedule that a LearningRate message describes.

    Args:
        learning_rate_config: The `learning_rate` message.

    Raises:
        TrainingError: No schedule is set, or its values contradict each other.
    """
    kind = learning_rate_config.WhichOneof("learning_rate")
    if kind is None:
        raise TrainingError(
            "train_config.optimizer: learning_rate is empty, so there is no step size to train with. "
            "Add for example learning_rate { constant_learning_rate { learning_rate: 0.001 } } to it."
        )
    values = getattr(learning_rate_config, kind)
    if kind == "constant_learning_rate":
        return constant(values.learning_rate)
    if kind == "exponential_decay_learning_rate":
        return exponential_decay(
            values.initial_learning_rate,
            decay_steps=values.decay_steps,
            decay_factor=values.decay_factor,
            staircase=values.staircase,
            burnin_learning_rate=values.burnin_learning_rate,
            burnin_steps=values.burnin_steps,
            min_learning_rate=values.min_learning_rate,
        )
    if kind == "manual_step_learning_rate":
        return manual_stepping(
            [step.step for step in values.schedule],
            [values.initial_learning_rate, *(step.learning_rate for step in values.schedule)],
            warmup=values.warmup,
        )
    return cosine_decay(
        values.learning_rate_base,
        total_steps=values.total_steps,
        warmup_learning_rate=values.warmup_learning_rate,
        warmup_steps=values.warmup_steps,
        hold_base_rate_steps=values.hold_base_rate_steps,
    )


def constant(learning_rate: float) -> Schedule:
    """Return the schedule that never changes."""
    return lambda step: np.float32(learning_rate)


def exponential_decay(
    base: float,
    *,
    decay_steps: int,
    decay_factor: float,
    staircase: bool = True,
    burnin_learning_rate: float = 0.0,
    burnin_steps: int = 0,
    min_learning_rate: float = 0.0,
) -> Schedule:
    """Return base · decay_factor^((step - burnin_steps) / decay_steps), after a constant burn-in.

    Args:
        base: The rate after the burn-in.
        decay_steps: Steps over which the rate falls by `decay_factor`.
        decay_factor: Factor of one decay.
        staircase: Fall once every `decay_steps` instead of continuously.
        burnin_learning_rate: Rate of the burn-in; 0 means `base`.
        burnin_steps: Length of the burn-in, in steps.
        min_learning_rate: Lower bound, of the burn-in too.
    """
    if decay_steps <= 0:
        raise TrainingError(
            f"exponential_decay_learning_rate: decay_steps must be positive (got {decay_steps}). "
            "Set it to the number of steps after which the rate falls by decay_factor."
        )
    burnin = np.float32(burnin_learning_rate or base)

    def rate(step: int) -> np.float32:
        if step < burnin_steps:
            return max(burnin, np.float32(min_learning_rate))
        if staircase:
            power = float((step - burnin_steps) // decay_steps)
        else:  # the original's graph multiplies by the reciprocal; dividing is an ulp off in places
            power = float(np.float32(step - burnin_steps) * (np.float32(1) / np.float32(decay_steps)))
        # numpy's float32 power is an ulp off in places too; the rounded float64 one is the C library's
        decayed = np.float32(base) * np.float32(float(np.float32(decay_factor)) ** power)
        return max(np.float32(decayed), np.float32(min_learning_rate))

    return rate


def manual_stepping(boundaries: Sequence[int], rates: Sequence[float], *, warmup: bool = False) -> Schedule:
    """Return rates[i] between the boundaries i - 1 (included) and i (excluded).

    Args:
        boundaries: Steps at which the rate changes, positive and strictly increasing.
        rates: One more than boundaries.
        warmup: Go linearly from rates[0] to rates[1] over the steps before the first boundary.
    """
    if not boundaries:
        raise TrainingError(
            "manual_step_learning_rate: the schedule is empty. Add schedule { step: N learning_rate: R } "
            "entries, or use constant_learning_rate."
        )
    if boundaries[0] <= 0 or any(after <= before for before, after in pairwise(boundaries)):
        raise TrainingError(
            f"manual_step_learning_rate: the steps must be positive and strictly increasing "
            f"(got {list(boundaries)}). Sort the schedule entries and remove duplicates."
        )
    slope = (rates[1] - rates[0]) / boundaries[0]

    def rate(step: int) -> np.float32:
        if warmup and step < boundaries[0]:
            return np.float32(rates[0] + slope * step)
        return np.float32(rates[sum(step >= boundary for boundary in boundaries)])

    return rate


def cosine_decay(
    base: float,
    *,
    total_steps: int,
    warmup_learning_rate: float = 0.0,
    warmup_steps: int = 0,
    hold_base_rate_steps: int = 0,
) -> Schedule:
    """Return half a cosine from `base` to 0, after a linear warm-up and an optional hold (arXiv:1608.03983).

    Args:
        base: The rate at the end of the warm-up.
        total_steps: The step at which the rate reaches 0, warm-up and hold included.
        warmup_learning_rate: Rate of step 0, at most `base`.
        warmup_steps: Length of the warm-up, in steps.
        hold_base_rate_steps: Steps at `base` between the warm-up and the decay.
    """
    if warmup_steps and base < warmup_learning_rate:
        raise TrainingError(
            f"cosine_decay_learning_rate: warmup_learning_rate ({warmup_learning_rate:g}) is above "
            f"learning_rate_base ({base:g}). A warm-up rises to the base rate: lower the former or raise the "
            "latter."
        )
    flat_steps = warmup_steps + hold_base_rate_steps
    if total_steps <= flat_steps:
        raise TrainingError(
            f"cosine_decay_learning_rate: total_steps ({total_steps}) must exceed warmup_steps + "
            f"hold_base_rate_steps ({flat_steps}), or nothing is left to decay over. Raise total_steps."
        )
    slope = (base - warmup_learning_rate) / warmup_steps if warmup_steps else 0.0

    def rate(step: int) -> np.float32:
        if step > total_steps:
            return np.float32(0)
        if step < warmup_steps:
            return np.float32(slope) * np.float32(step) + np.float32(warmup_learning_rate)
        if hold_base_rate_steps and step <= flat_steps:
            return np.float32(base)
        done = np.float32(step - flat_steps)
        # the order of rounding of the original's optimised graph: pi times the reciprocal, then the step
        angle = done * (np.float32(math.pi) * (np.float32(1) / np.float32(total_steps - flat_steps)))
        return np.float32(0.5 * base) * (np.float32(1) + np.float32(math.cos(float(angle))))

    return rate
