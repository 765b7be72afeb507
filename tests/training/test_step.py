"""A step in micro-batches, in low precision, and one that overflows in float16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.errors import UsageError
from boxwright.training.errors import TrainingError
from boxwright.training.hardware.devices import Devices, find_devices
from boxwright.training.hardware.precision import FIRST_SCALE, GROWS_AFTER, check_precision
from boxwright.training.hardware.xla import check_xla
from boxwright.training.step import StepResult, TrainStep
from training_records import small_config

pytestmark = pytest.mark.usefixtures("tiny_network")


def new_step(*, dtype: tf.DType = tf.float32, frozen_norm: bool = False, **options: object) -> TrainStep:
    config = small_config()
    config.model.ssd.feature_extractor.conv_hyperparams.batch_norm.train = not frozen_norm
    model = SsdModel(config.model, seed=3)
    model.compute_dtype = dtype
    return TrainStep(model, config.train_config, **options)


def batch(step: TrainStep, size: int = 4) -> tuple[tf.Tensor, Targets]:
    random = np.random.default_rng(0)
    images = tf.constant(random.uniform(-1, 1, [size, 64, 64, 3]), tf.float32)
    boxes = [np.array([[0.1, 0.1 + 0.1 * number, 0.6, 0.5 + 0.1 * number]], np.float32) for number in range(size)]
    assigned = [step.model.target_assigner.assign(tf.constant(box), tf.constant([0])) for box in boxes[:-1]]
    assigned.append(step.model.target_assigner.assign(tf.zeros([0, 4]), tf.zeros([0], tf.int32)))  # a negative image
    return images, Targets(*(tf.stack(parts) for parts in zip(*assigned, strict=True)))


def run(step: TrainStep, count: int = 3) -> list[StepResult]:
    data = batch(step)
    return [step(*data, 0.002) for _ in range(count)]


def values(step: TrainStep) -> dict[str, np.ndarray]:
    return {name: variable.numpy() for name, variable in step.variables_by_name().items()}


def test_parts_add_up_to_the_batch() -> None:
    """With batch norm's statistics frozen, which see a part at a time, nothing else differs."""
    whole, in_four = new_step(frozen_norm=True), new_step(frozen_norm=True, micro_batches=4)
    np.testing.assert_allclose(np.array(run(in_four)), np.array(run(whole)), rtol=2e-5)
    expected = values(whole)
    for name, value in values(in_four).items():
        np.testing.assert_allclose(value, expected[name], atol=2e-6, rtol=2e-5, err_msg=name)


def step_on(strategy: tf.distribute.Strategy, *, parts: int) -> tuple[StepResult, dict[str, np.ndarray]]:
    """Make one step of a batch that the strategy's replicas share; return the result and every variable after it.

    Without momentum the slots are the gradients, and with a decay of 0 the moving statistics are the batch's.
    """
    config = small_config()
    config.train_config.optimizer.momentum_optimizer.momentum_optimizer_value = 0.0
    norm = config.model.ssd.feature_extractor.conv_hyperparams.batch_norm
    norm.decay, norm.train = 0.0, parts == 1  # a part would have statistics of its own
    with strategy.scope():
        step = TrainStep(SsdModel(config.model, seed=3), config.train_config, micro_batches=parts)
    images, targets = batch(step)
    replicas = strategy.num_replicas_in_sync

    def share(context: tf.distribute.ReplicaContext) -> tuple[tf.Tensor, Targets]:
        number = context.replica_id_in_sync_group
        return tf.split(images, replicas)[number], Targets(*(tf.split(one, replicas)[number] for one in targets))

    result = step(*strategy.experimental_distribute_values_from_function(share), 0.002)
    after = {}
    for name, variable in step.variables_by_name().items():
        after[name], *others = (copy.numpy() for copy in strategy.experimental_local_results(variable))
        assert all(np.array_equal(other, after[name]) for other in others), f"the replicas' copies of {name} differ"
    return result, after


