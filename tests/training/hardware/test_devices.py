"""Several devices, and several workers, train what one process trains at the same batch size."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from boxwright.checkpoints.bundle import read_bundle
from boxwright.checkpoints.store import latest_checkpoint
from boxwright.detection.model import SsdModel
from boxwright.errors import UsageError
from boxwright.pipeline.load import load_pipeline
from boxwright.pipeline.save import save_pipeline
from boxwright.progress import Progress
from boxwright.training.errors import TrainingError
from boxwright.training.hardware.devices import PULSE_SECONDS, Devices, _cluster, find_devices
from boxwright.training.loop import train
from boxwright.training.settings import Settings
from boxwright.workspace import Workspace
from daemon_process import until
from training_records import good_examples, small_config

TESTS = Path(__file__).parents[2]
STEPS = 5
LAST = 7
"""Step at which the workers that were started again end."""
BATCH = 4
TOLERANCE = 0.01
"""Of what training changed. Other kernels, numbers of threads, or initial weights that differ in the last bit change it
by up to 3e-4 in five steps (docs/decisions/0051). tests/training/test_step.py compares one step far more closely."""
NewWorkspace = Callable[..., Workspace]

pytestmark = pytest.mark.usefixtures("tiny_network")


def prepared(new_workspace: NewWorkspace) -> Workspace:
    """Return a workspace whose config has no hard example miner.

    The miner takes the anchors of the largest losses. Two that differ by rounding only change places on another
    processor, and the gradients with them by a tenth.
    """
    workspace = new_workspace(good_examples(7))
    config = small_config(batch_size=BATCH)
    config.model.ssd.loss.ClearField("hard_example_miner")
    config.train_config.optimizer.use_moving_average = True
    config.train_config.optimizer.moving_average_decay = 0.5
    save_pipeline(config, workspace.root / "my.config")
    return workspace


def train_here(workspace: Workspace, folder: str, steps: int) -> list[float]:
    """Train on one device in the test's process; return each step's loss."""
    losses = []

    def listen(progress: Progress) -> None:
        if "loss" in progress.metrics:
            losses.append(progress.metrics["loss"])

    config, train_dir = load_pipeline(workspace.root / "my.config"), workspace.root / folder
    train(workspace, config, train_dir=train_dir, reporter=listen, settings=Settings(num_steps=steps, eval_every=0))
    return losses


def start(workspace: Workspace, folder: str, *, steps: int, devices: int = 1, cluster: Sequence[str] = (),
          index: int = 0, hold_at: int = 0) -> subprocess.Popen[str]:  # fmt: skip
    """Start a training in a process of its own, as one of the workers of a cluster if there is one."""
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if cluster:
        task = {"type": "worker", "index": index}
        environment["TF_CONFIG"] = json.dumps({"cluster": {"worker": list(cluster)}, "task": task})
    command = [sys.executable, str(TESTS / "training_process.py"), str(workspace.root), str(workspace.root / folder)]
    return subprocess.Popen(
        [*command, str(steps), str(devices), str(hold_at)],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finish(*processes: subprocess.Popen[str]) -> list[str]:
    """Wait for all; return what each printed."""
    outputs = [process.communicate(timeout=900)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), "\n---\n".join(outputs)
    return outputs


def losses(output: str) -> list[float]:
    """Return the loss of each step that a process printed."""
    return [float(line.split()[2]) for line in output.splitlines() if line.startswith("step ")]


def assert_trained_alike(workspace: Workspace, folder: str, expected: str, steps: int = STEPS) -> None:
    """Compare what training changed in every variable: weights, slots, moving averages and statistics."""
    ours, theirs = (read_bundle(latest_checkpoint(workspace.root / one)) for one in (folder, expected))
    assert set(ours) == set(theirs)
    assert int(ours["global_step"]) == steps
    model = SsdModel(load_pipeline(workspace.root / "my.config").model)
    for name in set(ours) - {"global_step"}:
        variable, _, suffix = name.rpartition("/")
        start = {"RMSProp": 1.0, "RMSProp_1": 0.0}.get(suffix)
        if start is None:
            start = model.variables_by_name[variable if suffix == "ExponentialMovingAverage" else name].numpy()
        change, distance = np.linalg.norm(theirs[name] - start), np.linalg.norm(ours[name] - theirs[name])
        limit = TOLERANCE * change + np.finfo(np.float32).eps * np.linalg.norm(theirs[name])
        assert distance <= limit, f"{name} differs by {distance:.1e}; training changed it by {change:.1e}"


def two_ports() -> list[str]:
    sockets = [socket.socket() for _ in range(2)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return found


def test_two_devices_equal_one(new_workspace: NewWorkspace) -> None:
    """The two are in a process of their own, as a process has one such strategy (tests/training/test_step.py)."""
    workspace = prepared(new_workspace)
    alone = train_here(workspace, "alone", STEPS)
    (output,) = finish(start(workspace, "mirrored", steps=STEPS, devices=2))
    assert "2 devices" in output
    assert losses(output) == pytest.approx(alone, rel=TOLERANCE)
    assert_trained_alike(workspace, "mirrored", "alone")


@pytest.mark.timeout(1800)
def test_two_workers_equal_one_process_and_a_lost_worker_is_said(new_workspace: NewWorkspace) -> None:
    """One of the workers is killed with -9: the other ends soon with a message that names it.
    Both are started again, and the run continues from the chief's checkpoint, the only one, to what one process has.
    """
    assert PULSE_SECONDS < 10
    workspace = prepared(new_workspace)
    alone = train_here(workspace, "alone", LAST)
    ports = two_ports()
    chief, other = (
        start(workspace, "workers", steps=100_000, cluster=ports, index=index, hold_at=STEPS * index)
        for index in range(2)
    )
    assert other.stdout is not None
    assert any(line.startswith(f"step {STEPS} ") for line in other.stdout)
    wanted = workspace.root / "workers" / f"model.ckpt-{STEPS}"
    until(lambda: latest_checkpoint(workspace.root / "workers") == wanted, "the chief's checkpoint")
    other.kill()  # the chief waits for its part of the next step
    other.communicate()
    said = chief.communicate(timeout=300)[0]
    assert chief.returncode == 1, said
    assert f"worker 0 of 2 ({', '.join(ports)})" in said
    assert f"worker 1 ({ports[1]}) is gone" in said and "Start all workers again" in said
    assert losses(said) == pytest.approx(alone[:STEPS], rel=TOLERANCE)

    ports = two_ports()
    outputs = finish(*(start(workspace, "workers", steps=LAST, cluster=ports, index=index) for index in range(2)))
    assert f"model.ckpt-{STEPS}, step {STEPS}" in outputs[0]
    assert losses(outputs[0]) == losses(outputs[1]) == pytest.approx(alone[STEPS:], rel=TOLERANCE)
    assert_trained_alike(workspace, "workers", "alone", LAST)
    assert not list((workspace.root / "workers" / "worker-1").glob("model.ckpt*"))


def test_tf_config_is_read_or_refused_with_an_example() -> None:
    cluster = {"chief": ["a:1"], "worker": ["b:2", "c:3"]}
    described = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": 1}})
    assert _cluster(described) == (("a:1", "b:2", "c:3"), 2)
    assert _cluster("") == ((), 0)
    for wrong in ("{", "[]", '{"cluster": {"worker": ["a:1"]}}', described.replace("1}", "7}"),
                  json.dumps({"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}})):  # fmt: skip
        with pytest.raises(UsageError, match=r"TF_CONFIG is .* which does not describe workers.*HOST1:PORT"):
            _cluster(wrong)


def test_devices_that_are_not_there_and_batches_that_cannot_be_shared() -> None:
    with pytest.raises(UsageError, match=r"--devices 99: this machine has \d+ .PUs? for TensorFlow"):
        find_devices(99)
    lone = find_devices()
    lone.check_batch_size(7)
    assert (lone.is_chief, lone.replicas, lone.describe()) == (True, 1, "")
    pair = Devices(lone.strategy, workers=1)
    with pytest.raises(TrainingError, match=r"batch_size 7 cannot be divided among.*--batch-size 6"):
        pair.check_batch_size(7, micro_batches=2)
