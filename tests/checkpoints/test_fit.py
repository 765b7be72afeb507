"""A checkpoint of another network is refused with the names and shapes that differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from boxwright.checkpoints.bundle import save_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.fit import check_fit
from boxwright.detection.model import SsdModel
from boxwright.pipeline.presets import build_preset

STEM = "FeatureExtractor/InceptionV2/Conv2d_1a_7x7/pointwise_weights"


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    config = build_preset("demo", num_classes=90)
    variables = SsdModel(config.model).variables_by_name
    return {name: variable.numpy() for name, variable in variables.items()}


def fit(tmp_path: Path, tensors: dict[str, np.ndarray]) -> int:
    prefix = save_bundle(tmp_path / "model.ckpt", tensors)
    return check_fit(build_preset("demo", num_classes=1), prefix, name="tiny", config_name="its config")


def test_classes_may_differ(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    extractor = [name for name in tensors if name.startswith("FeatureExtractor/")]
    assert fit(tmp_path, tensors) == len(extractor) > 200


def test_another_shape_is_refused_with_both(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    wider = np.concatenate([tensors[STEM]] * 2, axis=-1)
    with pytest.raises(CheckpointError, match=r"^tiny: this checkpoint does not fit its config.* 1 differ") as raised:
        fit(tmp_path, {**tensors, STEM: wider})
    line = f"  {STEM}: config {list(tensors[STEM].shape)}, checkpoint {list(wider.shape)}"
    assert line in str(raised.value).splitlines()


def test_many_differences_are_cut_short(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    with pytest.raises(CheckpointError, match=r"\.\.\. and \d+ more") as raised:
        fit(tmp_path, {name: value[None] for name, value in tensors.items()})
    assert len(str(raised.value).splitlines()) < 20


def test_a_missing_variable_is_named(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    without = {name: value for name, value in tensors.items() if name != STEM}
    with pytest.raises(CheckpointError, match=f"{STEM}: config .*not in the checkpoint"):
        fit(tmp_path, without)


def test_another_network_is_shown_by_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="The checkpoint has FeatureExtractor/MobilenetV1/Conv2d_0/weights"):
        fit(tmp_path, {"FeatureExtractor/MobilenetV1/Conv2d_0/weights": np.zeros((3, 3, 3, 24), np.float32)})


def test_a_checkpoint_of_tensorflow_2_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="TensorFlow 2"):
        fit(tmp_path, {"_CHECKPOINTABLE_OBJECT_GRAPH": np.array(b"")})


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
def test_a_file_that_was_copied_in_part_is_seen(tmp_path: Path, tensors: dict[str, np.ndarray], suffix: str) -> None:
    fit(tmp_path, tensors)
    file = tmp_path / f"model.ckpt{suffix}"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(CheckpointError, match=r"^tiny.*cannot be read"):
        check_fit(build_preset("demo", num_classes=1), tmp_path / "model.ckpt", name="tiny", config_name="its config")
