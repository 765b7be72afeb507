"""The warning about batch normalization's moving statistics."""

from __future__ import annotations

import numpy as np

from boxwright.training.optimization.batch_norm_advice import statistics_advice


def test_too_few_steps_for_the_moving_statistics_are_said() -> None:
    assert statistics_advice(0.97, 600) == ""
    assert statistics_advice(0.9997, 200_000) == ""
    advice = statistics_advice(0.9997, 30)
    assert "99% of the moving statistics" in advice
    assert "train 7700 steps or more, or write decay: 0.97" in advice  # 0.9997^7675 = 0.1
    for decay in (0.97, float(np.float32(0.97))):
        assert statistics_advice(decay, 40).endswith("train 100 steps or more.")  # it has that decay already
