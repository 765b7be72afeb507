"""One image of the test split: what is in it, and what the model found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class ScoredImage:
    """Ground truth and detections of one image, as the metrics take them.

    Boxes are [ymin, xmin, ymax, xmax], normalised to the image; classes are ids of the label map, from 1.

    Attributes:
        name: The image's name, for messages.
        height, width: Size of the original image in pixels; COCO's small, medium and large are areas in them.
        gt_boxes: float32 [N, 4]; N is 0 for a negative example.
        gt_classes: int32 [N].
        gt_difficult: bool [N]; the Pascal VOC metric ignores such objects, COCO's counts them.
        boxes: float32 [M, 4].
        scores: float32 [M].
        classes: int32 [M].
    """

    name: str
    height: int
    width: int
    gt_boxes: npt.NDArray[np.float32]
    gt_classes: npt.NDArray[np.int32]
    gt_difficult: npt.NDArray[np.bool_]
    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
