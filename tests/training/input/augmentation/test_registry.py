"""The steps that are built are the steps that the check of a config lets through."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from augmentation_cases import CASES, FOLDER, option, picture
from boxwright.pipeline.support.supported_augmentation import STEPS as SUPPORTED
from boxwright.training.errors import TrainingError
from boxwright.training.input.augmentation import Example, build_augmentation
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


@pytest.mark.parametrize(
    "text",
    [
        "random_image_scale { min_scale_ratio: 0.01 max_scale_ratio: 0.02 }",
        "random_downscale_to_target_pixels { min_target_pixels: 1 max_target_pixels: 2 }",
        "random_crop_to_aspect_ratio { aspect_ratio: 0.01 }",
        "random_scale_crop_and_pad_to_square { output_size: 4 scale_min: 0.01 scale_max: 0.02 }",
        "random_square_crop_by_scale { scale_min: 0.01 scale_max: 0.02 max_border: 0 }",
    ],
)
def test_an_image_keeps_a_pixel(text: str) -> None:
    """An empty image would stop the training much later, when it is resized."""
    image = tf.zeros([3, 90, 3], tf.uint8)
    example = Example(image, tf.zeros([0, 4]), tf.zeros([0], tf.int32), tf.zeros([0]))
    out = build_augmentation([option(text)])(example, tf.constant([1, 2]))
    assert min(out.image.shape[:2]) >= 1
