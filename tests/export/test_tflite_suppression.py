"""TFLite's suppression selects what the model's own does."""

from __future__ import annotations

import numpy as np
import pytest

from boxwright.detection.suppression import suppress
from boxwright.export.tflite import suppress_row_by_row


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("most", "least"), [(7, 0.4), (100, -np.inf)])
def test_the_same_boxes_in_the_same_order(seed: int, most: int, least: float) -> None:
    random = np.random.default_rng(seed)
    corners = random.random((3, 40, 2), np.float32)
    boxes = np.concatenate([corners, corners + random.random((3, 40, 2), np.float32) / 2], axis=2)
    scores = random.random((3, 40), np.float32)
    given = {"max_selected": most, "iou_threshold": 0.3, "score_threshold": least}
    selected = suppress_row_by_row(boxes, scores, **given).numpy()
    assert selected.shape == (3, min(most, 40)) and (selected >= 0).any()
    np.testing.assert_array_equal(selected, suppress(boxes, scores, **given).numpy())
