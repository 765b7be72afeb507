"""The hyperparameters of base networks, from the config and their own, measured on the original."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from boxwright.detection.feature_extractors.registry import build_feature_extractor
from boxwright.detection.layers import VariableStore
from boxwright.pipeline.presets import build_preset

ADDED = ("fpn/", "_1_Conv2d_", "_2_Conv2d_")  # what SSD puts behind the base network


def built(name: str, *, override: bool) -> VariableStore:
    """A network whose config says stddev 0.03, decay 0.9 and L2."""
    config: Any = build_preset("ssd_inception_v2", num_classes=1).model.ssd.feature_extractor
    config.type, config.override_base_feature_extractor_hyperparams = name, override
    config.conv_hyperparams.batch_norm.decay = 0.9
    if name.endswith("_fpn"):
        config.fpn.min_level = 3
    store = VariableStore(seed=2)
    build_feature_extractor(config, store)
    return store


@pytest.mark.parametrize(
    # Kernels with an L2 term, of which depthwise; standard deviation of the kernels; decay of the base's statistics.
    ("name", "override", "terms", "depthwise", "std", "decay"),
    [
        ("ssd_mobilenet_v1", False, 35, 13, 0.079, 0.9997),
        ("ssd_mobilenet_v1", True, 35, 13, 0.0264, 0.9),
        ("ssd_mobilenet_v2", False, 43, 0, 0.079, 0.9997),
        ("ssd_mobilenet_v2", True, 60, 17, 0.0264, 0.9),
        ("ssd_resnet50_v1_fpn", False, 60, 0, None, 0.997),
        ("ssd_resnet50_v1_fpn", True, 60, 0, 0.0264, 0.997),
    ],
)
def test_base_hyperparameters(
    name: str, override: bool, terms: int, depthwise: int, std: float | None, decay: float
) -> None:
    store = built(name, override=override)
    assert len(store.l2_weights) == terms
    assert sum("depthwise_weights" in kernel for kernel in store.l2_weights) == depthwise
    assert sorted(store.decays) == pytest.approx(sorted({0.9, decay}))
    base = [kernel for kernel in store.trainable if kernel.endswith("weights") and not any(a in kernel for a in ADDED)]
    for kernel in base:
        values = store.by_name[kernel].numpy()
        # Without a fixed deviation: He's, 2 / fan-in, as truncation leaves it.
        expected = std or np.sqrt(2.0 / np.prod(values.shape[:-1]))
        assert values.std() == pytest.approx(expected, rel=0.12), kernel


def test_resnets_batch_norm_keeps_its_epsilon() -> None:
    from boxwright.detection.feature_extractors.resnet_v1_fpn import _base_hyperparams

    config: Any = build_preset("ssd_inception_v2", num_classes=1).model.ssd.feature_extractor
    config.conv_hyperparams.batch_norm.epsilon = 0.01
    for override in (False, True):
        config.override_base_feature_extractor_hyperparams = override
        batch_norm = _base_hyperparams(config).batch_norm
        assert batch_norm is not None
        assert batch_norm.epsilon == 1e-5
