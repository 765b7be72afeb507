"""Reading the golden data, for tests of several rooms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
