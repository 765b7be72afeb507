"""A run that was stopped or killed, and continued, is bit for bit the run that was not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from boxwright.checkpoints.bundle import read_bundle, save_bundle
from boxwright.checkpoints.store import latest_checkpoint
from boxwright.pipeline.save import save_pipeline
from boxwright.progress import Progress
from boxwright.runs.record import RunRecord, write_run
from boxwright.stop_signal import StopSignal
from boxwright.training.errors import TrainingError
from boxwright.training.hardware.determinism import is_deterministic, make_deterministic
from boxwright.training.loop import train
from boxwright.training.settings import Settings
from boxwright.workspace import Workspace
from training_records import example, png, small_config

STEPS = 7
ADAM = "learning_rate { cosine_decay_learning_rate { learning_rate_base: 0.002 total_steps: 7 warmup_steps: 2 } }"
Curve = dict[int, float]

pytestmark = pytest.mark.usefixtures("tiny_network")


def config_of(optimizer: str = "rms_prop_optimizer") -> object:
    """A schedule that moves, moving averages, flips, crops, dropout: everything that has a position or a state."""
    from google.protobuf import text_format

    config = small_config(num_steps=STEPS, batch_size=3)
    config.train_config.optimizer.Clear()
    text_format.Parse(f"{optimizer} {{ {ADAM} }} use_moving_average: true", config.train_config.optimizer)
    predictor = config.model.ssd.box_predictor.convolutional_box_predictor
    predictor.use_dropout, predictor.dropout_keep_probability = True, 0.8
    config.train_input_reader.shuffle_buffer_size = 4  # smaller than the records, so that it has a state as well
    return config


def records() -> Sequence[bytes]:
    return [example(f"img{number}.png", png(number), labels=(1 + number % 2,)) for number in range(7)]


def run(workspace: Workspace, folder: str, config: object, *, stop_at: int = 0) -> Curve:
    """Train in a folder of the workspace; the loss of each step made."""
    stop, losses = StopSignal(), {}

    def listen(progress: Progress) -> None:
        if "loss" in progress.metrics:
            losses[progress.done] = progress.metrics["loss"]
            if progress.done == stop_at:
                stop.request("SIGTERM")

    deterministic = None if (workspace.root / folder).exists() else True  # a run that is continued is as it was begun
    train(
        workspace,
        config,
        train_dir=workspace.root / folder,
        reporter=listen,
        stop=stop,
        settings=Settings(deterministic=deterministic),
    )
    return losses


def assert_same_bits(one: Path, other: Path) -> None:
    ours, theirs = (read_bundle(latest_checkpoint(folder)) for folder in (one, other))
    assert set(ours) == set(theirs)
    different = [name for name in ours if ours[name].tobytes() != theirs[name].tobytes()]
    assert not different, f"{len(different)} of {len(ours)} differ, for example {different[0]}"


def test_stopped_and_continued(new_workspace: Callable[..., Workspace]) -> None:
    workspace, config = new_workspace(records()), config_of("adam_optimizer")
    whole = run(workspace, "whole", config)
    assert list(whole) == list(range(1, STEPS + 1))
    pieces = run(workspace, "pieces", config, stop_at=2)
    pieces |= run(workspace, "pieces", config, stop_at=5)
    assert len(pieces) == 5
    pieces |= run(workspace, "pieces", config)
    assert pieces == whole
    assert len(set(whole.values())) == STEPS
    assert_same_bits(workspace.root / "pieces", workspace.root / "whole")


def test_killed_after_a_checkpoint_and_continued(new_workspace: Callable[..., Workspace]) -> None:
    """The process dies as by kill -9 the moment that its checkpoint of step 3 is in place, before anything else."""
    workspace, config = new_workspace(records()), config_of()
    whole = run(workspace, "whole", config)
    save_pipeline(config, workspace.root / "my.config")
    killed = subprocess.run(
        [sys.executable, str(Path(__file__).parents[1] / "tiny_network.py"), "train", str(workspace.root),
         "--deterministic", "--pipeline-config-path", "my.config", "--num-steps", "3",
         "--train-dir", str(workspace.root / "killed")],
        env={**os.environ, "BOXWRIGHT_FAILPOINT": "checkpoint-in-place"},
        cwd=workspace.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == 137, killed.stderr
    assert not (workspace.root / "killed" / "checkpoint").exists()
    record = json.loads((workspace.root / "killed" / "run.json").read_text())
    assert record["deterministic"] is True, "TensorFlow had begun to work before it was told to be deterministic"
    continued = run(workspace, "killed", config)
    assert continued == {step: whole[step] for step in range(4, STEPS + 1)}
    assert_same_bits(workspace.root / "killed", workspace.root / "whole")


def test_a_run_that_resumes_is_deterministic_as_before(tmp_path: Path) -> None:
    write_run(tmp_path, RunRecord(deterministic=True))
    assert not is_deterministic(tmp_path, None), "it died before its first checkpoint: this is another run"
    save_bundle(tmp_path / "model.ckpt-3", {"global_step": np.asarray(3)})
    assert is_deterministic(tmp_path, None)
    assert not is_deterministic(tmp_path, False)
    write_run(tmp_path, RunRecord(deterministic=False))
    assert not is_deterministic(tmp_path, None)
    (tmp_path / "worker-1").mkdir()
    write_run(tmp_path / "worker-1", RunRecord(deterministic=True, step=3))  # the chief alone has checkpoints
    assert is_deterministic(tmp_path / "worker-1", None)
    assert is_deterministic(tmp_path, True)


def test_what_cannot_be_made_deterministic_any_more_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    def too_late(threads: int) -> None:
        raise RuntimeError("the context is initialised")

    monkeypatch.setattr(tf.config.threading, "set_inter_op_parallelism_threads", too_late)
    monkeypatch.setattr(tf.config.threading, "get_inter_op_parallelism_threads", lambda: 2)
    with pytest.raises(TrainingError, match="TF_NUM_INTEROP_THREADS=1"):
        make_deterministic(0, True)
    make_deterministic(0, False)
    monkeypatch.setattr(tf.config.threading, "get_inter_op_parallelism_threads", lambda: 1)
    make_deterministic(0, True)
