"""Updates, slots and shadows, against one step of the original stack and against the textbook."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from boxwright.checkpoints.bundle import read_bundle
from boxwright.training.errors import TrainingError
from boxwright.training.optimization.gradients import adjust_gradients, select_trainable
from boxwright.training.optimization.optimizers import Adam, Momentum, MovingAverage, RMSProp


@pytest.fixture(scope="module")
def one_step(golden: Path) -> dict[str, np.ndarray]:
    return dict(np.load(golden / "ssd_inception_v2_a" / "one_step.npz"))


def test_rmsprop_and_moving_average_make_the_originals_step(one_step: dict[str, np.ndarray], golden: Path) -> None:
    start = read_bundle(golden / "ssd_inception_v2_a" / "model.ckpt-0")
    gradients = {key.removeprefix("grad/"): value for key, value in one_step.items() if key.startswith("grad/")}
    variables = {name: tf.Variable(start[name]) for name in gradients}
    optimizer = RMSProp(variables, decay=0.9, momentum=0.9, epsilon=1.0)
    average = MovingAverage(variables, decay=0.9999)

    optimizer.apply({name: tf.constant(value) for name, value in gradients.items()}, tf.constant(0.004))
    average.update()

    after = {**variables, **optimizer.slots, **average.shadows}
    expected = {key.removeprefix("after/"): v for key, v in one_step.items() if "/moving_" not in key}
    compared = sorted(set(expected) & set(after))
    assert len(compared) == 4 * len(variables) > 40
    for name in compared:
        np.testing.assert_allclose(after[name].numpy(), expected[name], rtol=1e-6, atol=1e-8, err_msg=name)


def steps(optimizer_class, start: np.ndarray, gradients: list[np.ndarray], **settings: float):
    variables = {"v": tf.Variable(start)}
    optimizer = optimizer_class(variables, **settings)
    for gradient in gradients:
        optimizer.apply({"v": tf.constant(gradient)}, tf.constant(0.01))
    return variables["v"].numpy(), optimizer.slots


START = np.array([1.0, -2.0, 3.0], np.float32)
GRADIENTS = [np.array(g, np.float32) for g in ([0.1, -0.5, 2.0], [0.3, 0.2, -1.0], [0.0, 1.0, 0.5])]


def test_momentum() -> None:
    value, slots = steps(Momentum, START, GRADIENTS, momentum=0.9)
    expected, accumulated = START.astype(float), np.zeros(3)
    for gradient in GRADIENTS:
        accumulated = 0.9 * accumulated + gradient
        expected = expected - 0.01 * accumulated
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    np.testing.assert_allclose(slots["v/Momentum"].numpy(), accumulated, rtol=1e-6)


def test_adam() -> None:
    value, slots = steps(Adam, START, GRADIENTS, epsilon=1e-3)
    expected, m, v = START.astype(float), np.zeros(3), np.zeros(3)
    for t, gradient in enumerate(GRADIENTS, start=1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        rate = 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        expected = expected - rate * m / (np.sqrt(v) + 1e-3)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    np.testing.assert_allclose(slots["v/Adam"].numpy(), m, rtol=1e-5)
    np.testing.assert_allclose(slots["v/Adam_1"].numpy(), v, rtol=1e-4)
    assert set(slots) == {"v/Adam", "v/Adam_1", "beta1_power", "beta2_power"}
    np.testing.assert_allclose(slots["beta1_power"].numpy(), 0.9**4, rtol=1e-6)


def test_slots_carry_a_run_on() -> None:
    whole, _ = steps(RMSProp, START, GRADIENTS, decay=0.9, momentum=0.9, epsilon=1.0)
    half, slots = steps(RMSProp, START, GRADIENTS[:2], decay=0.9, momentum=0.9, epsilon=1.0)
    resumed = RMSProp({"v": tf.Variable(half)}, decay=0.9, momentum=0.9, epsilon=1.0)
    for name, slot in resumed.slots.items():
        slot.assign(slots[name])
    resumed.apply({"v": tf.constant(GRADIENTS[2])}, tf.constant(0.01))
    np.testing.assert_array_equal(resumed.variables["v"].numpy(), whole)


def test_moving_average_restarts_from_restored_weights() -> None:
    variables = {"v": tf.Variable(START)}
    average = MovingAverage(variables, decay=0.9)
    variables["v"].assign(2 * START)
    average.update()
    np.testing.assert_allclose(average.shadows["v/ExponentialMovingAverage"].numpy(), 1.1 * START, rtol=1e-6)
    average.restart()
    np.testing.assert_array_equal(average.shadows["v/ExponentialMovingAverage"].numpy(), 2 * START)


NAMES = ["FeatureExtractor/Conv/weights", "FeatureExtractor/Conv/biases", "BoxPredictor_0/weights"]


def train_config(**fields: object) -> SimpleNamespace:
    defaults = {
        "freeze_variables": [],
        "update_trainable_variables": [],
        "bias_grad_multiplier": 0.0,
        "gradient_clipping_by_norm": 0.0,
    }
    return SimpleNamespace(**{**defaults, **fields})


def test_freeze_variables_matches_from_the_start_of_the_name() -> None:
    assert select_trainable(NAMES, train_config(freeze_variables=["FeatureExtractor/"])) == [NAMES[2]]
    assert select_trainable(NAMES, train_config(freeze_variables=["Conv"])) == sorted(NAMES)
    assert select_trainable(NAMES, train_config(update_trainable_variables=["biases"])) == [NAMES[1]]


@pytest.mark.parametrize("expression", [".*", "(", "FeatureExtractor|BoxPredictor"])
def test_freezing_everything_or_nonsense_is_refused(expression: str) -> None:
    with pytest.raises(TrainingError, match="freeze_variables"):
        select_trainable(NAMES, train_config(freeze_variables=[expression]))


def test_gradients_are_multiplied_then_clipped_each_by_its_own_norm() -> None:
    gradients = {name: tf.constant([3.0, 4.0]) for name in NAMES}
    out = adjust_gradients(gradients, train_config(bias_grad_multiplier=0.1, gradient_clipping_by_norm=1.0))
    np.testing.assert_allclose(out[NAMES[0]], [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(out[NAMES[1]], [0.3, 0.4], rtol=1e-6)
    assert adjust_gradients(gradients, train_config()) == gradients
