"""Boxes that a model suggests, and which of them are worth showing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from boxwright.annotations.overlap import Edges, iou
from boxwright.runs.verdicts import threshold_of

if TYPE_CHECKING:
    from boxwright.workflow.suggestions import SuggestedBox

SAME = 0.5  # a suggestion with a larger IoU with a box of the same class is not shown

Labelled = tuple[str, Edges]
"""A label, and where its box is."""
MinScore = float | Mapping[str, float]
"""The score below which suggestions are not shown, from 0 to 1: one for all, or by class, 0.5 for the others."""


def edges_of(box: SuggestedBox) -> Edges:
    """Return the edges of a suggested box."""
    return box.xmin, box.ymin, box.xmax, box.ymax


def with_area(boxes: Iterable[SuggestedBox]) -> tuple[SuggestedBox, ...]:
    """Return the boxes without those narrower or lower than a pixel, which labelImg could not show."""
    return tuple(box for box in boxes if box.xmax - box.xmin >= 1.0 and box.ymax - box.ymin >= 1.0)


def worth_showing(
    suggestions: Sequence[SuggestedBox], present: Sequence[Labelled], min_score: MinScore
) -> tuple[SuggestedBox, ...]:
    """Return the suggestions that score enough and have no box yet.

    Args:
        suggestions: In any order.
        present: The boxes of the image that are not suggested.
        min_score: The least score.
    """
    return tuple(
        suggestion
        for suggestion in suggestions
        if suggestion.score >= threshold_of(suggestion.label, min_score)
        and not any(label == suggestion.label and iou(box, edges_of(suggestion)) > SAME for label, box in present)
    )
