"""Whether two runs of a detector found the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.inference.runtimes.base import COUNT, RAW_OUTPUTS

Arrays = Mapping[str, npt.NDArray[Any]]


def largest_difference(expected: Arrays, actual: Arrays) -> tuple[float, str]:
    """Compare the outputs of two runs on the same batch.

    Raw outputs are compared place by place. Detections are compared as sets, since rounding may swap neighbours
    with nearly equal scores: each one expected is paired with the closest one of its class.

    Args:
        expected: Outputs by the original's names; raw ones are compared if they are among them.
        actual: The same of the other run.

    Returns:
        The largest absolute difference in box coordinates, scores or counts, infinity for one that is missing or not
        finite, and the name of the output that has it.
    """
    worst, where = 0.0, ""
    for name in (name for name in (COUNT, *RAW_OUTPUTS) if name in expected):
        worst, where = max((worst, where), (_elementwise(expected[name], actual[name]), name))
    for image in range(len(expected["num_detections"])):
        worst, where = max((worst, where), _detections(expected, actual, image))
    return worst, where


def _elementwise(expected: npt.NDArray[Any], actual: npt.NDArray[Any]) -> float:
    if expected.shape != actual.shape or not np.isfinite(actual).all():
        return float("inf")
    return float(np.abs(expected - actual).max(initial=0.0))


def _detections(expected: Arrays, actual: Arrays, image: int) -> tuple[float, str]:
    count = int(expected["num_detections"][image])
    if count != int(actual["num_detections"][image]):
        return float("inf"), "num_detections"
    free = np.ones(count, bool)
    worst = 0.0
    for index in range(count):
        distance = np.maximum(
            np.abs(actual["detection_boxes"][image, :count] - expected["detection_boxes"][image, index]).max(axis=1),
            np.abs(actual["detection_scores"][image, :count] - expected["detection_scores"][image, index]),
        )
        same_class = actual["detection_classes"][image, :count] == expected["detection_classes"][image, index]
        distance = np.where(free & same_class & np.isfinite(distance), distance, np.inf)
        best = int(distance.argmin())
        worst = max(worst, float(distance[best]))
        free[best] = False
    return worst, "detection_boxes"
