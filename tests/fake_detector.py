"""Detectors that need no network: they find bright things."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from boxwright.inference.detections import Detections

INPUT, SMALLEST = 300, 12  # pixels


@dataclass
class FakeDetector:
    """Finds one box around all pixels that are brighter than 128, with the brightest's value as its score.

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


class CoarseDetector:
    """Scales each image to INPUT, and finds bright rectangles whose sides are at least SMALLEST pixels then."""

    def detect_batch(self, images: npt.NDArray[np.uint8], *, min_score: float = 0.0) -> list[Detections]:
        return [self._detect(image) for image in images]

    def _detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        height, width = image.shape[:2]
        boxes = []
        for value in sorted(set(np.unique(image[..., 0]).tolist()) - {0}):  # each object has a brightness of its own
            rows, columns = np.nonzero(image[..., 0] == value)
            box = (rows.min() / height, columns.min() / width, (rows.max() + 1) / height, (columns.max() + 1) / width)
            if min(box[2] - box[0], box[3] - box[1]) * INPUT >= SMALLEST:
                boxes.append(box)
        count = len(boxes)
        scores = np.linspace(0.9, 0.8, count, dtype=np.float32)
        ones = np.ones(count, np.int32)
        return Detections(np.array(boxes, np.float32).reshape(-1, 4), scores, ones, ("dog",) * count, height, width)


def draw(width: int, height: int, boxes: list[tuple[int, int, int, int]]) -> npt.NDArray[np.uint8]:
    """Return an image of rectangles, [ymin, xmin, ymax, xmax] in pixels."""
    image = np.zeros((height, width, 3), np.uint8)
    for value, (top, left, bottom, right) in enumerate(boxes, start=1):
        image[top:bottom, left:right] = value
    return image


def scattered(side: int, size: int) -> list[tuple[int, int, int, int]]:
    """Return 40 squares that do not touch each other in an image of side x side pixels."""
    rng = np.random.default_rng(0)
    cell = side // 7
    objects = []
    for number in rng.permutation(49)[:40].tolist():
        top, left = rng.integers(cell - size - 2, size=2) + cell * np.array(divmod(number, 7))
        objects.append((int(top), int(left), int(top) + size, int(left) + size))
    return objects
