"""How far average precision would scatter with other test images of the same kind: the bootstrap over images.

Source: B. Efron, Bootstrap Methods: Another Look at the Jackknife, 1979; percentile intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

RESAMPLES = 200
LARGE_SPLIT = 500
"""Images; from so many on the interval is a hundredth or two wide, and resampling them takes minutes."""
FEW_OBJECT_IMAGES = 10
"""Fewer images with objects do not give an interval that means anything."""
WIDE = 0.4
"""An interval of AP@.50 this wide holds good models and bad ones alike."""


@dataclass(frozen=True)
class ConfidenceInterval:
    """95% intervals of average precision, and what they were computed from.

    Attributes:
        ap: (low, high) of AP@[.50:.95].
        ap50: (low, high) of AP@.50.
        images: Of the test split.
        object_images: Those with objects.
    """

    ap: tuple[float, float]
    ap50: tuple[float, float]
    images: int
    object_images: int

    @property
    def means_little(self) -> bool:
        """Whether the test split is too small for its numbers to tell a good model from a bad one."""
        return self.object_images < FEW_OBJECT_IMAGES or self.ap50[1] - self.ap50[0] > WIDE

    def in_words(self) -> str:
        """Return the sentence for a user who looks at AP@.50."""
        if self.means_little:
            return (
                f"The test split has {self.images} images, {self.object_images} of them with objects: too few for "
                f"these numbers to mean anything (other images would give AP@.50 from {self.ap50[0]:.2f} to "
                f"{self.ap50[1]:.2f}, or worse). Label some fifty test images before you compare models."
            )
        return (
            f"With other test images of the same kind AP@.50 would be {self.ap50[0]:.2f} to {self.ap50[1]:.2f}, "
            f"AP@[.50:.95] {self.ap[0]:.2f} to {self.ap[1]:.2f} (95%, by bootstrap over {self.images} images): smaller "
            "differences between models are chance."
        )


@dataclass(frozen=True, eq=False)
class _Class:
    """What COCO's matching says of a class, best score first.

    Attributes:
        image: int [D], whose detection it is.
        is_true: bool [T, D], whether it found an object, by IoU threshold.
        objects: int [I], of each image.
    """

    image: npt.NDArray[np.intp]
    is_true: npt.NDArray[np.bool_]
    objects: npt.NDArray[np.intp]

    def average_precision(self, times: npt.NDArray[np.intp], recalls: Any) -> npt.NDArray[np.float64] | None:
        """AP at each IoU threshold when image i counts `times[i]` times; None when none of its objects counts."""
        total = int(times @ self.objects)
        if total == 0:
            return None
        weight = times[self.image]
        counted = weight > 0
        weight, is_true = weight[counted], self.is_true[:, counted]
        found, shown = np.cumsum(is_true * weight, axis=1), np.cumsum(weight)
        precision = np.maximum.accumulate((found / np.maximum(shown, 1))[:, ::-1], axis=1)[:, ::-1]
        means = []
        for found_here, precision_here in zip(found, precision, strict=True):
            places = np.searchsorted(found_here / total, recalls, side="left")
            means.append(np.concatenate([precision_here, [0.0]])[np.minimum(places, len(precision_here))].mean())
        return np.asarray(means)


def ap_confidence_interval(
    evaluation: Any, images: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> ConfidenceInterval | None:
    """Draw the images again and again, with replacement, and compute the averages of each draw.

    COCO's matching is within an image, so it is done once; a draw is a count for each image.

    Args:
        evaluation: COCOeval after evaluate(), of images 1 to `images`.
        images: Number of images.
        resamples: Draws.
        seed: Of the draws.

    Returns:
        None for a large test split, and for one without objects.
    """
    classes = _classes(evaluation, images)
    object_images = np.zeros(images, bool)
    for one in classes:
        object_images |= one.objects > 0
    if not 0 < images < LARGE_SPLIT or not object_images.any():
        return None
    random = np.random.default_rng(seed)
    draws = (np.bincount(random.integers(0, images, images), minlength=images) for _ in range(resamples))
    found = [average for times in draws if (average := weighted_ap(classes, times, evaluation.params.recThrs))]
    low, high = np.percentile(np.asarray(found), [2.5, 97.5], axis=0)
    return ConfidenceInterval(
        (float(low[0]), float(high[0])), (float(low[1]), float(high[1])), images, int(object_images.sum())
    )


def weighted_ap(classes: Sequence[_Class], times: npt.NDArray[np.intp], recalls: Any) -> tuple[float, float] | None:
    """Return (AP@[.50:.95], AP@.50) when image i counts `times[i]` times; None when no object counts."""
    by_class = [ap for one in classes if (ap := one.average_precision(times, recalls)) is not None]
    if not by_class:
        return None
    mean = np.mean(by_class, axis=0)
    return float(mean.mean()), float(mean[0])


def _classes(evaluation: Any, images: int) -> list[_Class]:
    """Take the matches over all areas; evalImgs is ordered by class, area and image, None where nothing is."""
    areas = len(evaluation.params.areaRng)
    thresholds = len(evaluation.params.iouThrs)
    classes = []
    for k in range(len(evaluation.params.catIds)):
        start = k * areas * images  # area 0 is all of them
        found = [(i, one) for i, one in enumerate(evaluation.evalImgs[start : start + images]) if one is not None]
        objects = np.zeros(images, np.intp)
        for i, one in found:
            objects[i] = len(one["gtIds"])
        scores = np.concatenate([[], *(one["dtScores"] for _, one in found)])
        image = np.concatenate([np.zeros(0, np.intp), *(np.full(len(one["dtScores"]), i) for i, one in found)])
        is_true = np.concatenate([np.zeros((thresholds, 0), bool), *(one["dtMatches"] > 0 for _, one in found)], axis=1)
        order = np.argsort(-scores, kind="mergesort")
        classes.append(_Class(image[order].astype(np.intp), is_true[:, order], objects))
    return classes


def shown_interval(low_high: tuple[float, float] | None) -> str:
    """Return " (0.61 to 0.80)" for a line of a log; "" when there is none."""
    return f" ({low_high[0]:.2f} to {low_high[1]:.2f})" if low_high and not math.isnan(low_high[0]) else ""
