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


def assert_agree(expected: list[list[Found]], actual: list[list[Found]], *, pixels: float, score: float = 1e-3) -> None:
    """Check that each detection has one of its class with nearly its corners and score."""
    assert share_near(expected, actual, pixels=pixels, score=score) == 1.0


def share_near(expected: list[list[Found]], actual: list[list[Found]], *, pixels: float, score: float) -> float:
    """Return the share of the detections that have one of their class with nearly their corners and score."""
    pairs = [(one, found) for wanted, found in zip(expected, actual, strict=True) for one in wanted]
    assert len(pairs) >= 50
    return sum(any(_is_near(one, other, pixels, score) for other in found) for one, found in pairs) / len(pairs)


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


def _is_near(one: Found, other: Found, pixels: float, score: float) -> bool:
    corners = zip(
        (one.left, one.top, one.right, one.bottom), (other.left, other.top, other.right, other.bottom), strict=True
    )
    is_like = one.category == other.category and abs(one.score - other.score) <= score
    return is_like and max(abs(first - second) for first, second in corners) <= pixels
