"""The steps that are built are the steps that the check of a config lets through."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from augmentation_cases import CASES, FOLDER, option, picture
from boxwright.pipeline.supported_augmentation import STEPS as SUPPORTED
from boxwright.training.errors import TrainingError
from boxwright.training.input.augmentation import build_augmentation
from boxwright.training.input.augmentation.registry import STEPS


def test_what_is_supported_is_built() -> None:
    assert set(STEPS) == {name for name, rule in SUPPORTED.items() if rule.reason}


@pytest.mark.parametrize("name", CASES)
def test_a_step_keeps_no_state(name: str) -> None:
    """State would end exact resume, and with op determinism it would take the input into the training step."""
    augmentation, example = build_augmentation([option(CASES[name])]), picture(np.load(FOLDER / "replays.npz"))
    traced = tf.function(lambda seed: tuple(augmentation(example, seed)), autograph=False)
    graph = traced.get_concrete_function(tf.TensorSpec([2], tf.int64)).graph
    stateful = {operation.type for operation in graph.get_operations() if operation.op_def.is_stateful}
    assert stateful <= {"Placeholder"}


@pytest.mark.parametrize("text", ["autoaugment_image {}", ""])
def test_another_step_is_an_error(text: str) -> None:
    with pytest.raises(TrainingError, match=r"is not supported\. Remove it, or use one of adjust_gamma"):
        build_augmentation([option(text)])
