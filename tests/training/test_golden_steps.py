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


@pytest.fixture(scope="module")
def folder(golden: Path) -> Path:
    return golden / "ssd_inception_v2_a"


def new_step(folder: Path, optimizer_text: str = "") -> TrainStep:
    """Return a step on the golden checkpoint, whose shadows start from its weights as the original's run did."""
    from google.protobuf import text_format

    config = load_pipeline(folder / "pipeline.config")
    if optimizer_text:
        config.train_config.ClearField("optimizer")
        text_format.Parse(optimizer_text, config.train_config.optimizer)
    model = SsdModel(config.model)
    bundle = read_bundle(folder / "model.ckpt-0")
    for name, variable in model.variables_by_name.items():
        variable.assign(bundle[name])
    step = TrainStep(model, config.train_config)
    assert step.average is not None
    step.average.restart()
    return step


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


def run(step: TrainStep, folder: Path, rates: np.ndarray) -> list[StepResult]:
    batches = [batch(step, folder, number) for number in range(3)]
    return [step(*batches[number % 3], rate) for number, rate in enumerate(rates)]


@pytest.fixture(scope="module")
def stepped(folder: Path) -> tuple[dict[str, np.ndarray], TrainStep]:
    """The golden checkpoint's values, and the step object after one step from them."""
    step = new_step(folder)
    before = {name: variable.numpy() for name, variable in step.model.variables_by_name.items()}
    run(step, folder, np.array([0.004], np.float32))
    return before, step


def test_one_step_leaves_what_the_originals_leaves(folder: Path, stepped) -> None:
    before, step = stepped
    one_step = np.load(folder / "one_step.npz")
    after = {key.removeprefix("after/"): one_step[key] for key in one_step if key.startswith("after/")}
    ours = step.variables_by_name()
    assert len(after) > 70
    for name, expected in after.items():
        base = next(v for n, v in before.items() if name == n or name.startswith(f"{n}/"))
        # what the step changed, against how much it changed: the values themselves hardly move
        start = {"RMSProp": 1.0, "RMSProp_1": 0.0}.get(name.rpartition("/")[2], base)
        scale = np.abs(expected - start).max()
        np.testing.assert_allclose(
            ours[name].numpy() - start,
            expected - start,
            atol=2e-3 * scale + 2e-7 * np.abs(expected).max(),
            err_msg=name,
        )


def test_gradients_equal_the_originals(folder: Path, stepped) -> None:
    _, step = stepped
    one_step = np.load(folder / "one_step.npz")
    noise = json.loads((folder / "meta.json").read_text())["forward_perturb1e7_maxabs"]["grad_rel_l2"]
    names = [key.removeprefix("grad/") for key in one_step if key.startswith("grad/")]
    assert len(names) > 15
    for name in names:
        slots = step.optimizer.slots
        # the first momentum is rate * g / sqrt(ms + 1), so the slots tell the gradient
        gradient = slots[f"{name}/RMSProp_1"].numpy() * np.sqrt(slots[f"{name}/RMSProp"].numpy() + 1) / 0.004
        expected = one_step[f"grad/{name}"]
        distance = np.linalg.norm(gradient - expected) / np.linalg.norm(expected)
        assert distance < max(10 * noise[f"grad/{name}"], 1e-4), (name, distance)


def test_fifteen_steps_follow_the_originals_losses(folder: Path) -> None:
    trajectory = np.load(folder / "trajectory_constant.npz")
    log = trajectory["log"]
    assert len(log) == STEPS
    meta = json.loads((folder / "meta.json").read_text())["trajectories"]["constant"]
    step = new_step(folder, meta["learning_rate"])
    ours = np.array(run(step, folder, log[:, 4]))
    np.testing.assert_allclose(ours[:, 0], log[:, 0], rtol=2e-4, err_msg="total loss")
    np.testing.assert_allclose(ours[:, 1:3], log[:, 1:3], rtol=3e-4, err_msg="localization, classification")
    np.testing.assert_allclose(ours[:, 3], log[:, 3], rtol=1e-5, err_msg="regularization")
    # in the last step one kink (a ReLU6 or a pooling tie) falls on the other split: 0.5% of the gradient, no loss
    np.testing.assert_allclose(ours[:-1, 4], log[:-1, 5], rtol=5e-4, err_msg="gradient norm")
    np.testing.assert_allclose(ours[-1, 4], log[-1, 5], rtol=2e-2, err_msg="gradient norm of the last step")
    named = step.variables_by_name()
    for key in (key for key in trajectory if key.startswith("final/")):
        expected, got = trajectory[key], named[key.removeprefix("final/")].numpy()
        slot = key.rpartition("/")[2]
        start, tolerance = {"RMSProp": (1.0, 5e-3), "RMSProp_1": (0.0, 0.1)}.get(slot, (0.0, 1e-3))
        distance = np.linalg.norm(got - expected) / np.linalg.norm(expected - start)
        assert distance < tolerance, (key, distance)


def test_a_checkpoint_holds_the_originals_names_and_no_other(folder: Path, stepped) -> None:
    names = json.loads((folder / "meta.json").read_text())["all_training_variable_names"]
    assert sorted([*stepped[1].variables_by_name(), "global_step"]) == names
