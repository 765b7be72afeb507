"""When memory runs out: micro-batches of the same batch; and how large a batch may be."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from boxwright.checkpoints.bundle import read_bundle
from boxwright.errors import UsageError
from boxwright.progress import Progress
from boxwright.training.errors import TrainingError
from boxwright.training.hardware import auto_batch_size as batch_size
from boxwright.training.hardware.auto_batch_size import MIB, choose_batch_size, largest_that_fits
from boxwright.training.loop import train
from boxwright.training.settings import Settings
from boxwright.training.step import TrainStep
from boxwright.workspace import Workspace
from training_records import small_config

pytestmark = pytest.mark.usefixtures("tiny_network")


def only_parts_of(monkeypatch: pytest.MonkeyPatch, most: int, *, from_call: int = 1) -> list[int]:
    """Have a step on more than `most` images at a time run out of memory, as a GPU's would; return the sizes tried."""
    real, tried = TrainStep.__call__, []

    def step(self: TrainStep, images: Any, *arguments: Any, **options: Any) -> Any:
        tried.append(len(images) // self.micro_batches)
        if tried[-1] > most and len(tried) >= from_call:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[4,64,64,3]")
        return real(self, images, *arguments, **options)

    monkeypatch.setattr(TrainStep, "__call__", step)
    return tried


def run(workspace: Workspace, **settings: Any) -> tuple[Any, list[str]]:
    said: list[Progress] = []
    config = small_config(batch_size=4)
    result = train(
        workspace,
        config,
        train_dir=workspace.training,
        reporter=said.append,
        settings=Settings(eval_every=0, **settings),
    )
    return result, [progress.message for progress in said if progress.message]


def test_memory_that_runs_out_halves_the_micro_batches_and_keeps_the_batch(
    new_workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = new_workspace()
    run(workspace, num_steps=1)
    tried = only_parts_of(monkeypatch, 1, from_call=2)  # the second run's first step fits, then no more
    result, lines = run(workspace, num_steps=3)
    assert tried == [4, 4, 2, 1, 1]
    assert result.step == 3
    assert [line for line in lines if line.startswith("continuing from")] == [
        f"continuing from {workspace.training / 'model.ckpt-1'}, step 1"
    ] * 3
    warned = [line for line in lines if "memory ran out with batch size 4" in line]
    assert (
        len(warned) == 2 and "processed in 2 micro-batches" in warned[0] and "processed in 4 micro-batches" in warned[1]
    )
    record = json.loads((workspace.training / "run.json").read_text())
    assert (record["batch_size"], record["micro_batches"]) == (4, 4)
    assert read_bundle(result.checkpoint)["global_step"] == 3

    tried.clear()
    run(workspace, num_steps=4)
    assert tried == [1], "the run resumes with the micro-batches that it had"


def test_memory_that_holds_no_image_is_said(
    new_workspace: Callable[..., Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = only_parts_of(monkeypatch, 0)
    with pytest.raises(TrainingError, match=r"memory ran out with batch size 4.*one image in each micro-batch already"):
        run(new_workspace(), num_steps=1)
    assert tried == [4, 2, 1]


def test_the_largest_batch_that_fits(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    assert largest_that_fits(100, 10, 100 + 130, 128) == 12
    assert largest_that_fits(-50, 10, 1000, 32) == 32
    with pytest.raises(TrainingError, match="not even one image fits"):
        largest_that_fits(100, 10, 50, 32)

    peaks = {2: 500 * MIB, 4: 700 * MIB}  # 300 MiB whatever the batch, and 100 for each image
    monkeypatch.setattr(batch_size, "_peak", lambda config, size, precision, used: used() + peaks[size])
    monkeypatch.setattr(batch_size, "_free_memory", lambda: 2000 * MIB)
    said: list[Progress] = []
    alone, pair = Settings(), Settings(devices=2)
    assert choose_batch_size(small_config(), tmp_path, pair, said.append) == 16
    assert choose_batch_size(small_config(), tmp_path, alone, said.append) == 8  # 1,400 MiB may be used: 11 would fit
    assert "an image takes about 100 MiB" in said[0].message
    (tmp_path / "run.json").write_text('{"step": 7, "batch_size": 6}')
    assert choose_batch_size(small_config(), tmp_path, alone, said.append) == 6
    monkeypatch.setenv("TF_CONFIG", "{}")
    with pytest.raises(UsageError, match="several workers"):
        choose_batch_size(small_config(), tmp_path / "other", alone, said.append)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells how much memory a step takes")
def test_a_real_measurement_grows_with_the_batch() -> None:
    config = small_config()
    config.model.ssd.image_resizer.fixed_shape_resizer.height = 256
    config.model.ssd.image_resizer.fixed_shape_resizer.width = 256
    batch_size._process_peak()
    small = batch_size._peak(config, 1, Settings(), batch_size._process_peak)
    large = batch_size._peak(config, 256, Settings(), batch_size._process_peak)
    assert large >= small + 100 * 256 * 256 * 3 * 4  # the pixels alone are 255 times that of one
    assert batch_size._free_memory() > 0
