"""Whole runs: begin, continue, stop, fail."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.summary.summary_iterator import summary_iterator

from boxwright.checkpoints.bundle import read_bundle, save_bundle
from boxwright.checkpoints.store import latest_checkpoint
from boxwright.pipeline.errors import PipelineError
from boxwright.pipeline.save import save_pipeline
from boxwright.progress import Progress
from boxwright.stop_signal import StopSignal
from boxwright.training.errors import TrainingError
from boxwright.training.loop import TrainResult, train
from boxwright.training.run_folder.lock import only_run
from boxwright.training.settings import Settings
from boxwright.workspace import Workspace
from training_records import good_examples, small_config

NewWorkspace = Callable[..., Workspace]
TINY_NETWORK = Path(__file__).parents[1] / "tiny_network.py"

pytestmark = pytest.mark.usefixtures("tiny_network")


ORIGINAL_TAGS = {
    "Losses/TotalLoss",
    "Losses/Loss/localization_loss",
    "Losses/Loss/classification_loss",
    "LearningRate/LearningRate/learning_rate",
}
"""Of legacy/trainer.py of the TF Object Detection API: the names of its losses, and of its LearningRate family."""


def run(workspace: Workspace, config=None, **settings) -> tuple[TrainResult, list[str]]:
    """Train and return the result with the lines that were printed."""
    lines: list[str] = []

    def listen(progress: Progress) -> None:
        if progress.message:
            lines.append(progress.message)

    given = {"train_dir": workspace.training, "reporter": listen}
    given |= {name: settings.pop(name) for name in ("train_dir", "reporter", "stop", "config_path") if name in settings}
    return train(workspace, config or small_config(), settings=Settings(**settings), **given), lines


def tags(folder: Path) -> set[str]:
    return {
        value.tag
        for path in folder.glob("events.*")
        for event in summary_iterator(os.fspath(path))
        for value in event.summary.value
    }


def test_a_run_that_was_continued_ends_like_one_that_was_not(new_workspace: NewWorkspace) -> None:
    workspace = new_workspace()
    workspace.readme.write_text("# Mine\n\nMy own words.\n")
    test_record = workspace.record("test")
    test_record.write_bytes(test_record.read_bytes()[:-9])  # the test split's damage is evaluation's to name
    config = small_config(fine_tune_checkpoint="pre-trained-model/model.ckpt", from_detection_checkpoint=True)

    first, lines = run(workspace, config, num_steps=2, seed=5)
    assert (first.step, first.interrupted) == (2, "")
    assert first.checkpoint == workspace.training / "model.ckpt-2"
    assert any("WARNING" in line and "RANDOM WEIGHTS" in line and "model.ckpt" in line for line in lines)
    assert [line for line in lines if line.startswith("global step 2: loss = ")]
    assert "--num-steps" in lines[-1]

    second, lines = run(workspace, config, num_steps=4)
    assert lines[0].startswith(f"continuing from {workspace.training / 'model.ckpt-2'}, step 2")
    whole, _ = run(workspace, config, num_steps=4, seed=5, train_dir=workspace.root / "other")
    assert second.last is not None
    assert whole.last is not None
    np.testing.assert_allclose(second.last.total_loss, whole.last.total_loss, rtol=1e-3)
    continued, uninterrupted = (read_bundle(result.checkpoint) for result in (second, whole))
    assert set(continued) == set(uninterrupted)
    assert continued["global_step"] == 4
    assert continued["global_step"].dtype == np.int64
    worst = max(np.abs(continued[name] - uninterrupted[name]).max() for name in continued if "RMSProp" in name)
    assert worst < 0.05, worst

    record = json.loads((workspace.training / "run.json").read_text())
    assert record["seed"] == 5
    assert record["step"] == 4
    assert record["continued"][0]["step"] == 2
    assert record["dataset"]["images"] == 5
    assert len(record["dataset"]["fingerprint"]) > 16
    assert record["config"]["text"].startswith("model {")
    assert math.isfinite(record["losses"]["last"])
    readme = workspace.readme.read_text()
    assert readme.startswith("# Mine\n\nMy own words.\n")
    assert readme.count("## Training conditions") == 1
    assert "| steps | 4, batch 2, seed 5 |" in readme
    assert ORIGINAL_TAGS | {"speed/images_per_second"} <= tags(workspace.training)
    assert any(tag.startswith("detections_left_groundtruth_right") for tag in tags(workspace.training))

    done, lines = run(workspace, config, num_steps=4)
    assert done.last is None
    assert "already at step 4 of 4" in lines[-1]

    newest = workspace.training / "model.ckpt-4.data-00000-of-00001"
    os.truncate(newest, newest.stat().st_size // 2)
    back, lines = run(workspace, config, num_steps=3)
    assert "WARNING" in lines[0]
    assert "model.ckpt-4" in lines[0]
    assert "Going back to model.ckpt-2." in lines[0]
    assert lines[1].startswith(f"continuing from {workspace.training / 'model.ckpt-2'}, step 2")
    assert back.step == 3
    assert latest_checkpoint(workspace.training) == workspace.training / "model.ckpt-3"

    more_classes = small_config()
    more_classes.model.ssd.num_classes = 3
    labels = workspace.label_map.read_text()
    workspace.label_map.write_text(labels + "item { id: 3 name: 'ring' }\n")
    with pytest.raises(TrainingError, match=r"another model.*num_classes: 3.*--train-dir"):
        run(workspace, more_classes, num_steps=5)
    workspace.label_map.write_text(labels)

    other_model = small_config()
    del other_model.model.ssd.anchor_generator.ssd_anchor_generator.aspect_ratios[-1]
    with pytest.raises(TrainingError, match="another model"):
        run(workspace, other_model, num_steps=5)
    assert not (workspace.training / ".records").exists()


def test_a_stop_saves_and_a_broken_loss_keeps_that_checkpoint(new_workspace: NewWorkspace) -> None:
    workspace = new_workspace()
    stop = StopSignal()

    def stop_at_two(progress: Progress) -> None:
        if progress.done == 2:
            stop.request("Ctrl+C")

    result, _ = run(workspace, small_config(), num_steps=100, reporter=stop_at_two, stop=stop)
    assert (result.step, result.interrupted) == (2, "Ctrl+C")
    assert latest_checkpoint(workspace.training) == workspace.training / "model.ckpt-2"
    assert "stopped by Ctrl+C" in json.loads((workspace.training / "run.json").read_text())["outcome"]

    config = small_config()
    config.train_config.optimizer.rms_prop_optimizer.learning_rate.constant_learning_rate.learning_rate = 1e30
    with pytest.raises(TrainingError, match=r"not finite") as raised:
        run(workspace, config, num_steps=100)
    message = str(raised.value)
    assert "img" in message or "negative.png" in message
    for part in ("localization_loss", "classification_loss", "regularization_loss", "model.ckpt-2", "learning rate"):
        assert part in message
    assert latest_checkpoint(workspace.training) == workspace.training / "model.ckpt-2"
    bundle = read_bundle(workspace.training / "model.ckpt-2")
    assert all(np.isfinite(bundle[name]).all() for name in bundle)


def test_fine_tuning_takes_the_feature_extractor_and_lists_what_it_took(new_workspace: NewWorkspace) -> None:
    workspace = new_workspace()
    result, _ = run(workspace, num_steps=1, train_dir=workspace.root / "first")
    values = dict(read_bundle(result.checkpoint))
    workspace.pretrained.mkdir()
    model_only = {name: value for name, value in values.items() if "/RMSProp" not in name and "/Exp" not in name}
    save_bundle(workspace.pretrained / "model.ckpt", model_only)

    config = small_config(fine_tune_checkpoint="pre-trained-model/model.ckpt", fine_tune_checkpoint_type="detection")
    # a rate of 0: what the run saves is what it began with
    config.train_config.optimizer.rms_prop_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.0
    config.model.ssd.num_classes = 2
    result, lines = run(workspace, config, num_steps=1, seed=9)
    assert any("variables restored" in line and "warm_start.txt" in line for line in lines)
    started = read_bundle(result.checkpoint)
    kernels = [name for name in started if name.endswith("/weights")]
    same = {name for name in kernels if np.array_equal(started[name], values[name])}
    assert same == {name for name in kernels if name.startswith("FeatureExtractor/")} != set(kernels)
    kernel = sorted(same)[0]
    np.testing.assert_array_equal(started[f"{kernel}/ExponentialMovingAverage"], started[kernel])
    listed = (workspace.training / "warm_start.txt").read_text()
    assert f"restored    {kernel}" in listed
    assert "fresh       BoxPredictor_0/" in listed


def test_box_predictors_are_taken_too_and_class_predictors_of_other_classes_start_fresh(
    new_workspace: NewWorkspace,
) -> None:
    workspace = new_workspace()
    result, _ = run(workspace, num_steps=1, train_dir=workspace.root / "first")
    values = {name: value for name, value in read_bundle(result.checkpoint).items() if "/RMSProp" not in name}
    prefix = save_bundle(workspace.root / "model.ckpt", values)
    config = small_config(fine_tune_checkpoint=str(prefix), fine_tune_checkpoint_type="detection")
    config.train_config.optimizer.rms_prop_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.0
    config.train_config.load_all_detection_checkpoint_vars = True
    config.model.ssd.num_classes += 2
    result, lines = run(workspace, config, num_steps=1, seed=9)
    started = read_bundle(result.checkpoint)
    kernels = [name for name in started if name.endswith("/weights")]
    fresh = {name for name in kernels if not np.array_equal(started[name], values[name])}
    assert fresh == {name for name in kernels if "/ClassPredictor/" in name} != set()
    assert len([line for line in lines if line.startswith("the class predictors start fresh")]) == 1
    assert not any("not restored" in line for line in lines), "that is no reason to warn"


def test_moving_averages_that_a_checkpoint_lacks_start_at_its_weights(new_workspace: NewWorkspace) -> None:
    workspace, config = new_workspace(), small_config()
    config.train_config.optimizer.rms_prop_optimizer.learning_rate.constant_learning_rate.learning_rate = 0.0
    config.train_config.optimizer.use_moving_average = False
    run(workspace, config, num_steps=1, seed=1)
    config.train_config.optimizer.use_moving_average = True
    result, _ = run(workspace, config, num_steps=2, seed=2)
    bundle = read_bundle(result.checkpoint)
    shadows = [name for name in bundle if name.endswith("/ExponentialMovingAverage")]
    assert shadows
    for name in shadows:
        np.testing.assert_allclose(bundle[name], bundle[name.removesuffix("/ExponentialMovingAverage")], rtol=1e-5)


def test_what_cannot_be_trained_is_said_before_the_first_step(new_workspace: NewWorkspace) -> None:
    workspace = new_workspace([])
    with pytest.raises(TrainingError, match="hold no image"):
        run(workspace)
    config = small_config()
    config.model.ssd.num_classes = 1
    with pytest.raises(PipelineError, match="num_classes is 1"):
        run(workspace, config)
    theirs, mine = workspace.training / "pipeline.config", workspace.root / "mine.config"
    theirs.write_text("theirs")
    save_pipeline(small_config(), mine)
    with only_run(workspace.training), pytest.raises(TrainingError, match="another training is running"):
        run(workspace, config_path=mine)
    assert theirs.read_text() == "theirs"


def test_a_bad_record_stops_the_run_with_its_name_and_no_step_is_lost(new_workspace: NewWorkspace) -> None:
    workspace = new_workspace([*good_examples(2), good_examples(2)[0].replace(b"IHDR", b"XXXX")])
    config = small_config(batch_size=2)
    config.train_input_reader.shuffle = False
    with pytest.raises(TrainingError, match=r"^train\.record, record 3: the image img0\.png cannot be decoded"):
        run(workspace, config)
    assert workspace.checkpoint_steps() == [1]


@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a process could handle")
def test_sigterm_saves_and_exits_with_0(new_workspace: NewWorkspace) -> None:
    workspace = new_workspace()
    save_pipeline(small_config(num_steps=100_000), workspace.pipeline_config)
    process = subprocess.Popen(
        [sys.executable, str(TINY_NETWORK), "train", str(workspace.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("global step"):
            break
    process.send_signal(signal.SIGTERM)
    lines += process.stdout.readlines()
    process.stdout.close()
    assert process.wait(60) == 0, "".join(lines)
    assert "stopped by SIGTERM" in "".join(lines)
    assert "The same command continues" in "".join(lines)
    latest = latest_checkpoint(workspace.training)
    assert latest is not None
    assert tf.train.latest_checkpoint(str(workspace.training)) == str(latest)
