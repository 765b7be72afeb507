"""What a program finds with a file of an export, compared with what the SavedModel finds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Found:
    """A detection: corners in pixels, score, class from 0."""

    left: float
    top: float
    right: float
    bottom: float
    score: float
    category: int


@dataclass(frozen=True)
class Exported:
    """An export, photos of its network's size, and what its SavedModel finds on each."""

    folder: Path
    photos: Path
    found: list[list[Found]]


def assert_agree(
    expected: list[list[Found]], actual: list[list[Found]], *, pixels: float, score: float, sure: float = 0.0
) -> None:
    """Check that each detection that is sure has one of its class with nearly its corners and score."""
    assert len(actual) == len(expected)
    compared = 0
    for wanted, found in zip(expected, actual, strict=True):
        for one in wanted:
            if one.score < sure:
                continue
            near = [
                other
                for other in found
                if other.category == one.category
                and abs(other.score - one.score) <= score
                and max(
                    abs(other.left - one.left),
                    abs(other.top - one.top),
                    abs(other.right - one.right),
                    abs(other.bottom - one.bottom),
                )
                <= pixels
            ]
            assert near, f"nothing within {pixels} pixels and a score of {score} of {one}"
            compared += 1
    assert compared >= 50


def share_found(expected: list[list[Found]], actual: list[list[Found]], *, sure: float) -> float:
    """Return the share of the sure detections that have one of their class that overlaps them by half."""
    pairs = [
        (one, found) for wanted, found in zip(expected, actual, strict=True) for one in wanted if one.score >= sure
    ]
    hits = [
        any(other.category == one.category and _overlap(one, other) >= 0.5 for other in found) for one, found in pairs
    ]
    return sum(hits) / len(hits)


def _overlap(one: Found, other: Found) -> float:
    """Intersection over union."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(width, 0.0) * max(height, 0.0)
    areas = [(box.right - box.left) * (box.bottom - box.top) for box in (one, other)]
    return shared / (sum(areas) - shared)
