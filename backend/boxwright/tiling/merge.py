"""Boxes of overlapping tiles become boxes of the photo: non-maximum merging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MIN_IOU = 0.5  # two boxes that overlap so much are the same object, found twice
MIN_SHARE = 0.5  # of the smaller box that lies within the other: the same object, of which one tile saw a part
MIN_ALIGNED = 0.5  # intersection over union in height or in width of two parts that overlap a little


@dataclass(frozen=True, eq=False)
class TileBoxes:
    """Boxes found in tiles of one photo.

    Attributes:
        boxes: float32 [N, 4], [ymin, xmin, ymax, xmax], in one frame for all tiles.
        scores: float32 [N].
        classes: int32 [N].
        cut: bool [N], whether the box ends at a border of its tile that is not one of the photo.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]
    cut: npt.NDArray[np.bool_]


def merge_boxes(found: TileBoxes) -> TileBoxes:
    """Return each object once, best score first.

    The best box takes in the others of its class that are the same object: those that overlap it by MIN_IOU, and, where
    one of the two is cut, those of which MIN_SHARE of the smaller one lies in the other; where both are cut, also those
    that overlap it at all and are about as high or as wide (MIN_ALIGNED). A cut box grows to the union and is compared
    again; a whole box stays as it is. Boxes that lie in another one are kept where neither is cut: they may be small
    objects before a large one.
    """
    order = np.argsort(-found.scores, kind="stable")
    boxes, cut = found.boxes[order].astype(np.float64), found.cut[order].copy()
    classes = found.classes[order]
    left = np.ones(len(order), bool)
    kept = []
    for first in range(len(order)):
        if not left[first]:
            continue
        left[first] = False
        kept.append(first)
        while True:
            candidates = np.flatnonzero(left & (classes == classes[first]))
            same = candidates[_is_same(boxes[first], cut[first], boxes[candidates], cut[candidates])]
            if not len(same):
                break
            left[same] = False
            if not cut[first]:
                break
            group = np.concatenate([[first], same])
            boxes[first] = [*boxes[group, :2].min(axis=0), *boxes[group, 2:].max(axis=0)]
            cut[first] = cut[group].all()
    return TileBoxes(boxes[kept].astype(np.float32), found.scores[order][kept], classes[kept], cut[kept])


def _is_same(
    box: npt.NDArray[np.float64], is_cut: bool, others: npt.NDArray[np.float64], are_cut: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return which of the other boxes, [N, 4], are the same object as the box, [4]."""
    sides = np.maximum(np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2]), 0.0)
    spans = np.maximum(box[2:], others[:, 2:]) - np.minimum(box[:2], others[:, :2])
    common = np.prod(sides, axis=1)
    area, areas = np.prod(box[2:] - box[:2]), np.prod(others[:, 2:] - others[:, :2], axis=1)
    iou = common / np.maximum(area + areas - common, 1e-12)
    share = common / np.maximum(np.minimum(area, areas), 1e-12)
    is_aligned = (sides / np.maximum(spans, 1e-12)).max(axis=1, initial=0.0) >= MIN_ALIGNED
    result: npt.NDArray[np.bool_] = iou >= MIN_IOU
    result |= (share >= MIN_SHARE) & (are_cut | is_cut)
    result |= (common > 0) & is_aligned & are_cut & is_cut
    return result
