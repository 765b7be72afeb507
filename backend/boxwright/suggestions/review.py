"""What a person did with suggested boxes, and what the person drew."""

from __future__ import annotations

from dataclasses import astuple, dataclass


@dataclass(frozen=True)
class ReviewCounts:
    """Boxes that were saved, or deleted, by where they come from.

    Attributes:
        accepted: Suggested boxes that were saved as the model drew them.
        moved: Suggested boxes that were saved at another place.
        relabelled: Suggested boxes that were saved with another class, moved or not.
        deleted: Suggested boxes that a person deleted.
        drawn: Boxes that a person drew.
    """

    accepted: int = 0
    moved: int = 0
    relabelled: int = 0
    deleted: int = 0
    drawn: int = 0

    @property
    def by_model(self) -> int:
        """How many saved boxes a model drew."""
        return self.accepted + self.moved + self.relabelled

    @property
    def boxes(self) -> int:
        """How many boxes were saved."""
        return self.by_model + self.drawn

    def __add__(self, other: ReviewCounts) -> ReviewCounts:
        """Return the sum of each count."""
        return ReviewCounts(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: ReviewCounts) -> ReviewCounts:
        """Return the difference of each count; a change may be negative."""
        return ReviewCounts(*(one - less for one, less in zip(astuple(self), astuple(other), strict=True)))
