"""What a model suggests for a photo."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

from boxwright.typed_json import from_json_value

MAX_LABEL = 200
"""Characters of a class's name; a stranger's store may hold anything."""


@dataclass(frozen=True)
class SuggestedBox:
    """A box that a model suggests.

    Attributes:
        label: The class.
        score: From 0 to 1.
        xmin, ymin, xmax, ymax: Edges in pixels of the upright image, continuous, from its left and top edge.
    """

    label: str
    score: float
    xmin: float
    ymin: float
    xmax: float
    ymax: float

    def fits(self, width: int, height: int) -> bool:
        """Return whether the box can be of a photo of this size, in pixels, and its score and label be a model's."""
        edges = (self.xmin, self.ymin, self.xmax, self.ymax)
        return (
            all(math.isfinite(value) for value in (*edges, self.score))
            and 0 <= self.score <= 1
            and 0 <= self.xmin <= self.xmax <= width
            and 0 <= self.ymin <= self.ymax <= height
            and 0 < len(self.label) <= MAX_LABEL
            and self.label.isprintable()
        )


@dataclass(frozen=True)
class PhotoSuggestions:
    """What a model found in a photo.

    Attributes:
        photo: SHA-256 of the photo's file, in hexadecimal.
        model: SHA-256 of the model, in hexadecimal; see `workflow.suggest`.
        model_name: Name of the export.
        width, height: Of the upright photo, in pixels.
        boxes: Those that score MIN_STORED_SCORE or more, the highest score first; none where nothing was found.
    """

    photo: str
    model: str
    model_name: str
    width: int
    height: int
    boxes: tuple[SuggestedBox, ...]

    @property
    def best_score(self) -> float:
        """The highest score, 0 without a box."""
        return max((box.score for box in self.boxes), default=0.0)

    def is_valid(self) -> bool:
        """Return whether every value is one that a model can have given."""
        return (
            is_digest(self.photo)
            and is_digest(self.model)
            and 0 < len(self.model_name) <= MAX_LABEL
            and self.model_name.isprintable()
            and self.width > 0
            and self.height > 0
            and all(box.fits(self.width, self.height) for box in self.boxes)
        )

    def to_json(self) -> str:
        """Return the text that the store keeps."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> PhotoSuggestions:
        """Return what `to_json` gave.

        Raises:
            ValueError: It is something else, or a value is none that a model gives.
        """
        found = from_json_value(cls, json.loads(text))
        if not found.is_valid():
            raise ValueError("suggestions that no model can have made")
        return found


def is_digest(text: str) -> bool:
    """Return whether a text is a SHA-256 in hexadecimal, as hashlib writes it."""
    return len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)
