"""Hard example miner: every field of the message, against greedy loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.losses.decisive_anchors import decisive_anchors
from boxwright.detection.losses.hard_example_miner import HardExampleMiner, MinedSelection, selection_mask
from boxwright.pipeline.load import load_pipeline

ANCHORS = 120
SETTINGS = [
    {},
    {"iou_threshold": 0.5},
    {"iou_threshold": 0.5, "num_hard_examples": 15},
    {"iou_threshold": 0.7, "max_negatives_per_positive": 0},
    {"iou_threshold": 0.7, "num_hard_examples": 0},
    {"iou_threshold": 0.7, "min_negatives_per_image": 12, "max_negatives_per_positive": 1},
    {"iou_threshold": 0.6, "loss_type": 0},
    {"iou_threshold": 0.6, "loss_type": 2},
]


@pytest.fixture
def config(golden_a: Path) -> Any:
    return load_pipeline(golden_a / "pipeline.config").model.ssd.loss


def random_case(
    seed: int, positives: float = 0.1, anchors: int = ANCHORS, spread: float = 0.02
) -> tuple[np.ndarray, ...]:
    """Losses in quarters, so that ties are common, and clustered boxes, so that many overlap."""
    random = np.random.default_rng(seed)
    losses = (random.integers(0, 40, (2, 3, anchors)) / 4).astype(np.float32)
    cluster = random.uniform(0, 0.6, (3, 8, 2))[np.arange(3)[:, None], random.integers(0, 8, (3, anchors))]
    corner = cluster + random.normal(0, spread, (3, anchors, 2))
    size = random.uniform(0.2 - spread, 0.2 + spread, (3, anchors, 2))
    boxes = np.concatenate([corner, corner + size], axis=-1).astype(np.float32)
    boxes[:, 1::7] = boxes[:, 0::7][:, : boxes[:, 1::7].shape[1]]  # the same box twice
    chance = random.random((3, anchors))
    match = np.where(chance < positives, 1, np.where(chance < 0.9, -1, -2)).astype(np.int32)
    return losses[0], losses[1], boxes, match


def iou(a: np.ndarray, b: np.ndarray) -> float:
    height = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return height * width / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - height * width)


def plain_select(
    config: Any, location: np.ndarray, classification: np.ndarray, boxes: np.ndarray, match: np.ndarray
) -> list[int]:
    """One image, one anchor after the other."""
    miner = config.hard_example_miner
    kind = type(miner).LossType.Name(miner.loss_type)
    both = classification * config.classification_weight + location * config.localization_weight
    losses = {"BOTH": both, "CLASSIFICATION": classification, "LOCALIZATION": location}[kind]
    survivors: list[int] = []
    for anchor in sorted(range(len(losses)), key=lambda index: (-losses[index], index)):
        if miner.num_hard_examples and len(survivors) == miner.num_hard_examples:
            break
        if all(iou(boxes[anchor], boxes[other]) <= miner.iou_threshold for other in survivors):
            survivors.append(anchor)
    if not miner.max_negatives_per_positive:
        return survivors
    positives = sum(match[anchor] >= 0 for anchor in survivors)
    quota = max(miner.min_negatives_per_image, miner.max_negatives_per_positive * positives)
    kept, negatives = [], 0
    for anchor in survivors:
        negatives += match[anchor] == -1
        if match[anchor] >= 0 or negatives <= quota:
            kept.append(anchor)
    return kept


def rows(selection: MinedSelection) -> list[list[int]]:
    return [[index for index in row if index >= 0] for row in selection.indices.numpy().tolist()]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_same_as_greedy_loops(config: Any, settings: dict[str, Any], seed: int) -> None:
    config.localization_weight, config.classification_weight = 1.5, 0.5
    for name, value in settings.items():
        setattr(config.hard_example_miner, name, value)
    location, classification, boxes, match = random_case(seed)
    selection = HardExampleMiner(config).select(*map(tf.constant, (location, classification, boxes, match)))
    for image, row in enumerate(rows(selection)):
        assert row == plain_select(config, location[image], classification[image], boxes[image], match[image])
        assert selection.num_positives[image] == sum(match[image][index] >= 0 for index in row)
        assert selection.num_negatives[image] == len(row) - selection.num_positives[image]


def test_no_positives_no_negatives(config: Any) -> None:
    location, classification, boxes, match = random_case(9, positives=0.0)
    match[:] = -1
    selection = HardExampleMiner(config).select(*map(tf.constant, (location, classification, boxes, match)))
    assert rows(selection) == [[], [], []]
    config.hard_example_miner.min_negatives_per_image = 5
    selection = HardExampleMiner(config).select(*map(tf.constant, (location, classification, boxes, match)))
    assert [len(row) for row in rows(selection)] == [5, 5, 5]


@pytest.mark.parametrize("iou_threshold", [0.5, 0.8, 0.9, 0.97])
@pytest.mark.parametrize("positives", [0.004, 0.02, 0.3])
@pytest.mark.parametrize("seed", range(2))
def test_mining_among_the_decisive_anchors_gives_the_same_selection(
    config: Any, iou_threshold: float, positives: float, seed: int
) -> None:
    """From sets that are enough at once to chains of overlaps and to too many suppressed, where all are looked at."""
    config.hard_example_miner.iou_threshold = iou_threshold
    location, classification, boxes, match = random_case(seed, positives, anchors=600, spread=0.01)
    selection = HardExampleMiner(config).select(*map(tf.constant, (location, classification, boxes, match)))
    for image, row in enumerate(rows(selection)):
        assert row == plain_select(config, location[image], classification[image], boxes[image], match[image])


def test_the_decisive_anchors_are_few_and_closed() -> None:
    _, losses, boxes, match = random_case(1, 0.02, anchors=600, spread=0.002)
    quota = tf.constant([30, 30, 30])
    decisive, hardest = decisive_anchors(*map(tf.constant, (losses, boxes, match)), quota, 0.97)
    decisive, hardest = decisive.numpy(), hardest.numpy()
    assert (hardest <= decisive).all()
    assert decisive[match >= 0].all()
    assert hardest.sum() < decisive.sum() < 0.8 * decisive.size
    for image in range(3):
        for member in np.flatnonzero(decisive[image]):
            for other in np.flatnonzero((losses[image] > losses[image, member]) & ~decisive[image]):
                assert iou(boxes[image, member], boxes[image, other]) <= 0.97


def test_mask_has_a_one_for_each_selected_anchor() -> None:
    indices = tf.constant([[2, -1, 0, -1], [-1, -1, -1, -1]])
    mask = selection_mask(MinedSelection(indices, None, None), 4)
    assert mask.numpy().tolist() == [[1, 0, 1, 0], [0, 0, 0, 0]]


def test_a_dynamic_batch_inside_a_function(config: Any) -> None:
    location, classification, boxes, match = random_case(11)
    signature = [
        tf.TensorSpec([None, ANCHORS]),
        tf.TensorSpec([None, ANCHORS]),
        tf.TensorSpec([None, ANCHORS, 4]),
        tf.TensorSpec([None, ANCHORS], tf.int32),
    ]
    traced = tf.function(HardExampleMiner(config).select, input_signature=signature)
    assert rows(traced(location, classification, boxes, match)) == rows(
        HardExampleMiner(config).select(*map(tf.constant, (location, classification, boxes, match)))
    )
