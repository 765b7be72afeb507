"""The order in which photos without labels are worth labelling: uncertainty of the model, and diversity.

A weighted farthest-first traversal (k-centre greedy; Gonzalez 1985, Sener and Savarese, arXiv 1708.00489; weights as in
PPAL, arXiv 2211.11612): the next photo is the one whose uncertainty times its distance to all that are labelled or
were chosen before is largest. All arithmetic is exact or correctly rounded, so that the order is the same on every
machine: features are small integers, and their squared distances are below 2**24.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from boxwright.dataset.sources.appearance import BYTES, SIZE
from boxwright.suggestions.model import SuggestedBox

LENGTH = 64
"""Of a feature, which is a unit vector times this, rounded to integers."""
NEAR = 0.95
"""Photos whose features correlate so much show nearly the same: frames of a clip, copies that were saved again."""
EMPTY_SCORE = 0.2
"""A photo whose best box scores less probably has no object."""
EMPTY_EVERY = 10
"""So often a photo that probably has no object comes, while there are any: a detector needs negatives."""
CERTAIN = 0.2
"""Weight of a photo that the model is sure of; one that it is most unsure of has 1.2, or 1.8 for the hardest class."""
BOXES = 3  # most uncertain boxes of a photo that count: a crowd must not outweigh everything else
BLOCK = 1024  # photos compared with all labelled ones at a time

_FREQUENCIES = 8
_COSINES = np.rint(
    64 * np.cos(np.pi * (2 * np.arange(SIZE)[None] + 1) * np.arange(_FREQUENCIES)[:, None] / (2 * SIZE))
).astype(np.int64)

Features = npt.NDArray[np.float32]


class Reason(str, Enum):
    """Why a photo is where it is in the order."""

    UNSURE = "unsure"
    DIFFERENT = "different"
    EMPTY = "probably empty"
    NEAR_LABELLED = "like a labelled one"


@dataclass(frozen=True)
class RankInput:
    """A photo to rank.

    Attributes:
        photo: SHA-256 of its file; ties are broken by it.
        appearance: As of dataset.sources.appearance.
        boxes: What the model suggests; None when it did not look at the photo.
    """

    photo: str
    appearance: bytes
    boxes: Sequence[SuggestedBox] | None = None


@dataclass(frozen=True)
class Ranked:
    """A photo in the order.

    Attributes:
        photo: SHA-256 of its file.
        reason: Why it is where it is.
        uncertainty: Of the model, from 0; 0.5 where it did not look.
        difference: Distance to the nearest photo that is labelled or comes earlier, from 0 for the same to 2.
    """

    photo: str
    reason: Reason
    uncertainty: float
    difference: float


def rank_photos(
    photos: Sequence[RankInput], labelled: Sequence[bytes], hardness: Mapping[str, float] | None = None
) -> list[Ranked]:
    """Order photos by what labelling them is worth, the first one first.

    Args:
        photos: Without labels; of equal ones all but the first are left out.
        labelled: Appearances of the photos that have labels.
        hardness: Class to how hard it is for the model, from 0 to 1, for example 1 - AP; 0.5 where it is not known.
    """
    unique = [one for _, one in sorted({one.photo: one for one in reversed(photos)}.items())]
    if not unique:
        return []
    features = features_of([one.appearance for one in unique])
    distance = _distance_to(features, features_of(labelled))
    unsure = np.array([uncertainty(one.boxes, hardness or {}) for one in unique])
    is_empty = np.array([one.boxes is not None and _best(one.boxes) < EMPTY_SCORE for one in unique])
    is_near = distance <= 2 * LENGTH**2 * (1 - NEAR)
    has_model = any(one.boxes is not None for one in unique)
    order = []
    for index, gap in _traversal(features, distance, CERTAIN + unsure, is_empty, is_near):
        reason = Reason.UNSURE if has_model and unsure[index] >= 0.5 else Reason.DIFFERENT
        reason = Reason.EMPTY if is_empty[index] else reason
        reason = Reason.NEAR_LABELLED if is_near[index] else reason
        order.append(Ranked(unique[index].photo, reason, float(unsure[index]), round(gap / LENGTH, 4)))
    return order


def features_of(appearances: Sequence[bytes]) -> Features:
    """Return the low frequencies of images as whole numbers, [N, 64]; all 0 where there is nothing to compare."""
    known = [grey if len(grey) == BYTES else bytes(BYTES) for grey in appearances]
    grey = np.frombuffer(b"".join(known), np.uint8).reshape(-1, SIZE, SIZE).astype(np.int64)
    frequencies = (_COSINES @ grey @ _COSINES.T).reshape(-1, _FREQUENCIES**2)
    frequencies[:, 0] = 0  # the mean says how bright the image is
    length = np.sqrt((frequencies**2).sum(axis=1).astype(np.float64))[:, None]
    unit = np.divide(frequencies, length, out=np.zeros(frequencies.shape), where=length > 0)
    features: Features = np.rint(LENGTH * unit).astype(np.float32)
    return features


def uncertainty(boxes: Sequence[SuggestedBox] | None, hardness: Mapping[str, float]) -> float:
    """Return how unsure the model is of a photo: the mean of its most uncertain boxes, weighted by class.

    A box that scores 0.5 is as uncertain as can be, 1 (by the margin between "object" and "none"); one that scores 0 or
    1 is certain, 0. The weight of a class is 0.5 plus its hardness.
    """
    if boxes is None:
        return 0.5
    each = ((1 - abs(2 * round(box.score, 3) - 1)) * (0.5 + hardness.get(box.label, 0.5)) for box in boxes)
    most = sorted(each, reverse=True)[:BOXES]
    return round(sum(most) / BOXES, 3)


def _best(boxes: Sequence[SuggestedBox]) -> float:
    return max((box.score for box in boxes), default=0.0)


def _distance_to(features: Features, others: Features) -> Features:
    """Return the squared distance of each row to the nearest of the others; the largest there is without any."""
    nearest = np.full(len(features), 4 * LENGTH**2, np.float32)
    if not len(others):
        return nearest
    squares, other_squares = (features**2).sum(axis=1), (others**2).sum(axis=1)
    for start in range(0, len(features), BLOCK):
        rows = slice(start, start + BLOCK)
        distances = squares[rows, None] + other_squares[None] - 2 * (features[rows] @ others.T)
        nearest[rows] = distances.min(axis=1)
    return nearest


def _traversal(
    features: Features,
    distance: Features,
    weight: npt.NDArray[np.float64],
    is_empty: npt.NDArray[np.bool_],
    is_near: npt.NDArray[np.bool_],
) -> list[tuple[int, float]]:
    """Return the rows in their order, each with its distance to what is labelled or comes before it."""
    squares = (features**2).sum(axis=1)
    nearest = distance.copy()
    left = np.ones(len(features), bool)
    order: list[tuple[int, float]] = []
    for tier in (~is_near, is_near):
        while (left & tier).any():
            wanted = left & tier
            empty = wanted & is_empty
            if empty.any() and (wanted & ~is_empty).any():
                wanted = empty if len(order) % EMPTY_EVERY == EMPTY_EVERY - 1 else wanted & ~is_empty
            # a photo that equals an earlier one still has its weight, so that the surest of the same come last
            worth = np.where(wanted, weight * (1e-6 + np.sqrt(nearest.astype(np.float64))), -1.0)
            index = int(worth.argmax())
            order.append((index, float(np.sqrt(float(nearest[index])))))
            left[index] = False
            np.minimum(nearest, squares + squares[index] - 2 * (features @ features[index]), out=nearest)
    return order