@pytest.fixture(scope="module")
def replicas() -> tf.distribute.Strategy:
    """Two CPUs of this process; a process has one such strategy, as a second one would take the first one's keys."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.mark.parametrize("parts", [1, 2])
def test_two_replicas_make_the_step_of_one(replicas: tf.distribute.Strategy, parts: int) -> None:
    """Losses, gradients, batch statistics and weights; the replicas' own copies are equal to the bit.

    Other kernels and numbers of threads change each tensor by 1e-6 of its norm, 1 % of the limit. A sum over the
    replicas that is missing changes some tensors by 1e-2 or more.
    """
    expected, of_one = step_on(tf.distribute.OneDeviceStrategy("CPU:0"), parts=parts)
    result, of_two = step_on(replicas, parts=parts)
    np.testing.assert_allclose(np.array(result), np.array(expected), rtol=1e-5)
    for name, one in of_one.items():
        limit = 1e-4 * np.linalg.norm(one)
        distance = np.linalg.norm(of_two[name] - one)
        assert distance <= limit, f"{name} differs by {distance:.1e}, and {limit:.1e} is allowed"


@pytest.mark.parametrize(("dtype", "tolerance"), [(tf.bfloat16, 0.03), (tf.float16, 0.005)])
def test_low_precision_follows_float32(dtype: tf.DType, tolerance: float) -> None:
    exact, low = new_step(), new_step(dtype=dtype)
    expected, got = np.array(run(exact)), np.array(run(low))
    assert not np.array_equal(got[:, 0], expected[:, 0]), "it was computed in float32"
    np.testing.assert_allclose(got[:, :4], expected[:, :4], rtol=tolerance)
    np.testing.assert_allclose(got[:, 4], expected[:, 4], rtol=10 * tolerance)
    assert got[:, 5].tolist() == [0, 0, 0]
    assert {variable.dtype for variable in low.variables_by_name().values()} == {tf.float32}
    images, _ = batch(low)
    assert low.model.predict(images, training=True).box_encodings.dtype == tf.float32
    maps = low.model.predict(images, training=True).feature_maps
    assert {tensor.dtype for tensor in maps} == {dtype}
    assert {tensor.dtype for tensor in low.model.predict(images, training=False).feature_maps} == {tf.float32}


def test_an_overflow_is_skipped_and_halves_the_scale_which_grows_again() -> None:
    step = new_step(dtype=tf.float16)
    assert step.loss_scale is not None
    scale, good_steps = step.loss_scale.variables.values()
    assert scale.numpy() == FIRST_SCALE
    scale.assign(1e30)
    before = {name: value for name, value in values(step).items() if "moving" not in name and "loss_scale" not in name}
    data = batch(step)
    result = step(*data, 0.002)
    assert result.skipped == 1 and np.isfinite(result.total_loss) and not np.isfinite(result.gradient_norm)
    after = values(step)
    assert all(np.array_equal(after[name], value) for name, value in before.items())
    assert scale.numpy() == pytest.approx(0.5e30)
    scale.assign(1024.0)
    good_steps.assign(GROWS_AFTER - 1.0)
    assert step(*data, 0.002).skipped == 0
    assert (scale.numpy(), good_steps.numpy()) == (2048.0, 0.0)
    assert not np.array_equal(
        values(step)["FeatureExtractor/Stem_0/weights"], before["FeatureExtractor/Stem_0/weights"]
    )
    assert {"loss_scale/scale", "loss_scale/good_steps"} <= set(step.variables_by_name())


def test_the_networks_that_ship_compute_in_what_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the real network
    model = SsdModel(small_config().model)
    for dtype in (tf.bfloat16, tf.float16):
        model.compute_dtype = dtype
        predicted = model.predict(tf.zeros([2, 64, 64, 3]), training=True)
        assert {tensor.dtype for tensor in predicted.feature_maps} == {dtype}
        assert predicted.class_predictions_with_background.dtype == tf.float32


@pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="what the CPU lacks does not matter beside a GPU"
)
def test_a_precision_that_the_cpu_lacks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOXWRIGHT_PRECISION_ANYWAY", raising=False)
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nflags\t\t: fpu avx2 avx512_bf16x\n")
    assert check_precision("float32", cpuinfo=cpuinfo) == tf.float32
    with pytest.raises(TrainingError, match=r"neither avx512_bf16 nor amx_bf16.*BOXWRIGHT_PRECISION_ANYWAY=1"):
        check_precision("bfloat16", cpuinfo=cpuinfo)
    with pytest.raises(TrainingError, match="cannot be seen"):
        check_precision("float16", cpuinfo=tmp_path / "none")
    with pytest.raises(UsageError, match=r"float64.*Choose one of"):
        check_precision("float64")
    cpuinfo.write_text("flags : fpu amx_bf16\n")
    assert check_precision("bfloat16", cpuinfo=cpuinfo) == tf.bfloat16
    monkeypatch.setenv("BOXWRIGHT_PRECISION_ANYWAY", "1")
    assert check_precision("float16", cpuinfo=cpuinfo) == tf.float16


def test_what_xla_compiled_computes_the_same() -> None:
    plain, compiled = new_step(), new_step(xla=True)
    np.testing.assert_allclose(np.array(run(compiled)), np.array(run(plain)), rtol=1e-5)
    expected = values(plain)
    for name, value in values(compiled).items():
        np.testing.assert_allclose(value, expected[name], atol=1e-5, rtol=1e-4, err_msg=name)


def test_xla_is_refused_where_it_cannot_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    lone = find_devices()
    with pytest.raises(TrainingError, match=r"--xla: TensorFlow finds no GPU.*Leave --xla out"):
        check_xla(lone)
    monkeypatch.setenv("BOXWRIGHT_XLA_ANYWAY", "1")
    check_xla(lone)
    with pytest.raises(TrainingError, match="one device of one machine"):
        check_xla(Devices(lone.strategy, workers=2))
