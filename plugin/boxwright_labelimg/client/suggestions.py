"""Boxes that a model suggests, and which of them are worth showing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boxwright.annotations.overlap import Edges, iou

SAME = 0.5  # a suggestion with a larger IoU with a box of the same class is not shown


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
    def edges(self) -> Edges:
        """The edges as xmin, ymin, xmax, ymax."""
        return self.xmin, self.ymin, self.xmax, self.ymax


Labelled = tuple[str, Edges]
"""A label, and where its box is."""


def read_suggestions(rows: Iterable[Mapping[str, Any]]) -> tuple[Suggestion, ...]:
    """Return the suggestions of an answer; those without area, which labelImg could not show, are left out."""
    found = (Suggestion(**row) for row in rows)
    return tuple(p for p in found if p.xmax - p.xmin >= 1.0 and p.ymax - p.ymin >= 1.0)


def worth_showing(
    suggestions: Sequence[Suggestion], present: Sequence[Labelled], min_score: float
) -> tuple[Suggestion, ...]:
    """Return the suggestions that score enough and have no box yet.

    Args:
        suggestions: In any order.
        present: The boxes of the image that are not suggested.
        min_score: The least score.
    """
    return tuple(
        suggestion
        for suggestion in suggestions
        if suggestion.score >= min_score
        and not any(label == suggestion.label and iou(box, suggestion.edges) > SAME for label, box in present)
    )
