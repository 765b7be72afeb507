"""Reading the golden data, for tests of several rooms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from boxwright.detection.model import SsdModel


def load_weights(model: SsdModel, prefix: Path) -> None:
    """Assign every variable of the model from a checkpoint; a missing name is an error."""
    reader = tf.train.load_checkpoint(str(prefix))
    for name, variable in model.variables_by_name.items():
        variable.assign(reader.get_tensor(name))


def ground_truth(arrays: Mapping[str, np.ndarray], count: int, prefix: str = "") -> list[tuple[np.ndarray, np.ndarray]]:
    """(boxes [N, 4], 0-based classes [N]) of each image of a golden batch."""
    return [
        (arrays[f"{prefix}gt_boxes_{index}"], arrays[f"{prefix}gt_classes0_{index}"].astype(np.int32))
        for index in range(count)
    ]


def assert_same_detections(ours: Mapping[str, Any], expected: Mapping[str, np.ndarray], *, atol: float = 1e-4) -> None:
    """Compare the detections of a batch; where scores are tied but for rounding they may stand some places off."""
    images, places = expected["detection_anchor_indices"].shape
    for image in range(images):
        unused = list(range(places))
        for place in range(places):
            same = [
                other
                for other in unused
                if abs(other - place) < 3
                and ours["detection_anchor_indices"][image, other] == expected["detection_anchor_indices"][image, place]
                and ours["detection_classes"][image, other] == expected["detection_classes"][image, place]
            ]
            assert same, f"image {image}: nothing like detection {place}"
            unused.remove(same[0])
            for name in ("detection_boxes", "detection_scores", "detection_multiclass_scores"):
                np.testing.assert_allclose(ours[name][image, same[0]], expected[name][image, place], atol=atol)
