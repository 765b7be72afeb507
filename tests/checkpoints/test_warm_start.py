"""Which variables a foreign checkpoint sets, by the original's rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from boxwright.checkpoints.bundle import save_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.warm_start import warm_start

CONV = "FeatureExtractor/InceptionV2/Conv/weights"
MEAN = "FeatureExtractor/InceptionV2/Conv/BatchNorm/moving_mean"
BOX = "BoxPredictor_0/BoxEncodingPredictor/weights"
CLASS = "BoxPredictor_0/ClassPredictor/weights"


def model(classes: int = 3) -> dict[str, tf.Variable]:
    shapes = {CONV: [3, 4], MEAN: [4], BOX: [4, 16], CLASS: [4, classes + 1], "global_step": []}
    return {name: tf.Variable(tf.zeros(shape), name=name) for name, shape in shapes.items()}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    ones = {name: np.ones(variable.shape, np.float32) for name, variable in model(classes=90).items()}
    return save_bundle(tmp_path / "model.ckpt", ones)


def test_detection_restores_the_feature_extractor_only(checkpoint: Path) -> None:
    variables = model()
    result = warm_start(variables, checkpoint)
    assert result.restored == (MEAN, CONV)
    assert result.left == (BOX, CLASS, "global_step")
    assert variables[CONV].numpy().all()
    assert not variables[BOX].numpy().any()
    assert "2 variables restored" in result.summary()


def test_load_all_takes_what_has_the_same_shape_and_never_the_step(checkpoint: Path) -> None:
    variables = model()
    result = warm_start(variables, checkpoint, load_all=True)
    assert result.restored == (BOX, MEAN, CONV)
    assert result.mismatched == {CLASS: ((4, 91), (4, 4))}
    assert not variables[CLASS].numpy().any()
    assert variables["global_step"].numpy() == 0
    assert f"other shape {CLASS}: checkpoint [4, 91], model [4, 4]" in result.report()


def test_classification_maps_the_names_without_the_scope(tmp_path: Path) -> None:
    prefix = save_bundle(tmp_path / "inception.ckpt", {"InceptionV2/Conv/weights": np.ones((3, 4), np.float32)})
    variables = model()
    result = warm_start(variables, prefix, checkpoint_type="classification")
    assert result.restored == (CONV,)
    assert result.missing == (MEAN,)
    assert variables[CONV].numpy().all()


@pytest.mark.parametrize(
    ("tensors", "settings", "message"),
    [
        ({"other": np.ones(3)}, {}, "no variable of this checkpoint fits"),
        ({"_CHECKPOINTABLE_OBJECT_GRAPH": np.array(b"")}, {}, "TensorFlow 2"),
        ({CONV: np.ones((3, 4), np.float32)}, {"checkpoint_type": "fine_tune"}, "fine_tune_checkpoint_type"),
        (None, {}, "cannot be read"),
    ],
)
def test_what_cannot_start_a_training_is_an_error(tmp_path: Path, tensors, settings, message: str) -> None:
    prefix = tmp_path / "model.ckpt"
    if tensors is not None:
        save_bundle(prefix, tensors)
    with pytest.raises(CheckpointError, match=message):
        warm_start(model(), prefix, **settings)
