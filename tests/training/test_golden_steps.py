"""Training steps against the original stack, update for update."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.checkpoints.bundle import read_bundle
from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.pipeline.load import load_pipeline
from boxwright.training.step import StepResult, TrainStep

STEPS = 15
Values = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def folder(golden: Path) -> Path:
    return golden / "ssd_inception_v2_a"


@pytest.fixture(scope="module")
def step(folder: Path) -> TrainStep:
    """A step on the golden checkpoint, whose shadows start from its weights as the original's run did."""
    config = load_pipeline(folder / "pipeline.config")
    model = SsdModel(config.model)
    bundle = read_bundle(folder / "model.ckpt-0")
    for name, variable in model.variables_by_name.items():
        variable.assign(bundle[name])
    made = TrainStep(model, config.train_config)
    assert made.average is not None
    made.average.restart()
    return made


@pytest.fixture(scope="module")
def start(step: TrainStep) -> Values:
    """Every variable before the first step."""
    return {name: variable.numpy() for name, variable in step.variables_by_name().items()}


def batch(step: TrainStep, folder: Path, number: int) -> tuple[tf.Tensor, Targets]:
    arrays = np.load(folder / "train_batches.npz")
    images = step.model.preprocess(tf.constant(arrays[f"batch{number}_images_uint8"]))
    assigned = [
        step.model.target_assigner.assign(
            tf.constant(arrays[f"batch{number}_gt_boxes_{i}"]), tf.constant(arrays[f"batch{number}_gt_classes0_{i}"])
        )
        for i in range(len(images))
    ]
    return images, Targets(*(tf.stack(parts) for parts in zip(*assigned, strict=True)))


def run(step: TrainStep, folder: Path, start: Values, rates: np.ndarray) -> tuple[list[StepResult], Values]:
    """Make one step for each rate from the start; return their results, and every variable after the last."""
    named = step.variables_by_name()
    for name, value in start.items():
        named[name].assign(value)
    batches = [batch(step, folder, number) for number in range(3)]
    results = [step(*batches[number % 3], rate) for number, rate in enumerate(rates)]
    return results, {name: variable.numpy() for name, variable in named.items()}


@pytest.fixture(scope="module")
def after(step: TrainStep, folder: Path, start: Values) -> Values:
    """Every variable after one step."""
    return run(step, folder, start, np.array([0.004], np.float32))[1]


def test_one_step_leaves_what_the_originals_leaves(folder: Path, start: Values, after: Values) -> None:
    one_step = np.load(folder / "one_step.npz")
    originals = {key.removeprefix("after/"): one_step[key] for key in one_step if key.startswith("after/")}
    assert len(originals) > 70
    for name, expected in originals.items():
        base = start[name.removesuffix("/ExponentialMovingAverage")]
        # what the step changed, against how much it changed: the values themselves hardly move
        origin = {"RMSProp": 1.0, "RMSProp_1": 0.0}.get(name.rpartition("/")[2], base)
        scale = np.abs(expected - origin).max()
        np.testing.assert_allclose(
            after[name] - origin,
            expected - origin,
            atol=2e-3 * scale + 2e-7 * np.abs(expected).max(),
            err_msg=name,
        )


def test_gradients_equal_the_originals(folder: Path, after: Values) -> None:
    one_step = np.load(folder / "one_step.npz")
    noise = json.loads((folder / "meta.json").read_text())["forward_perturb1e7_maxabs"]["grad_rel_l2"]
    names = [key.removeprefix("grad/") for key in one_step if key.startswith("grad/")]
    assert len(names) > 15
    for name in names:
        # the first momentum is rate * g / sqrt(ms + 1), so the slots tell the gradient
        gradient = after[f"{name}/RMSProp_1"] * np.sqrt(after[f"{name}/RMSProp"] + 1) / 0.004
        expected = one_step[f"grad/{name}"]
        distance = np.linalg.norm(gradient - expected) / np.linalg.norm(expected)
        assert distance < max(10 * noise[f"grad/{name}"], 1e-4), (name, distance)


def test_fifteen_steps_follow_the_originals_losses(step: TrainStep, folder: Path, start: Values) -> None:
    trajectory = np.load(folder / "trajectory_constant.npz")
    log = trajectory["log"]
    assert len(log) == STEPS
    results, after = run(step, folder, start, log[:, 4])
    ours = np.array(results)
    np.testing.assert_allclose(ours[:, 0], log[:, 0], rtol=2e-4, err_msg="total loss")
    np.testing.assert_allclose(ours[:, 1:3], log[:, 1:3], rtol=3e-4, err_msg="localization, classification")
    np.testing.assert_allclose(ours[:, 3], log[:, 3], rtol=1e-5, err_msg="regularization")
    # in the last step one kink (a ReLU6 or a pooling tie) falls on the other split: 0.5% of the gradient, no loss
    np.testing.assert_allclose(ours[:-1, 4], log[:-1, 5], rtol=5e-4, err_msg="gradient norm")
    np.testing.assert_allclose(ours[-1, 4], log[-1, 5], rtol=2e-2, err_msg="gradient norm of the last step")
    for key in (key for key in trajectory if key.startswith("final/")):
        expected, got = trajectory[key], after[key.removeprefix("final/")]
        slot = key.rpartition("/")[2]
        origin, tolerance = {"RMSProp": (1.0, 5e-3), "RMSProp_1": (0.0, 0.1)}.get(slot, (0.0, 1e-3))
        distance = np.linalg.norm(got - expected) / np.linalg.norm(expected - origin)
        assert distance < tolerance, (key, distance)


def test_a_checkpoint_holds_the_originals_names_and_no_other(folder: Path, step: TrainStep) -> None:
    names = json.loads((folder / "meta.json").read_text())["all_training_variable_names"]
    assert sorted([*step.variables_by_name(), "global_step"]) == names
