"""What every network keeps to, whatever it is made of; a new feature extractor adds its case here and is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from boxwright.checkpoints.bundle import save_bundle
from boxwright.detection.feature_extractors.registry import FEATURE_EXTRACTORS
from boxwright.detection.model import SsdModel
from boxwright.detection.targets import Targets
from boxwright.export.exporter import TOLERANCE, export
from boxwright.inference.detector import FROZEN_GRAPH, Detector
from boxwright.inference.restore import restore_model
from boxwright.pipeline.presets import build_preset
from boxwright.pipeline.support.check import check_supported
from boxwright.pipeline.support.supported_model import FEATURE_EXTRACTORS as RULES
from boxwright.training.step import TrainStep

CLASSES = 3
EXPECTED_FALLS = (1e-2, 1e-3, 1e-4)  # of the loss, as a share of it, if it fell in a straight line
STATISTICS = ("moving_mean", "moving_variance")
PYRAMID = """
  feature_extractor { min_depth: 8 override_base_feature_extractor_hyperparams: true
    fpn { min_level: 3 max_level: 7 additional_layer_depth: 64 } }
  anchor_generator { multiscale_anchor_generator { aspect_ratios: [1.0, 2.0, 0.5] } }
  box_predictor { weight_shared_convolutional_box_predictor {
    depth: 16 num_layers_before_predictor: 2 class_prediction_bias_init: -4.6
    conv_hyperparams { initializer { random_normal_initializer { stddev: 0.01 } } regularizer { l2_regularizer {} }
      activation: RELU_6 batch_norm { decay: 0.97 epsilon: 0.001 scale: true } } } }
  loss { classification_loss { weighted_sigmoid_focal { alpha: 0.25 gamma: 2.0 } } }
  encode_background_as_zeros: true normalize_loc_loss_by_codesize: true
"""
DEPTHWISE = """
  feature_extractor { use_depthwise: true }
  box_predictor { convolutional_box_predictor { use_depthwise: true kernel_size: 3 } }
"""
SLIM = "feature_extractor { override_base_feature_extractor_hyperparams: false }"
PADDED = (
    "image_resizer { keep_aspect_ratio_resizer { min_dimension: 48 max_dimension: 64 pad_to_max_dimension: true } }"
)


def config_of(extractor: str, extra: str) -> Any:
    """A quarter of the width, 64x64 pixels, plain gradient descent; `extra` is merged into the Ssd message."""
    config = build_preset("small", num_classes=CLASSES)
    ssd = config.model.ssd
    ssd.feature_extractor.type = extractor
    ssd.feature_extractor.depth_multiplier = 0.25
    ssd.image_resizer.fixed_shape_resizer.height = ssd.image_resizer.fixed_shape_resizer.width = 64
    text_format.Merge(extra, ssd)
    if ssd.loss.classification_loss.HasField("weighted_sigmoid_focal"):
        ssd.loss.ClearField("hard_example_miner")
    optimizer = config.train_config.optimizer.momentum_optimizer
    optimizer.momentum_optimizer_value = 0.0
    optimizer.learning_rate.constant_learning_rate.learning_rate = 0.001
    return config


def pictures() -> np.ndarray:
    """Two pictures of a bright rectangle before noise."""
    images = np.random.default_rng(3).integers(0, 80, (2, 64, 64, 3)).astype(np.uint8)
    images[0, 8:40, 16:48] += 150
    images[1, 30:60, 4:30] += 100
    return images


def targets_of(model: SsdModel, images: np.ndarray) -> Targets:
    truth = [([[0.125, 0.25, 0.625, 0.75]], [0]), ([[0.47, 0.06, 0.94, 0.47], [0.0, 0.0, 0.3, 0.3]], [2, 1])]
    assigned = [
        model.assign_targets(tf.constant(boxes), tf.constant(classes), tf.ones([len(boxes)]), tf.constant(image))
        for (boxes, classes), image in zip(truth, images, strict=True)
    ]
    return Targets(*(tf.stack(parts) for parts in zip(*assigned, strict=True)))


@pytest.fixture(scope="class")
def config(request: pytest.FixtureRequest) -> Any:
    """The config of the class's network."""
    return config_of(request.cls.extractor, request.cls.extra)


@pytest.fixture(scope="class")
def model(config: Any) -> SsdModel:
    """One model for the tests that do not train it."""
    return SsdModel(config.model, seed=5)


