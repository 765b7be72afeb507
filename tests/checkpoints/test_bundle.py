"""Tensors by name, in and out of the original's files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.checkpoints.bundle import is_complete, read_bundle, save_bundle
from boxwright.checkpoints.errors import CheckpointError

TENSORS = {
    "FeatureExtractor/a/weights": np.arange(12, dtype=np.float32).reshape(3, 4),
    "FeatureExtractor/a/weights/RMSProp": np.ones((3, 4), np.float32),
    "global_step": np.int64(7),
}


def test_a_round_trip_keeps_names_types_and_bits(tmp_path: Path) -> None:
    prefix = save_bundle(tmp_path / "model.ckpt-7", {**TENSORS, "v": tf.Variable([1.5])})
    bundle = read_bundle(prefix)
    assert sorted(bundle) == [*sorted(TENSORS), "v"]
    for name, value in TENSORS.items():
        assert bundle[name].dtype == np.asarray(value).dtype
        np.testing.assert_array_equal(bundle[name], value)
    assert bundle.shapes["global_step"] == ()
    assert {path.name for path in tmp_path.iterdir()} == {
        "model.ckpt-7.index",
        "model.ckpt-7.data-00000-of-00001",
    }


def test_the_originals_checkpoint_reads_with_its_names(golden: Path) -> None:
    bundle = read_bundle(golden / "ssd_inception_v2_a" / "model.ckpt-0")
    names = json.loads((golden / "ssd_inception_v2_a" / "meta.json").read_text())["all_training_variable_names"]
    slots = ("/RMSProp", "/RMSProp_1", "/ExponentialMovingAverage")
    assert set(bundle) == {name for name in names if not name.endswith(slots)}


def test_saving_again_replaces_both_files(tmp_path: Path) -> None:
    save_bundle(tmp_path / "model.ckpt-7", TENSORS)
    save_bundle(tmp_path / "model.ckpt-7", {"other": np.zeros(3, np.float32)})
    assert list(read_bundle(tmp_path / "model.ckpt-7")) == ["other"]


@pytest.mark.parametrize("damage", ["missing data", "cut data", "cut index", "nothing"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, damage: str) -> None:
    prefix = tmp_path / "model.ckpt-7"
    if damage != "nothing":
        save_bundle(prefix, TENSORS)
    data, index = (tmp_path / f"model.ckpt-7{suffix}" for suffix in (".data-00000-of-00001", ".index"))
    if damage == "missing data":
        data.unlink()
    elif damage == "cut data":
        data.write_bytes(data.read_bytes()[:10])
    elif damage == "cut index":
        index.write_bytes(index.read_bytes()[:10])
    with pytest.raises(CheckpointError, match=r"model\.ckpt-7"):
        dict(read_bundle(prefix))


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CheckpointError, match="could not be written"):
        save_bundle(tmp_path / "file" / "model.ckpt-1", TENSORS)
    assert not is_complete(tmp_path / "file" / "model.ckpt-1")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
