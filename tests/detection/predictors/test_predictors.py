"""Sharing, clipping and refusals of the box predictors; test_zoo_models.py compares them with the original."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from boxwright.detection.layers import VariableStore
from boxwright.detection.predictors.build import build_box_predictor
from boxwright.detection.predictors.convolutional import dropped
from boxwright.errors import BoxwrightError
from boxwright.pipeline.messages import TrainEvalPipelineConfig

HYPERPARAMS = "conv_hyperparams { initializer { truncated_normal_initializer { stddev: 0.3 } } activation: RELU_6 %s }"
BATCH_NORM = "batch_norm { scale: true }"
SHARED = "WeightSharedConvolutionalBoxPredictor"


def built(text: str, *, channels: tuple[int, ...] = (8, 8), boxes: tuple[int, ...] = (3, 3)) -> tuple[Any, Any]:
    """A predictor of the config in `text`, and the store of its variables."""
    config = text_format.Parse(text, TrainEvalPipelineConfig().model.ssd.box_predictor)
    store = VariableStore(seed=1)
    return build_box_predictor(config, store, channels=channels, boxes_per_location=boxes, num_columns=4), store


def shared(extra: str = "", batch_norm: str = BATCH_NORM, **sizes: Any) -> tuple[Any, Any]:
    fields = f"{HYPERPARAMS % batch_norm} depth: 5 num_layers_before_predictor: 2 {extra}"
    return built(f"weight_shared_convolutional_box_predictor {{ {fields} }}", **sizes)


def maps() -> list[tf.Tensor]:
    return [tf.random.stateless_normal([2, side, side, 8], (1, side)) for side in (4, 2)]


def test_all_maps_share_the_weights() -> None:
    predictor, store = shared()
    boxes, scores = predictor(maps(), False)
    assert boxes.shape == [2, (16 + 4) * 3, 4]
    assert scores.shape == [2, (16 + 4) * 3, 4]
    kernels = [name for name in store.by_name if name.endswith("weights")]
    assert len(kernels) == 6  # two towers of two layers and two heads, whatever the number of maps
    for outputs in predictor([maps()[0]] * 2, False):
        np.testing.assert_array_equal(outputs[:, :48], outputs[:, 48:])


def test_each_map_has_its_own_batch_norm() -> None:
    predictor, store = shared()
    name = f"{SHARED}/BoxPredictionTower/conv2d_0/BatchNorm/feature_{{}}/beta"
    before = predictor(maps(), False)[0].numpy()
    store.by_name[name.format(1)].assign_add(tf.ones([5]))
    after = predictor(maps(), False)[0].numpy()
    np.testing.assert_array_equal(after[:, :48], before[:, :48])
    assert np.abs(after[:, 48:] - before[:, 48:]).max() > 1e-3


def test_what_dropout_drops_is_a_function_of_the_seed_alone() -> None:
    empty = TrainEvalPipelineConfig().model.ssd.box_predictor.convolutional_box_predictor
    config = text_format.Parse("use_dropout: true dropout_keep_probability: 0.75", empty)
    ones = tf.ones([2, 40, 40, 16])
    once, again, other_step, other_map = (
        dropped(ones, config, seed, index).numpy()
        for seed, index in (((3, 7), 0), ((3, 7), 0), ((3, 8), 0), ((3, 7), 1))
    )
    np.testing.assert_array_equal(once, again)
    np.testing.assert_allclose(np.unique(once), [0.0, 1 / 0.75])
    assert abs(once.mean() - 1.0) < 0.01
    for other in (other_step, other_map):
        together = ((once > 0) & (other > 0)).mean()
        assert abs(together - 0.75**2) < 0.01, "the two are not independent"


@pytest.mark.parametrize("kind", ["weight_shared_convolutional_box_predictor", "convolutional_box_predictor"])
def test_dropout_drops_in_training_only_and_before_the_classes_only(kind: str) -> None:
    fields = f"{HYPERPARAMS % ''} kernel_size: 3 use_dropout: true dropout_keep_probability: 0.5"
    predictor, _ = built(f"{kind} {{ {fields} }}")
    boxes, scores = predictor(maps(), True, (1, 1))
    other_boxes, other_scores = predictor(maps(), True, (1, 2))
    np.testing.assert_array_equal(boxes, other_boxes)
    assert np.abs(scores - other_scores).max() > 1e-3
    np.testing.assert_array_equal(predictor(maps(), False, (1, 1))[1], predictor(maps(), False, (1, 2))[1])


def test_one_tower_for_both_heads() -> None:
    _, store = shared("share_prediction_tower: true")
    assert {name.split("/")[1] for name in store.by_name} == {"PredictionTower", "BoxPredictor", "ClassPredictor"}


def test_without_batch_norm_there_are_biases() -> None:
    predictor, store = shared(batch_norm="")
    assert store.by_name[f"{SHARED}/ClassPredictionTower/conv2d_1/biases"].shape == [5]
    assert not any("BatchNorm" in name for name in store.by_name)
    assert predictor(maps(), True)[0].shape == [2, 60, 4]


@pytest.mark.parametrize(
    ("sizes", "says"), [({"channels": (8, 16)}, r"\[8, 16\] channels"), ({"boxes": (3, 6)}, r"\[3, 6\] anchors")]
)
def test_maps_of_different_sizes_are_refused(sizes: dict[str, Any], says: str) -> None:
    with pytest.raises(BoxwrightError, match=says):
        shared(**sizes)


@pytest.mark.parametrize("kind", ["convolutional", "weight_shared_convolutional"])
def test_encodings_are_clipped_to_the_range(kind: str) -> None:
    text = f"{kind}_box_predictor {{ {HYPERPARAMS % ''} kernel_size: 3 %s }}"
    free, clipped = (built(text % extra)[0] for extra in ("", "box_encodings_clip_range { min: -0.5 max: 0.25 }"))
    ours = clipped(maps(), False)[0]
    np.testing.assert_allclose(ours, np.clip(free(maps(), False)[0], -0.5, 0.25), atol=1e-6)
    assert np.abs(free(maps(), False)[0]).max() > 0.5


def test_a_depthwise_predictor_of_one_cell_is_refused() -> None:
    with pytest.raises(BoxwrightError, match="kernel_size: 3"):
        built(f"convolutional_box_predictor {{ {HYPERPARAMS % ''} use_depthwise: true kernel_size: 1 }}")


def test_another_predictor_is_refused_by_name() -> None:
    with pytest.raises(BoxwrightError, match="rfcn_box_predictor"):
        built("rfcn_box_predictor {}")