class ModelContract:
    """Build, shapes, names, both modes, a step, a checkpoint, an export."""

    extractor: str
    extra = ""

    def test_its_config_is_supported(self, config: Any) -> None:
        check_supported(config, purpose="train")

    def test_shapes(self, model: SsdModel) -> None:
        predictions = model.predict(model.preprocess(pictures()), training=False)
        extractor = model._feature_extractor
        assert [tuple(tensor.shape[1:3]) for tensor in predictions.feature_maps] == extractor.feature_map_shapes(64, 64)
        assert [tensor.shape[3] for tensor in predictions.feature_maps] == list(extractor.channels)
        anchors = len(model.anchors)
        assert predictions.box_encodings.shape == [2, anchors, 4]
        assert predictions.class_predictions_with_background.shape == [2, anchors, CLASSES + 1]

    def test_names_and_seeds(self, model: SsdModel, config: Any) -> None:
        roots = {name.split("/")[0].rstrip("0123456789") for name in model.variables_by_name}
        assert roots <= {"FeatureExtractor", "BoxPredictor_", "WeightSharedConvolutionalBoxPredictor"}
        assert len(roots) == 2
        assert set(model.trainable_by_name) == {n for n in model.variables_by_name if not n.endswith(STATISTICS)}
        assert set(model.store.l2_weights) <= {n for n in model.variables_by_name if n.endswith("weights")}
        again, other = SsdModel(config.model, seed=5), SsdModel(config.model, seed=6)
        kernels = [n for n in model.trainable_by_name if n.endswith("weights")]
        for kernel in kernels:
            np.testing.assert_array_equal(again.variables_by_name[kernel], model.variables_by_name[kernel])
            assert not np.array_equal(other.variables_by_name[kernel], model.variables_by_name[kernel]), kernel

    def test_statistics_move_in_training_only(self, config: Any) -> None:
        model = SsdModel(config.model, seed=5)
        statistics = {n: v.numpy() for n, v in model.variables_by_name.items() if n.endswith("moving_variance")}
        pixels = model.preprocess(pictures())
        first = model.predict(pixels, training=False)
        again = model.predict(pixels, training=False)
        np.testing.assert_array_equal(first.box_encodings, again.box_encodings)
        for name, before in statistics.items():
            np.testing.assert_array_equal(model.variables_by_name[name], before)
        model.predict(pixels, training=True)
        still = [n for n, before in statistics.items() if np.array_equal(model.variables_by_name[n], before)]
        assert not still

    def test_one_step_lowers_the_loss(self, config: Any) -> None:
        model = SsdModel(config.model, seed=5)
        step, images = TrainStep(model, config.train_config), pictures()
        pixels, targets = model.preprocess(images), targets_of(model, images)
        before = step(pixels, targets, 0.0)
        assert before.gradient_norm > 0
        start = {name: variable.numpy() for name, variable in step.variables_by_name().items()}
        falls = {}
        for expected in EXPECTED_FALLS:  # near enough to the start the slope is the gradient's
            for name, variable in step.variables_by_name().items():
                variable.assign(start[name])
            rate = expected * before.total_loss / before.gradient_norm**2
            assert step(pixels, targets, rate).total_loss == pytest.approx(before.total_loss, rel=1e-4)
            after = step(pixels, targets, 0.0)
            falls[expected] = float((before.total_loss - after.total_loss) / before.total_loss)
        assert any(0.2 * expected < fall < 2 * expected for expected, fall in falls.items()), falls
        total = before.localization_loss + before.classification_loss + before.regularization_loss
        assert before.total_loss == pytest.approx(total, rel=1e-5)

    def test_checkpoint_and_export_round_trip(self, model: SsdModel, config: Any, tmp_path: Path) -> None:
        prefix = save_bundle(tmp_path / "model.ckpt-7", model.variables_by_name)
        restored, step = restore_model(config, prefix)
        assert step == 7
        pixels = model.preprocess(pictures())
        ours, theirs = (one.predict(pixels, training=False) for one in (model, restored))
        np.testing.assert_array_equal(ours.box_encodings, theirs.box_encodings)
        np.testing.assert_array_equal(ours.class_predictions_with_background, theirs.class_predictions_with_background)
        image = np.tile(pictures()[0], (1, 2, 1))  # twice as wide as high
        report = export(config, prefix, tmp_path / "export", images=[image])
        assert report.largest_difference <= TOLERANCE
        outputs = Detector.open(tmp_path / "export" / FROZEN_GRAPH).run(image[np.newaxis])
        assert outputs["detection_boxes"].shape == (1, 100, 4)
        assert outputs["raw_detection_scores"].shape == (1, len(model.anchors), CLASSES + 1)


class TestInceptionV2(ModelContract):
    extractor = "ssd_inception_v2"


class TestMobilenetV1(ModelContract):
    extractor, extra = "ssd_mobilenet_v1", SLIM


class TestMobilenetV2(ModelContract):
    extractor, extra = "ssd_mobilenet_v2", SLIM


class TestSsdliteMobilenetV2(ModelContract):
    extractor, extra = "ssd_mobilenet_v2", DEPTHWISE + PADDED


class TestMobilenetV1Fpn(ModelContract):
    extractor, extra = "ssd_mobilenet_v1_fpn", PYRAMID


class TestResnet50V1Fpn(ModelContract):
    extractor, extra = "ssd_resnet50_v1_fpn", PYRAMID


def test_every_network_keeps_the_contract_and_has_a_rule() -> None:
    held = {contract.extractor for contract in ModelContract.__subclasses__()}
    assert held == set(FEATURE_EXTRACTORS) == set(RULES)
