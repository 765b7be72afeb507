"""How far a model built here is from the file that its weights came from, run in its own runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.conversion.errors import ConversionError
from boxwright.detection.model import SsdModel
from boxwright.inference.runtimes.base import BOXES, CLASSES, RAW_OUTPUTS, SCORES

Image = npt.NDArray[np.uint8]
Runner = Callable[[Image], Mapping[str, npt.NDArray[Any]]]
"""A batch of one image, uint8 [1, H, W, 3], in; outputs by the original's names out, classes from 1."""

RAW_BOXES, RAW_SCORES = RAW_OUTPUTS


@dataclass(frozen=True)
class Difference:
    """The largest differences between a model and a file.

    Attributes:
        photos: The number of photos compared.
        scores: Of a score.
        boxes: Of a box coordinate, normalised to the image.
    """

    photos: int
    scores: float
    boxes: float


def outputs_of(model: SsdModel, image: Image) -> dict[str, npt.NDArray[Any]]:
    """Return what a model gives for a batch of one image, classes from 1."""
    outputs = model.postprocess(model.predict(model.preprocess(image), training=False), model.window_of(image))
    found = {name: value.numpy() for name, value in outputs.items()}
    found[CLASSES] = found[CLASSES] + 1.0
    return found


def measure(model: SsdModel, run: Runner, photos: Sequence[Image]) -> Difference:
    """Compare a model with a file on photos, uint8 [H, W, 3] each.

    Where the file gives what it computes before suppression, all of it is compared. Else each of its detections must
    be one of the model's boxes with its score, and the best detection the model's best: suppression may decide
    otherwise between two boxes that are equal up to rounding.

    Raises:
        ConversionError: The outputs have other shapes.
    """
    scores = boxes = 0.0
    for photo in photos:
        ours, theirs = outputs_of(model, photo[np.newaxis]), run(photo[np.newaxis])
        if RAW_SCORES in theirs and RAW_BOXES in theirs:
            one = _raw_difference(ours, theirs)
        else:
            one = _detections_difference(model, photo, ours, theirs)
        scores, boxes = float(np.maximum(scores, one[0])), float(np.maximum(boxes, one[1]))  # NaN stays
    return Difference(len(photos), scores, boxes)


def _raw_difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[float, float]:
    for name in RAW_OUTPUTS:
        if ours[name].shape != theirs[name].shape:
            raise ConversionError(
                f"for an image the file gives {list(theirs[name].shape)} {name}, the network {list(ours[name].shape)}"
            )
    scores, boxes = (float(np.abs(ours[name] - theirs[name]).max()) for name in (RAW_SCORES, RAW_BOXES))
    return scores, boxes


def _detections_difference(
    model: SsdModel, photo: Image, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[float, float]:
    """Return the largest differences of the file's detections from the model's boxes that are nearest to them."""
    boxes = _clipped(ours[RAW_BOXES][0], model.window_of(photo))
    raw = ours[RAW_SCORES][0]
    columns = raw[:, raw.shape[1] - model.num_classes :]
    best_of_ours, best_of_theirs = float(ours[SCORES].max(initial=0.0)), float(theirs[SCORES].max(initial=0.0))
    worst = [abs(best_of_ours - best_of_theirs), 0.0]
    for score, box, label in zip(theirs[SCORES][0], theirs[BOXES][0], theirs[CLASSES][0], strict=True):
        if score <= 0.0:
            continue  # an empty place
        column = round(float(label)) - 1
        if not 0 <= column < model.num_classes:
            raise ConversionError(f"the file finds the class {column + 1}, the network has {model.num_classes}")
        apart = np.abs(boxes - box).max(1), np.abs(columns[:, column] - score)
        nearest = int(np.maximum(*apart).argmin())
        worst = [max(worst[0], float(apart[1][nearest])), max(worst[1], float(apart[0][nearest]))]
    return worst[0], worst[1]


def _clipped(boxes: npt.NDArray[Any], window: Any) -> npt.NDArray[Any]:
    if window is None:
        return boxes.clip(0.0, 1.0)
    lengths = np.tile(np.asarray(window)[2:], 2)
    clipped: npt.NDArray[Any] = np.minimum(boxes, lengths).clip(0.0) / lengths
    return clipped
