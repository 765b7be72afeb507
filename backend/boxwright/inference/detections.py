"""What a detector found in one image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Detections:
    """The objects found in one image, best score first.

    Attributes:
        boxes: float32 [N, 4], [ymin, xmin, ymax, xmax], normalised to the upright image, within [0, 1].
        scores: float32 [N], in [0, 1], descending.
        classes: int32 [N], ids of the label map, from 1.
        labels: N class names; "class 7" for an id that the label map does not have.
        height, width: Size of the image in pixels.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
    labels: tuple[str, ...]
    height: int
    width: int

    def __len__(self) -> int:
        return len(self.scores)

    def above(self, min_score: float) -> Detections:
        """Return the detections whose score is at least `min_score`."""
        return self.kept(np.flatnonzero(self.scores >= min_score))

    def kept(self, keep: npt.NDArray[np.intp]) -> Detections:
        """Return the detections at these places, int [M]."""
        return Detections(
            boxes=self.boxes[keep],
            scores=self.scores[keep],
            classes=self.classes[keep],
            labels=tuple(self.labels[index] for index in keep),
            height=self.height,
            width=self.width,
        )

    def pixel_boxes(self) -> npt.NDArray[np.float32]:
        """Return the boxes as float32 [N, 4], [ymin, xmin, ymax, xmax] in pixels of the upright image."""
        scale = np.array([self.height, self.width, self.height, self.width], np.float32)
        return (self.boxes * scale).astype(np.float32)


class BatchDetector(Protocol):
    """What detects in images of one size; boxwright.inference.detector.Detector does."""

    def detect_batch(self, images: npt.NDArray[np.uint8], *, min_score: float = 0.0) -> list[Detections]:
        """Find the objects in images, uint8 [B, H, W, 3]; one result for each."""
        ...
