"""A detector that needs no network: it finds bright things, and remembers what it was called with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from boxwright.inference.detections import Detections


@dataclass
class FakeDetector:
    """Finds one box around all pixels that are brighter than 128, of class 1, with the brightest's value as its score.

    Attributes:
        labels: As of a Detector.
        batches: Shape of each batch.
    """

    labels: dict[int, str] = field(default_factory=lambda: {1: "dog"})
    batches: list[tuple[int, ...]] = field(default_factory=list)

    def detect_batch(self, images: npt.NDArray[np.uint8], *, min_score: float = 0.0) -> list[Detections]:
        self.batches.append(images.shape[:3])
        return [self._detect(image).above(min_score) for image in images]

    def _detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        height, width = image.shape[:2]
        rows, columns = np.nonzero(image[..., 0] > 128)
        boxes = np.zeros((0, 4), np.float32)
        if len(rows):
            edges = (rows.min() / height, columns.min() / width, (rows.max() + 1) / height, (columns.max() + 1) / width)
            boxes = np.array([edges], np.float32)
        scores = np.full(len(boxes), image.max() / 255, np.float32)
        return Detections(boxes, scores, np.ones(len(boxes), np.int32), ("dog",) * len(boxes), height, width)
