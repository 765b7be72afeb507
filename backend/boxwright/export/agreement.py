"""Whether a model in fewer bits still finds what the full one finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.export.compare import Arrays
from boxwright.inference.runtimes.base import BOXES, CLASSES, COUNT, SCORES

SURE = 0.3
"""Detections from this score on are compared. Where none is as sure, those from half the best score on."""
SAME_OBJECT = 0.5
"""Intersection over union from which two boxes are of one object."""


@dataclass(frozen=True)
class Agreement:
    """How well two models agree on what they are sure of, each held against all that the other found.

    A detection without a partner of its class counts with an overlap of 0 and with its whole score.

    Attributes:
        detections: How many were compared.
        overlap: Mean intersection over union with the partner's box.
        score: Mean absolute difference from the partner's score.
    """

    detections: int
    overlap: float
    score: float


def agreement(expected: Sequence[Arrays], actual: Sequence[Arrays]) -> Agreement:
    """Compare the detections of two models on the same images.

    Args:
        expected: The outputs for each image, of a batch of one, by the original's names.
        actual: The same of the other model.
    """
    pairs: list[tuple[float, float]] = []
    found = [_found(outputs) for outputs in expected], [_found(outputs) for outputs in actual]
    best = max((float(scores.max(initial=0.0)) for _, scores, _ in found[0]), default=0.0)
    sure = min(SURE, best / 2.0) if best > 0.0 else SURE
    with np.errstate(invalid="ignore"):  # what is not finite has no overlap
        for one, other in zip(*found, strict=True):
            pairs += _pairs(one, other, sure) + _pairs(other, one, sure)
    if not pairs:
        return Agreement(0, 1.0, 0.0)
    overlap, score = np.mean(pairs, axis=0).tolist()
    return Agreement(len(pairs), overlap if np.isfinite(overlap) else 0.0, score if np.isfinite(score) else 1.0)


_Found = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]


def _found(outputs: Arrays) -> _Found:
    count = int(outputs[COUNT][0])
    return outputs[BOXES][0, :count], outputs[SCORES][0, :count], outputs[CLASSES][0, :count]


def _pairs(one: _Found, other: _Found, sure: float) -> list[tuple[float, float]]:
    """Return overlap and score difference of each sure detection of `one` and its partner in `other`."""
    pairs = []
    for box, score, number in zip(*one, strict=True):
        if score < sure:
            continue
        boxes, scores = other[0][other[2] == number], other[1][other[2] == number]
        overlaps = _iou(box, boxes)
        partner = int(overlaps.argmax()) if len(overlaps) else -1
        if partner >= 0 and overlaps[partner] >= SAME_OBJECT:
            pairs.append((float(overlaps[partner]), abs(float(scores[partner]) - float(score))))
        else:
            pairs.append((0.0, float(score)))
    return pairs


def _iou(box: npt.NDArray[Any], boxes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Intersection over union of one box and [N, 4]."""
    lower, upper = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.maximum(upper - lower, 0.0), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0.0)
