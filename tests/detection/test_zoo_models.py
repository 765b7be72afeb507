"""Each network of the zoo against the original's numbers: names, maps, predictions, targets, losses, detections."""

from __future__ import annotations

import gc
import gzip
import json
import runpy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.pipeline.load import load_pipeline
from golden_data import assert_same_detections, ground_truth, load_weights

# How much the feature maps, box encodings and class predictions move at most when each weight moves by 1e-7 of itself,
# measured with our own network: rounding, no more. The tolerance is ten times that.
NOISE = {
    "ssd_mobilenet_v1": (5e-5, 1.8e-5, 2.8e-5),
    "ssd_mobilenet_v2": (3.6e-5, 1.3e-5, 2.1e-5),
    "ssdlite_mobilenet_v2": (1.2e-4, 3.6e-5, 3.6e-5),
    "ssd_mobilenet_v1_fpn": (1.6e-5, 6.8e-6, 8.3e-6),
    "ssd_resnet50_v1_fpn": (5.4e-5, 8.9e-6, 1.2e-5),
}
CONFIGS = {
    "ssd_mobilenet_v1": "ssd_mobilenet_v1_coco.config",
    "ssd_mobilenet_v2": "ssd_mobilenet_v2_coco.config",
    "ssdlite_mobilenet_v2": "ssdlite_mobilenet_v2_coco.config",
    "ssd_mobilenet_v1_fpn": "ssd_mobilenet_v1_fpn_shared_box_predictor_640x640_coco14_sync.config",
    "ssd_resnet50_v1_fpn": "ssd_resnet50_v1_fpn_shared_box_predictor_640x640_coco14_sync.config",
}


@dataclass(frozen=True)
class Golden:
    """A network with the original's weights, and what the original computed with them."""

    model: SsdModel
    folder: Path
    noise: tuple[float, float, float]

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        return dict(np.load(self.folder / f"{name}.npz"))


@pytest.fixture(scope="module", params=NOISE)
def network(request: pytest.FixtureRequest, shared: Path) -> Iterator[Golden]:
    folder = shared / "golden" / f"forward_{request.param}"
    model = SsdModel(load_pipeline(folder / "pipeline.config").model)
    if (folder / "gen_weights.py").exists():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # the script leaves its file to be closed
            weights = runpy.run_path(str(folder / "gen_weights.py"))["gen"](str(folder))
            gc.collect()
        for name, variable in model.variables_by_name.items():
            variable.assign(weights[name])
    else:
        load_weights(model, folder / "model.ckpt-0")
    yield Golden(model, folder, NOISE[request.param])


def test_forward_within_rounding_of_the_original(network: Golden) -> None:
    expected, (maps, boxes, classes) = network.arrays("forward"), network.noise
    pixels = network.model.preprocess(tf.constant(expected["images_uint8"]))
    np.testing.assert_allclose(pixels, expected["preprocessed"], atol=1e-5)
    predictions = network.model.predict(pixels, training=False)
    for index, feature_map in enumerate(predictions.feature_maps):
        np.testing.assert_allclose(feature_map, expected[f"feature_map_{index}"], rtol=0, atol=10 * maps)
    assert f"feature_map_{len(predictions.feature_maps)}" not in expected
    np.testing.assert_allclose(predictions.box_encodings, expected["box_encodings"], rtol=0, atol=10 * boxes)
    np.testing.assert_allclose(
        predictions.class_predictions_with_background,
        expected["class_predictions_with_background"],
        rtol=0,
        atol=10 * classes,
    )
    np.testing.assert_array_equal(network.model.anchors, expected["anchors"])


def test_targets_losses_and_detections_as_the_original(network: Golden) -> None:
    model, expected = network.model, network.arrays("losses_infer_bn")
    forward = network.arrays("forward")
    truth = ground_truth(expected, len(forward["images_uint8"]))
    images = [model.target_assigner.assign(tf.constant(boxes), tf.constant(classes)) for boxes, classes in truth]
    targets = Targets(*(tf.stack(parts) for parts in zip(*images, strict=True)))
    np.testing.assert_array_equal(targets.match, expected["match"])
    np.testing.assert_array_equal(targets.cls_weights, expected["cls_weights"])
    np.testing.assert_array_equal(targets.reg_weights, expected["reg_weights"])
    np.testing.assert_array_equal(np.argmax(targets.cls_targets, -1), expected["cls_targets_argmax"])
    predictions = model.predict(tf.constant(forward["preprocessed"]), training=False)
    losses = model.loss(predictions, targets)
    np.testing.assert_allclose(losses.localization, expected["localization_loss"], rtol=1e-4)
    np.testing.assert_allclose(losses.classification, expected["classification_loss"], rtol=1e-4)
    detections = model.postprocess(predictions)
    found = network.arrays("postprocess")
    np.testing.assert_array_equal(detections["num_detections"], found["num_detections"])
    np.testing.assert_allclose(detections["detection_scores"], found["detection_scores"], atol=1e-4)
    assert_same_detections(detections, found)


