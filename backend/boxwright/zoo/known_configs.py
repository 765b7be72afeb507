"""The pipeline.config of networks whose weights are also distributed without one."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

from google.protobuf import text_format

from boxwright.pipeline import messages
from boxwright.pipeline.load import parse_pipeline
from boxwright.pipeline.presets import build_preset

COCO_CLASSES = 90

Config = messages.TrainEvalPipelineConfig


def _file(name: str) -> Config:
    data = resources.files("boxwright.zoo").joinpath("configs").joinpath(f"{name}.config").read_bytes()
    return parse_pipeline(data, name=f"The config of {name}")


def _ssdlite_v2() -> Config:
    return _file("ssdlite_mobilenet_v2_coco")


def _v2() -> Config:
    """The zoo's archive: depthwise extra layers and predictors of 3x3, unlike the sample of the same name."""
    config = _ssdlite_v2()
    config.model.ssd.box_predictor.convolutional_box_predictor.ClearField("use_depthwise")
    return config


def _v1() -> Config:
    config = _v2()
    ssd = config.model.ssd
    ssd.feature_extractor.type = "ssd_mobilenet_v1"
    ssd.feature_extractor.ClearField("use_depthwise")
    ssd.box_predictor.convolutional_box_predictor.kernel_size = 1
    ssd.loss.hard_example_miner.min_negatives_per_image = 0
    return config


def _v1_075() -> Config:
    """Trained on TPUs: focal loss, momentum, quicker statistics."""
    config = _v1()
    ssd, sharp = config.model.ssd, _fpn("ssd_mobilenet_v1_fpn")
    ssd.feature_extractor.depth_multiplier = 0.75
    ssd.feature_extractor.override_base_feature_extractor_hyperparams = True
    predictor = ssd.box_predictor.convolutional_box_predictor
    predictor.class_prediction_bias_init = -4.6
    for hyperparams in (ssd.feature_extractor.conv_hyperparams, predictor.conv_hyperparams):
        normal = hyperparams.initializer.random_normal_initializer
        normal.mean, normal.stddev = 0.0, 0.01
        hyperparams.batch_norm.decay = 0.97
        hyperparams.batch_norm.ClearField("train")
    ssd.loss.CopyFrom(sharp.model.ssd.loss)
    ssd.loss.classification_loss.weighted_sigmoid_focal.alpha = 0.75
    ssd.normalize_loc_loss_by_codesize = ssd.encode_background_as_zeros = ssd.inplace_batchnorm_update = True
    ssd.freeze_batchnorm = False
    ssd.matcher.argmax_matcher.use_matmul_gather = True
    optimizer = config.train_config.optimizer
    optimizer.CopyFrom(sharp.train_config.optimizer)
    cosine = optimizer.momentum_optimizer.learning_rate.cosine_decay_learning_rate
    cosine.learning_rate_base, cosine.warmup_learning_rate, cosine.total_steps = 0.2, 0.06, 50_000
    return config


def _fpn(extractor: str) -> Config:
    config = _file("ssd_mobilenet_v1_fpn_coco")
    config.model.ssd.feature_extractor.type = extractor
    if extractor == "ssd_resnet50_v1_fpn":
        own = config.model.ssd.feature_extractor.conv_hyperparams
        shared = config.model.ssd.box_predictor.weight_shared_convolutional_box_predictor.conv_hyperparams
        own.regularizer.l2_regularizer.weight = shared.regularizer.l2_regularizer.weight = 4e-4
        own.initializer.truncated_normal_initializer.mean = 0.0
        own.initializer.truncated_normal_initializer.stddev = 0.03
    return config


_BUILDERS: dict[str, Callable[[], Config]] = {
    "ssdlite_mobilenet_v2_coco": _ssdlite_v2,
    "ssd_mobilenet_v2_coco": _v2,
    "ssd_mobilenet_v1_coco": _v1,
    "ssd_mobilenet_v1_0.75_depth_coco": _v1_075,
    "ssd_inception_v2_coco": lambda: build_preset("ssd_inception_v2", num_classes=COCO_CLASSES),
    "ssd_mobilenet_v1_fpn_coco": lambda: _fpn("ssd_mobilenet_v1_fpn"),
    "ssd_resnet_50_fpn_coco": lambda: _fpn("ssd_resnet50_v1_fpn"),
}

KNOWN_CONFIGS = tuple(_BUILDERS)
"""Names of the catalogue."""


def known_config(name: str) -> bytes:
    """Return the text of the pipeline.config of a model in KNOWN_CONFIGS."""
    return text_format.MessageToString(parse_known_config(name)).encode()


def parse_known_config(name: str) -> Config:
    """Return the pipeline.config of a model in KNOWN_CONFIGS as a message."""
    return _BUILDERS[name]()
