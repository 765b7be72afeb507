"""Classes keep their rows of the predictors by name, whatever their order and number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from boxwright.checkpoints.bundle import save_bundle
from boxwright.checkpoints.class_rows import rows_by_name
from boxwright.checkpoints.warm_start import warm_start

ANCHORS = 3
BEFORE = {"dog": 1, "cat": 2}


def predictor(num_classes: int, start: float) -> np.ndarray:
    """Return weights [1, 1, 2, anchors * slots] in which every number is another one."""
    count = 2 * ANCHORS * (1 + num_classes)
    return (start + np.arange(count, dtype=np.float32)).reshape(1, 1, 2, -1)


def row(value: np.ndarray, number: int) -> np.ndarray:
    return value.reshape(2, ANCHORS, -1)[..., number]


def test_old_classes_keep_their_rows_and_a_new_one_starts_fresh() -> None:
    there, fresh = predictor(2, 0.0), predictor(3, 1000.0)
    now = {"cat": 1, "person": 2, "dog": 3}
    taken = rows_by_name(BEFORE, now, 3).take("BoxPredictor_0/ClassPredictor/weights", there, fresh)
    assert taken.shape == fresh.shape
    for new, old in ((0, 0), (1, 2), (3, 1)):
        np.testing.assert_array_equal(row(taken, new), row(there, old))
    np.testing.assert_array_equal(row(taken, 2), row(fresh, 2))


def test_a_dropped_class_leaves_and_a_renamed_one_keeps_its_row() -> None:
    assert rows_by_name(BEFORE, {"cat": 1}, 1).sources == {1: 2}
    assert rows_by_name(BEFORE, {"hound": 1, "cat": 2}, 2).sources == {1: 1, 2: 2}


def test_other_variables_are_taken_as_they_are() -> None:
    there, fresh = np.zeros([4], np.float32), np.ones([4], np.float32)
    rows = rows_by_name(BEFORE, BEFORE, 2)
    assert rows.take("BoxPredictor_0/BoxEncodingPredictor/biases", there, fresh) is there


def test_a_checkpoint_of_fewer_classes_fills_the_predictor(tmp_path: Path) -> None:
    name = "BoxPredictor_0/ClassPredictor/biases"
    there = np.arange(ANCHORS * 3, dtype=np.float32)
    prefix = save_bundle(tmp_path / "model.ckpt-1", {name: there})
    variables = {name: tf.Variable(tf.fill([ANCHORS * 4], -1.0))}
    rows = rows_by_name(BEFORE, {**BEFORE, "person": 3}, 3)
    result = warm_start(variables, prefix, load_all=True, rows=rows)
    assert result.restored == (name,)
    expected = [[0, 1, 2, -1], [3, 4, 5, -1], [6, 7, 8, -1]]
    np.testing.assert_array_equal(variables[name].numpy().reshape(ANCHORS, 4), expected)
