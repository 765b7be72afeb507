"""The whole network against the original's numbers: names, maps, predictions, losses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.errors import BoxwrightError
from boxwright.pipeline.load import load_pipeline
from golden_data import ground_truth, load_weights


@pytest.fixture(scope="module")
def forward(golden_a: Path) -> dict[str, np.ndarray]:
    return dict(np.load(golden_a / "forward.npz"))


@pytest.fixture(scope="module")
def full_size(golden_a: Path) -> SsdModel:
    """The tutorial's model at full depth for COCO's 90 classes, freshly initialised."""
    config = load_pipeline(golden_a / "pipeline.config")
    config.model.ssd.num_classes = 90
    config.model.ssd.feature_extractor.depth_multiplier = 1.0
    return SsdModel(config.model, seed=7)


def batch_targets(model: SsdModel, truth: list[tuple[np.ndarray, np.ndarray]]) -> Targets:
    images = [model.target_assigner.assign(tf.constant(boxes), tf.constant(classes)) for boxes, classes in truth]
    return Targets(*(tf.stack(parts) for parts in zip(*images, strict=True)))


def test_preprocess_and_resize_as_the_original(golden_model: SsdModel, golden_a: Path) -> None:
    arrays = np.load(golden_a / "preprocess.npz")
    image = arrays["raw_image_uint8"][None].astype(np.float32)
    np.testing.assert_allclose(golden_model.preprocess(image), arrays["preprocessed"], atol=1e-5)


def test_forward_within_rounding_of_the_original(
    golden_model: SsdModel, forward: dict[str, np.ndarray], golden_meta: dict[str, Any]
) -> None:
    noise = golden_meta["forward_perturb1e7_maxabs"]
    predictions = golden_model.predict(tf.constant(forward["preprocessed"]), training=False)
    for index, feature_map in enumerate(predictions.feature_maps):
        np.testing.assert_allclose(
            feature_map, forward[f"feature_map_{index}"], rtol=0, atol=10 * noise["feats"][index]
        )
    np.testing.assert_allclose(predictions.box_encodings, forward["box_encodings"], rtol=0, atol=10 * noise["box"])
    np.testing.assert_allclose(
        predictions.class_predictions_with_background,
        forward["class_predictions_with_background"],
        rtol=0,
        atol=10 * noise["cls"],
    )
    np.testing.assert_allclose(golden_model.anchors, forward["anchors"], atol=1e-6)


@pytest.mark.parametrize(("mode", "training"), [("infer_bn", False), ("train_bn", True)])
def test_losses_as_the_original(golden_model: SsdModel, golden_a: Path, mode: str, training: bool) -> None:
    arrays = np.load(golden_a / "losses.npz")
    batch = np.load(golden_a / "train_batches.npz")["batch0_images_uint8"]
    images = golden_model.preprocess(tf.constant(batch, tf.float32))
    try:
        predictions = golden_model.predict(images, training=training)
        losses = golden_model.loss(predictions, batch_targets(golden_model, ground_truth(arrays, 4)))
    finally:
        load_weights(golden_model, golden_a / "model.ckpt-0")  # the training pass moved the statistics
    np.testing.assert_allclose(losses.localization, arrays[f"{mode}_mined_localization_loss"], rtol=1e-4)
    np.testing.assert_allclose(losses.classification, arrays[f"{mode}_mined_classification_loss"], rtol=1e-4)
    np.testing.assert_allclose(
        golden_model.regularization_loss(), arrays[f"{mode}_mined_regularization_loss"], rtol=1e-4
    )


@pytest.mark.parametrize(("height", "width"), [(300, 300), (224, 224), (257, 511), (64, 40)])
def test_feature_map_shapes_are_those_of_the_maps(golden_model: SsdModel, height: int, width: int) -> None:
    maps = golden_model._feature_extractor(tf.zeros([1, height, width, 3]), training=False)
    shapes = golden_model._feature_extractor.feature_map_shapes(height, width)
    assert [tuple(tensor.shape[1:3]) for tensor in maps] == shapes


def test_variables_have_the_original_names_and_shapes(full_size: SsdModel, golden: Path) -> None:
    facts = json.loads((golden / "variables" / "ssd_inception_v2.json").read_text())
    expected = {v["name"]: tuple(v["shape"]) for v in facts["variables"] if v["name"] != "global_step"}
    assert {name: tuple(v.shape) for name, v in full_size.variables_by_name.items()} == expected
    trainable = {v["name"] for v in facts["variables"] if v["trainable"]}
    assert set(full_size.trainable_by_name) == trainable
    assert len(full_size.store.l2_weights) == facts["n_regularization_terms"] == 90


def test_real_zoo_checkpoint_fits(full_size: SsdModel, golden: Path) -> None:
    zoo = json.loads((golden / "variables" / "zoo_ssd_inception_v2_coco.json").read_text())
    ours = {name: list(v.shape) for name, v in full_size.variables_by_name.items()}
    assert {name: zoo.get(name) for name in ours} == ours


def test_initial_values_have_the_original_statistics(full_size: SsdModel, golden: Path) -> None:
    facts = json.loads((golden / "extras" / "init_stats_ssd_inception_v2.json").read_text())["init"]
    for name, variable in full_size.variables_by_name.items():
        if "ClassPredictor" in name:
            continue  # the facts have one class, this model 90
        values, expected = variable.numpy(), facts[name]
        assert values.std() == pytest.approx(expected["std"], rel=0.08 if values.size > 1000 else 0.15, abs=1e-6), name
        assert np.abs(values).max() <= expected["absmax"] * 1.1 + 1e-6, name


def test_same_seed_same_weights(golden_a: Path) -> None:
    config = load_pipeline(golden_a / "pipeline.config").model
    first, second, other = (SsdModel(config, seed=seed) for seed in (3, 3, 4))
    name = "BoxPredictor_0/ClassPredictor/weights"
    np.testing.assert_array_equal(first.variables_by_name[name], second.variables_by_name[name])
    assert not np.array_equal(first.variables_by_name[name], other.variables_by_name[name])


def test_training_moves_the_statistics_and_inference_does_not(golden_model: SsdModel, golden_a: Path) -> None:
    name = "FeatureExtractor/InceptionV2/Conv2d_1a_7x7/BatchNorm/moving_variance"
    images = tf.random.stateless_normal([2, 300, 300, 3], (1, 2))
    before = golden_model.variables_by_name[name].numpy()
    golden_model.predict(images, training=False)
    np.testing.assert_array_equal(golden_model.variables_by_name[name], before)
    golden_model.predict(images, training=True)
    assert not np.array_equal(golden_model.variables_by_name[name], before)
    load_weights(golden_model, golden_a / "model.ckpt-0")


def test_unknown_feature_extractor_names_what_there_is(golden_a: Path) -> None:
    config = load_pipeline(golden_a / "pipeline.config").model
    config.ssd.feature_extractor.type = "ssd_mobilenet_v9"
    with pytest.raises(BoxwrightError, match=r"ssd_mobilenet_v9.*ssd_inception_v2"):
        SsdModel(config)


def test_base_network_without_config_hyperparams_is_refused(golden_a: Path) -> None:
    config = load_pipeline(golden_a / "pipeline.config").model
    config.ssd.feature_extractor.override_base_feature_extractor_hyperparams = False
    with pytest.raises(BoxwrightError, match="override_base_feature_extractor_hyperparams: true"):
        SsdModel(config)
