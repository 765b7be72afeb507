"""Several devices, and several workers, train what one process trains at the same batch size."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from boxwright.checkpoints.bundle import read_bundle
from boxwright.checkpoints.store import latest_checkpoint
from boxwright.errors import UsageError
from boxwright.pipeline.save import save_pipeline
from boxwright.training.errors import TrainingError
from boxwright.training.hardware.devices import Devices, _cluster, find_devices
from boxwright.workspace import Workspace
from training_records import good_examples, small_config

TESTS = Path(__file__).parents[2]
STEPS = 20
BATCH = 4
NewWorkspace = Callable[..., Workspace]


def prepared(new_workspace: NewWorkspace) -> Workspace:
    workspace = new_workspace(good_examples(7))
    config = small_config(batch_size=BATCH)
    config.train_config.optimizer.use_moving_average = True
    save_pipeline(config, workspace.root / "my.config")
    return workspace


def start(workspace: Workspace, folder: str, *, steps: int = STEPS, cpus: int = 1, cluster: Sequence[str] = (),
          index: int = 0) -> subprocess.Popen[str]:  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
    environment |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if cluster:
        task = {"type": "worker", "index": index}
        environment["TF_CONFIG"] = json.dumps({"cluster": {"worker": list(cluster)}, "task": task})
    command = [sys.executable, str(TESTS / "training_process.py"), str(workspace.root), str(workspace.root / folder)]
    return subprocess.Popen(
        [*command, str(steps), str(cpus)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finish(*processes: subprocess.Popen[str]) -> list[str]:
    """Wait for all; return what each printed."""
    outputs = [process.communicate(timeout=900)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), "\n---\n".join(outputs)
    return outputs


def assert_equal_to(folder: Path, expected: Path, steps: int = STEPS) -> None:
    ours, theirs = (read_bundle(latest_checkpoint(one)) for one in (folder, expected))
    assert set(ours) == set(theirs)
    assert int(ours["global_step"]) == steps
    for name, values in theirs.items():
        # RMSProp's slots are of the gradients' size and their squares', not of the weights'
        scale = np.abs(values).max() * 10 if "/RMSProp" in name else 1.0
        worst = np.abs(ours[name] - values).max()
        assert worst <= 1e-5 * max(1.0, scale), f"{name} differs by {worst:.1e}"


def two_ports() -> list[str]:
    sockets = [socket.socket() for _ in range(2)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return found


@pytest.mark.timeout(1800)
def test_two_devices_equal_one(new_workspace: NewWorkspace) -> None:
    """Weights, slots, moving averages and moving statistics after 20 steps, to 1e-5: batch norm is synchronised."""
    workspace = prepared(new_workspace)
    finish(start(workspace, "alone"))
    output = finish(start(workspace, "mirrored", cpus=2))[0]
    assert "2 devices" in output
    assert_equal_to(workspace.root / "mirrored", workspace.root / "alone")


@pytest.mark.timeout(1800)
def test_two_workers_equal_one_process_and_a_lost_worker_is_said(new_workspace: NewWorkspace) -> None:
    """As with two devices. Then the workers continue, and one is killed with -9: the other ends within 10 s with a
    message that names it; both are started again, and the run continues from the chief's checkpoint, the only one.
    """
    workspace = prepared(new_workspace)
    finish(start(workspace, "alone"))
    ports = two_ports()
    outputs = finish(*(start(workspace, "workers", cluster=ports, index=index) for index in range(2)))
    assert f"worker 0 of 2 ({', '.join(ports)})" in outputs[0]
    steps = [[line for line in output.splitlines() if line.startswith("step ")] for output in outputs]
    assert len(steps[0]) == STEPS and steps[0] == steps[1]
    assert_equal_to(workspace.root / "workers", workspace.root / "alone")
    assert not list((workspace.root / "workers" / "worker-1").glob("model.ckpt*"))

    ports = two_ports()
    chief, other = (start(workspace, "workers", steps=100_000, cluster=ports, index=index) for index in range(2))
    assert other.stdout is not None
    for line in other.stdout:
        if line.startswith("step "):
            break
    assert line.startswith(f"step {STEPS + 1} ")
    other.kill()
    killed_at = time.monotonic()
    assert chief.stdout is not None
    said, took = "", 0.0
    for line in chief.stdout:
        said += line
        if "is gone" in line:
            took = time.monotonic() - killed_at
    chief.communicate(timeout=120)
    other.communicate()
    assert chief.returncode == 1, said
    assert f"worker 1 ({ports[1]}) is gone" in said and "Start all workers again" in said
    assert took < 10, f"it took {took:.1f} s"

    ports = two_ports()
    outputs = finish(*(start(workspace, "workers", steps=22, cluster=ports, index=index) for index in range(2)))
    assert f"model.ckpt-{STEPS}, step {STEPS}" in outputs[0]
    assert latest_checkpoint(workspace.root / "workers") == workspace.root / "workers" / "model.ckpt-22"


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
    assert (lone.is_chief, lone.replicas, lone.in_words()) == (True, 1, "")
    pair = Devices(lone.strategy, workers=1)
    with pytest.raises(TrainingError, match=r"batch_size 7 cannot be shared out.*--batch-size 6"):
        pair.check_batch_size(7, parts=2)