@pytest.fixture(scope="module")
def variable_lists(golden: Path) -> dict[str, Any]:
    with gzip.open(golden / "variables" / "zoo_models.json.gz") as stream:
        return json.load(stream)


@pytest.mark.parametrize("name", CONFIGS)
def test_variables_of_the_full_size_have_the_original_names_and_shapes(
    name: str, shared: Path, variable_lists: dict[str, Any]
) -> None:
    facts = variable_lists[name]
    model = SsdModel(load_pipeline(shared / "configs" / CONFIGS[name]).model)
    assert {variable: list(value.shape) for variable, value in model.variables_by_name.items()} == facts["shapes"]
    assert set(model.trainable_by_name) == {
        variable for variable in facts["shapes"] if not variable.endswith(("moving_mean", "moving_variance"))
    }
    assert len(model.store.l2_weights) == facts["regularization_terms"]


@pytest.mark.parametrize(
    ("name", "config", "adjust"),
    [
        ("zoo_ssd_mobilenet_v1_coco_2018_01_28", "ssd_mobilenet_v1_coco.config", {}),
        # The zoo trained its V2 with depthwise extra layers and 3x3 predictors.
        ("zoo_ssd_mobilenet_v2_coco_2018_03_29", "ssd_mobilenet_v2_coco.config", {"use_depthwise": True, "kernel": 3}),
    ],
)
def test_real_zoo_checkpoints_fit(
    name: str, config: str, adjust: dict[str, Any], shared: Path, variable_lists: dict[str, Any]
) -> None:
    pipeline = load_pipeline(shared / "configs" / config)
    pipeline.model.ssd.feature_extractor.use_depthwise = adjust.get("use_depthwise", False)
    pipeline.model.ssd.box_predictor.convolutional_box_predictor.kernel_size = adjust.get("kernel", 1)
    ours = {variable: list(value.shape) for variable, value in SsdModel(pipeline.model).variables_by_name.items()}
    assert {variable: variable_lists[name].get(variable) for variable in ours} == ours


def test_detections_in_padded_images_as_the_original(shared: Path, golden: Path) -> None:
    """Boxes are normalised to the photo, not to the padded input."""
    folder = shared / "golden" / "forward_ssd_mobilenet_v1"
    config = load_pipeline(folder / "pipeline.config").model
    resizer = config.ssd.image_resizer.keep_aspect_ratio_resizer
    resizer.min_dimension, resizer.max_dimension, resizer.pad_to_max_dimension = 200, 300, True
    model = SsdModel(config)
    load_weights(model, folder / "model.ckpt-0")
    images = np.load(folder / "forward.npz")["images_uint8"][:, :210]
    expected = np.load(golden / "resize" / "padded_detections.npz")
    predictions = model.predict(model.preprocess(images), training=False)
    for window in (model.content_window(210, 300), model.content_window(np.array([210, 210]), np.array([300, 300]))):
        found = model.postprocess(predictions, window)
        for name in ("detection_boxes", "detection_scores", "detection_classes", "num_detections"):
            np.testing.assert_allclose(found[name], expected[name], atol=1e-4)
    assert np.abs(model.postprocess(predictions)["detection_boxes"] - expected["detection_boxes"]).max() > 0.1
    boxes = tf.constant([[0.1, 0.2, 0.5, 0.6]])
    padded = boxes * [200 / 300, 286 / 300, 200 / 300, 286 / 300]
    ours = model.assign_targets(boxes, tf.constant([1]), tf.ones([1]), tf.constant(images[0]))
    for one, other in zip(ours, model.target_assigner.assign(padded, tf.constant([1])), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
