"""How much two boxes overlap, without NumPy: for a handful of boxes, and where its start-up time matters."""

from __future__ import annotations

Edges = tuple[float, float, float, float]
"""xmin, ymin, xmax, ymax in pixels of the upright image, continuous, origin at its upper left corner."""


def iou(one: Edges, other: Edges) -> float:
    """Return the intersection over union of two boxes, in [0, 1]; 0 when both are empty."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0.0) * max(height, 0.0)
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - common
    return common / union if common > 0 and union > 0 else 0.0
