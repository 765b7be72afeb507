"""Boxes that a model suggests, and which of them are worth showing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SAME = 0.5  # IoU with a box of the same class from which on a suggestion says nothing new


@dataclass(frozen=True)
class Suggestion:
    """A box that a model suggests.

    Attributes:
        label: The class.
        score: In [0, 1].
        xmin, ymin, xmax, ymax: Edges in pixels of the upright image, continuous, as labelImg has them.
    """

    label: str
    score: float
    xmin: float
    ymin: float
    xmax: float
    ymax: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """The edges as xmin, ymin, xmax, ymax."""
        return self.xmin, self.ymin, self.xmax, self.ymax


Labelled = tuple[str, tuple[float, float, float, float]]
"""A label, and a box as xmin, ymin, xmax, ymax."""


def read_suggestions(rows: Iterable[Mapping[str, Any]]) -> tuple[Suggestion, ...]:
    """Return the suggestions of an answer; those without area, which labelImg could not show, are left out."""
    found = (Suggestion(**row) for row in rows)
    return tuple(p for p in found if p.xmax - p.xmin >= 1.0 and p.ymax - p.ymin >= 1.0)


def worth_showing(
    suggestions: Sequence[Suggestion], present: Sequence[Labelled], min_score: float
) -> tuple[Suggestion, ...]:
    """Return the suggestions that score enough and are not there already.

    Args:
        suggestions: In any order.
        present: The boxes of the image that are no suggestions.
        min_score: The least score.
    """
    return tuple(
        suggestion
        for suggestion in suggestions
        if suggestion.score >= min_score
        and not any(label == suggestion.label and iou(box, suggestion.edges) > SAME for label, box in present)
    )


def iou(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Return the intersection over union of two boxes given as xmin, ymin, xmax, ymax; 0 when both are empty."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0.0) * max(height, 0.0)
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - common
    return common / union if union > 0 else 0.0
