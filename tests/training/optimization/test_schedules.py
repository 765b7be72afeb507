"""Learning rates, float32-equal to the original stack's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from boxwright.training.errors import TrainingError
from boxwright.training.optimization.schedules import constant, cosine_decay, exponential_decay, manual_stepping

BOUNDARIES, RATES = [5, 20, 100], [0.01, 0.02, 0.001, 0.0001]
SCHEDULES = {
    "exp_staircase__base.004_every10_x0.95": exponential_decay(0.004, decay_steps=10, decay_factor=0.95),
    "exp_smooth__base.004_every10_x0.95": exponential_decay(0.004, decay_steps=10, decay_factor=0.95, staircase=False),
    "exp_staircase_burnin5at.0005_min.0038": exponential_decay(
        0.004,
        decay_steps=10,
        decay_factor=0.95,
        burnin_learning_rate=0.0005,
        burnin_steps=5,
        min_learning_rate=0.0038,
    ),
    "cosine_base.04_total200_warm.013333_20steps": cosine_decay(
        0.04, total_steps=200, warmup_learning_rate=0.013333, warmup_steps=20
    ),
    "cosine_base.04_total200_warm.013333_20steps_hold10": cosine_decay(
        0.04, total_steps=200, warmup_learning_rate=0.013333, warmup_steps=20, hold_base_rate_steps=10
    ),
    "manual_.01_then5:.02_20:.001_100:.0001": manual_stepping(BOUNDARIES, RATES),
    "manual_warmup_same": manual_stepping(BOUNDARIES, RATES, warmup=True),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_equal_the_originals(golden: Path, name: str) -> None:
    table = np.load(golden / "extras" / "lr_schedules.npz")
    ours = [SCHEDULES[name](int(step)) for step in table["steps"]]
    assert all(isinstance(rate, np.float32) for rate in ours)
    np.testing.assert_array_equal(np.array(ours), table[name])


def test_every_golden_schedule_is_compared(golden: Path) -> None:
    assert set(np.load(golden / "extras" / "lr_schedules.npz")) - {"steps"} == set(SCHEDULES)


def test_constant() -> None:
    assert constant(0.0004)(0) == constant(0.0004)(10**7) == np.float32(0.0004)


@pytest.mark.parametrize(
    "build",
    [
        lambda: manual_stepping([], [0.1]),
        lambda: manual_stepping([5, 5], [0.1, 0.2, 0.3]),
        lambda: manual_stepping([0], [0.1, 0.2]),
        lambda: cosine_decay(0.01, total_steps=100, warmup_learning_rate=0.02, warmup_steps=10),
        lambda: cosine_decay(0.01, total_steps=10, warmup_steps=10),
        lambda: exponential_decay(0.01, decay_steps=0, decay_factor=0.9),
    ],
)
def test_contradictions_are_refused(build) -> None:
    with pytest.raises(TrainingError):
        build()
