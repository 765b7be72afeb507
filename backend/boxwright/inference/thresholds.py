"""How much a detection must score to count: one score, or of each class the one with the best F1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boxwright.inference.detections import BatchDetector, Detections
from boxwright.runs.model_file import read_model_file

DEFAULT_SCORE = 0.5
"""What is enough for a class whose best score is not known."""


@dataclass(frozen=True)
class Thresholds:
    """The least scores, from 0 to 1.

    Attributes:
        other: Of the classes that `by_label` does not have.
        by_label: Of each class that has one of its own.
    """

    other: float
    by_label: Mapping[str, float] = field(default_factory=dict)

    def of(self, label: str) -> float:
        """Return the least score of a class."""
        return self.by_label.get(label, self.other)

    def apply(self, detections: Detections) -> Detections:
        """Return the detections that score enough."""
        if not self.by_label:
            return detections.above(self.other)
        least = np.array([self.of(label) for label in detections.labels], np.float32)
        return detections.kept(np.flatnonzero(detections.scores >= least))


class ThresholdDetector:
    """A detector whose detections score enough.

    Args:
        detector: Finds the objects.
        thresholds: What is enough.
    """

    def __init__(self, detector: BatchDetector, thresholds: Thresholds) -> None:
        self._detector, self._thresholds = detector, thresholds
        self._least = min([thresholds.other, *thresholds.by_label.values()])

    def detect_batch(self, images: npt.NDArray[np.uint8], *, min_score: float = 0.0) -> list[Detections]:
        """Find the objects in images of one size, uint8 [B, H, W, 3]; one result for each.

        Args:
            images: RGB, upright.
            min_score: Detections below it are left out, too.
        """
        found = self._detector.detect_batch(images, min_score=max(min_score, self._least))
        return [self._thresholds.apply(one) for one in found]


def thresholds_of(export: Path, given: float | None) -> Thresholds:
    """Return what is enough for an export.

    Args:
        export: Folder or file of a model; model.json beside it has the scores.
        given: For all classes, from 0 to 1; None for the score with the best F1 of each.
    """
    if given is not None:
        return Thresholds(given)
    description = read_model_file(export if export.is_dir() else export.parent)
    return Thresholds(DEFAULT_SCORE, description.best_scores if description else {})
