"""The newest few checkpoints, whole at every instant."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.checkpoints.bundle import is_complete, read_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.store import CheckpointStore, latest_checkpoint, resolve_prefix, step_of


def tensors(step: int) -> dict[str, np.ndarray]:
    return {"v": np.full(1000, step, np.float32), "global_step": np.asarray(step, np.int64)}


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.index"))


def test_the_newest_are_kept_and_the_last_is_named(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path, keep=2)
    assert latest_checkpoint(store.folder) is None
    for step in (0, 5, 10, 200):
        prefix = store.save(step, tensors(step))
        assert prefix == tmp_path / f"model.ckpt-{step}"
        assert latest_checkpoint(store.folder) == prefix
    assert names(tmp_path) == ["model.ckpt-10", "model.ckpt-200"]
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "model.ckpt-200")
    first_line = (tmp_path / "checkpoint").read_text().splitlines()[0]
    assert first_line == 'model_checkpoint_path: "model.ckpt-200"'


def test_a_store_that_is_opened_again_goes_on_counting(tmp_path: Path) -> None:
    for step in range(4):
        CheckpointStore(tmp_path, keep=2).save(step, tensors(step))
    assert names(tmp_path) == ["model.ckpt-2", "model.ckpt-3"]


def test_one_is_kept_for_good_every_n_hours(tmp_path: Path) -> None:
    clock = [0.0]
    store = CheckpointStore(tmp_path, keep=1, keep_every_hours=1, now=lambda: clock[0])
    for step in range(9):
        clock[0] += 20 * 60
        store.save(step, tensors(step))
    # saved at 20, 40, ... 180 minutes; the first one past each full hour stays
    assert names(tmp_path) == ["model.ckpt-3", "model.ckpt-6", "model.ckpt-8"]


def test_the_state_file_is_obeyed_when_it_names_an_older_one(tmp_path: Path) -> None:
    store = CheckpointStore(tmp_path)
    for step in (1, 2):
        store.save(step, tensors(step))
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "/home/else/training/model.ckpt-1"\n')
    assert latest_checkpoint(store.folder) == tmp_path / "model.ckpt-1"


@pytest.mark.parametrize("state", ["", "nonsense {", 'model_checkpoint_path: "model.ckpt-99"\n', None])
def test_a_broken_state_file_costs_nothing(tmp_path: Path, state: str | None) -> None:
    store = CheckpointStore(tmp_path)
    for step in (9, 10):
        store.save(step, tensors(step))
    (tmp_path / "model.ckpt-77.index").write_bytes(b"its data is missing")
    (tmp_path / "checkpoint").unlink() if state is None else (tmp_path / "checkpoint").write_text(state)
    assert latest_checkpoint(tmp_path) == tmp_path / "model.ckpt-10"


SAVER = """
import sys
from pathlib import Path
import numpy as np
from boxwright.checkpoints.store import CheckpointStore
store = CheckpointStore(Path(sys.argv[1]), keep=1)
store.save(int(sys.argv[2]), {"v": np.full(1000, int(sys.argv[2]), np.float32)})
"""
KILLED = 137


@pytest.mark.parametrize(
    ("failpoint", "expected"),
    [
        ("checkpoint-written-aside", 1),
        ("checkpoint-data-in-place", 1),
        ("checkpoint-in-place", 1),
        ("checkpoint-old-dropped", 2),
    ],
)
def test_a_kill_while_saving_leaves_a_whole_checkpoint(tmp_path: Path, failpoint: str, expected: int) -> None:
    store = CheckpointStore(tmp_path, keep=1)
    store.save(1, {"v": np.full(1000, 1, np.float32)})
    environment = {**os.environ, "BOXWRIGHT_FAILPOINT": failpoint, "TF_CPP_MIN_LOG_LEVEL": "3"}
    killed = subprocess.run(
        [sys.executable, "-c", SAVER, str(tmp_path), "2"], env=environment, capture_output=True, check=False
    )
    assert killed.returncode == KILLED, killed.stderr.decode()
    reopened = CheckpointStore(tmp_path, keep=1)
    latest = latest_checkpoint(tmp_path)
    assert latest is not None
    assert step_of(latest) == expected
    np.testing.assert_array_equal(read_bundle(latest)["v"], np.full(1000, expected, np.float32))
    reopened.save(2, {"v": np.full(1000, 3, np.float32)})
    assert names(tmp_path) == ["model.ckpt-2"]
    np.testing.assert_array_equal(read_bundle(tmp_path / "model.ckpt-2")["v"], np.full(1000, 3, np.float32))
    assert not list(tmp_path.glob(".saving-*"))


def test_resolve_prefix_takes_what_users_type(tmp_path: Path) -> None:
    CheckpointStore(tmp_path).save(30, tensors(30))
    prefix = tmp_path / "model.ckpt-30"
    for typed in (prefix, Path(f"{prefix}.index"), Path(f"{prefix}.meta"), Path(f"{prefix}.data-00000-of-00001")):
        assert resolve_prefix(typed) == prefix
    assert resolve_prefix(tmp_path) == prefix
    with pytest.raises(CheckpointError, match=r"model\.ckpt-30"):
        resolve_prefix(tmp_path / "model.ckpt-31")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="no checkpoint in this folder"):
        resolve_prefix(tmp_path / "empty")


def test_resolve_prefix_finds_a_zoo_checkpoint_without_a_number(tmp_path: Path) -> None:
    for suffix in (".index", ".data-00000-of-00001"):
        Path(f"{tmp_path / 'model.ckpt'}{suffix}").touch()
    assert is_complete(tmp_path / "model.ckpt")
    assert resolve_prefix(tmp_path) == tmp_path / "model.ckpt"
