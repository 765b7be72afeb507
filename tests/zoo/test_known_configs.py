"""The configs of networks whose files come without one say what the originals say."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.pipeline.load import load_pipeline, parse_pipeline
from boxwright.zoo.catalogue import CATALOGUE
from boxwright.zoo.known_configs import KNOWN_CONFIGS, known_config, parse_known_config

ORIGINALS = {
    "ssdlite_mobilenet_v2_coco": "configs/ssdlite_mobilenet_v2_coco.config",
    "ssd_mobilenet_v2_coco": "configs/ssd_mobilenet_v2_coco.config",
    "ssd_mobilenet_v1_coco": "configs/ssd_mobilenet_v1_coco.config",
    "ssd_mobilenet_v1_0.75_depth_coco": "data/weights/ssd_mobilenet_v1_0.75_depth_coco/pipeline.config",
    "ssd_inception_v2_coco": "configs/ssd_inception_v2_coco.config",
    "ssd_mobilenet_v1_fpn_coco": "configs/ssd_mobilenet_v1_fpn_shared_box_predictor_640x640_coco14_sync.config",
    "ssd_resnet_50_fpn_coco": "configs/ssd_resnet50_v1_fpn_shared_box_predictor_640x640_coco14_sync.config",
}


@pytest.mark.parametrize("name", KNOWN_CONFIGS)
def test_a_known_config_is_equal_in_meaning_to_the_original(shared: Path, name: str) -> None:
    ours, original = parse_known_config(name), load_pipeline(shared / ORIGINALS[name])
    if name == "ssd_mobilenet_v2_coco":  # the archive's weights have these, the sample of this name has not
        original.model.ssd.feature_extractor.use_depthwise = True
        original.model.ssd.box_predictor.convolutional_box_predictor.kernel_size = 3
    assert ours.model == original.model
    assert ours.train_config.optimizer == original.train_config.optimizer
    assert list(ours.train_config.data_augmentation_options) == list(original.train_config.data_augmentation_options)
    assert ours.model.ssd.feature_extractor.type == CATALOGUE[name].extractor
    assert parse_pipeline(known_config(name), name=name) == ours
