"""Matcher: every field of the message, against plain loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.matcher import ArgMaxMatcher
from boxwright.errors import BoxwrightError
from boxwright.pipeline.load import load_pipeline

SETTINGS = [
    {},
    {"force_match_for_each_row": False},
    {"matched_threshold": 0.7, "unmatched_threshold": 0.3},
    {"matched_threshold": 0.7, "unmatched_threshold": 0.3, "negatives_lower_than_unmatched": False},
    {"ignore_thresholds": True},
    {"ignore_thresholds": True, "force_match_for_each_row": False},
]


@pytest.fixture
def config(golden_a: Path) -> Any:
    return load_pipeline(golden_a / "pipeline.config").model.ssd.matcher.argmax_matcher


def set_fields(message: Any, values: dict[str, Any]) -> Any:
    for name, value in values.items():
        setattr(message, name, value)
    return message


def plain_match(similarity: np.ndarray, valid: np.ndarray, config: Any) -> list[int]:
    """Column by column, then row by row from the last, so that the first row wins an anchor two rows want."""
    below, between = (-1, -2) if config.negatives_lower_than_unmatched else (-2, -1)
    matches = []
    for column in similarity.T:
        if column.size == 0:
            matches.append(-1)
            continue
        best = int(np.argmax(column))
        if config.ignore_thresholds or column[best] >= np.float32(config.matched_threshold):
            matches.append(best)
        else:
            matches.append(below if column[best] < np.float32(config.unmatched_threshold) else between)
    if config.force_match_for_each_row:
        for row in reversed(range(len(similarity))):
            if valid[row]:
                matches[int(np.argmax(similarity[row]))] = row
    return matches


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("seed", range(8))
def test_same_as_plain_loops(config: Any, settings: dict[str, Any], seed: int) -> None:
    set_fields(config, settings)
    random = np.random.default_rng(seed)
    count = int(random.integers(0, 7))
    # Tenths make ties between boxes and values exactly on a threshold.
    similarity = (random.integers(0, 11, (count, 30)) / np.float32(10)).astype(np.float32)
    valid = random.random(count) < 0.7
    ours = ArgMaxMatcher(config).match(tf.constant(similarity), tf.constant(valid, tf.bool))
    assert ours.dtype == tf.int32
    assert ours.numpy().tolist() == plain_match(similarity, valid, config)


def test_two_boxes_with_the_same_best_anchor(config: Any) -> None:
    similarity = tf.constant([[0.1, 0.3, 0.2], [0.1, 0.4, 0.2]])
    matches = ArgMaxMatcher(config).match(similarity, tf.constant([True, True]))
    assert matches.numpy().tolist() == [-1, 0, -1]


def test_a_dynamic_number_of_boxes(config: Any) -> None:
    traced = tf.function(
        ArgMaxMatcher(config).match, input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([None], tf.bool)]
    )
    assert traced(tf.zeros([0, 3]), tf.zeros([0], tf.bool)).numpy().tolist() == [-1, -1, -1]
    assert traced(tf.constant([[0.2, 0.6, 0.1]]), tf.constant([False])).numpy().tolist() == [-1, 0, -1]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"matched_threshold": 0.4, "unmatched_threshold": 0.5}, "0.5 is above"),
        ({"negatives_lower_than_unmatched": False}, "negatives_lower_than_unmatched"),
    ],
)
def test_contradicting_thresholds_are_refused(config: Any, settings: dict[str, Any], name: str) -> None:
    with pytest.raises(BoxwrightError, match=name):
        ArgMaxMatcher(set_fields(config, settings))
