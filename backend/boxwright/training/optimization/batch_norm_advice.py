"""A warning where batch normalization's moving statistics would stay unfinished."""

from __future__ import annotations

import math

STATISTICS_LEFT = 0.1  # share of the moving statistics' start value that does no harm
SHORT_RUN_DECAY = 0.97  # of the moving statistics in the preset small


def statistics_advice(decay: float, num_steps: int) -> str:
    """Return a warning when so many steps from random weights leave batch norm's moving statistics unfinished.

    Training normalises by the batch's statistics, evaluation and detection by the moving ones, of which
    decay^num_steps is still the start value.

    Args:
        decay: Of the moving statistics.
        num_steps: Of the whole run.

    Returns:
        "" when at most a tenth is left.
    """
    left = decay**num_steps
    if left <= STATISTICS_LEFT:
        return ""
    enough = math.ceil(math.log(STATISTICS_LEFT) / math.log(decay) / 100) * 100
    remedy = f"From random weights train {enough} steps or more"
    if decay > SHORT_RUN_DECAY + 1e-6:  # the config's is a float32
        remedy += (
            f", or write decay: {SHORT_RUN_DECAY:g} and override_base_feature_extractor_hyperparams: true in "
            "pipeline.config, as in the preset small"
        )
    return (
        f"WARNING: batch_norm decay {decay:g} over {num_steps} steps leaves {left:.0%} of the moving statistics at "
        "their start value, so evaluation and detection will not see what training sees, whatever the loss. "
        f"{remedy}."
    )
