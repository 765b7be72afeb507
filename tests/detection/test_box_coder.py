"""Box coder: definition, inverse, and boxes that have no area."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boxwright.detection.box_coder import FasterRcnnBoxCoder
from boxwright.pipeline.load import load_pipeline


@pytest.fixture
def config(golden_a: Path) -> Any:
    return load_pipeline(golden_a / "pipeline.config").model.ssd.box_coder.faster_rcnn_box_coder


def random_boxes(seed: int, count: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    corner, size = random.uniform(-0.2, 0.8, (count, 2)), random.uniform(0.01, 0.9, (count, 2))
    return np.concatenate([corner, corner + size], axis=1).astype(np.float32)


def plain_encode(box: np.ndarray, anchor: np.ndarray, scales: tuple[float, ...]) -> list[float]:
    h, w = float(box[2] - box[0]), float(box[3] - box[1])
    ah, aw = float(anchor[2] - anchor[0]), float(anchor[3] - anchor[1])
    return [
        scales[0] * ((box[0] + box[2]) / 2 - (anchor[0] + anchor[2]) / 2) / ah,
        scales[1] * ((box[1] + box[3]) / 2 - (anchor[1] + anchor[3]) / 2) / aw,
        scales[2] * math.log(h / ah),
        scales[3] * math.log(w / aw),
    ]


def test_encodes_as_the_paper_defines(config: Any) -> None:
    config.y_scale, config.x_scale, config.height_scale, config.width_scale = 10.0, 8.0, 5.0, 4.0
    boxes, anchors = random_boxes(1, 200), random_boxes(2, 200)
    expected = [plain_encode(box, anchor, (10.0, 8.0, 5.0, 4.0)) for box, anchor in zip(boxes, anchors, strict=True)]
    np.testing.assert_allclose(FasterRcnnBoxCoder(config).encode(boxes, anchors), expected, rtol=1e-4, atol=1e-4)


def test_decode_undoes_encode(config: Any) -> None:
    coder = FasterRcnnBoxCoder(config)
    boxes, anchors = random_boxes(3, 500), random_boxes(4, 500)
    np.testing.assert_allclose(coder.decode(coder.encode(boxes, anchors), anchors), boxes, atol=1e-5)


def test_decodes_a_batch_against_the_same_anchors(config: Any, golden_a: Path) -> None:
    forward, expected = np.load(golden_a / "forward.npz"), np.load(golden_a / "postprocess.npz")
    decoded = FasterRcnnBoxCoder(config).decode(forward["box_encodings"], forward["anchors"])
    np.testing.assert_allclose(decoded, expected["raw_detection_boxes"], atol=1e-5)


def test_an_empty_box_has_a_finite_encoding(config: Any) -> None:
    encoded = FasterRcnnBoxCoder(config).encode(np.full([1, 4], 0.5, np.float32), random_boxes(5, 1))
    assert np.isfinite(encoded).all()
