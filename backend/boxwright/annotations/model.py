"""What an annotation file says, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import count, islice

from boxwright.findings import Finding, FindingError


class Frame(str, Enum):
    """What the edges of an annotation's boxes are measured in."""

    STORED_OR_UPRIGHT = "stored or upright"
    """Pixels; the size in the file and the rest of the set tell of which frame."""
    UPRIGHT = "upright"
    """Pixels of the upright image."""
    FRACTIONS = "fractions"
    """Fractions of the upright image's width and height."""


@dataclass(frozen=True, slots=True)
class Box:
    """One labelled rectangle.

    Attributes:
        label: The class name, its runs of white space collapsed to one space, stripped.
        xmin, ymin, xmax, ymax: Edges in pixels of the upright image, origin at its upper left corner,
            continuous (xmax equals the width when the box touches the right edge), as labelImg writes them.
        difficult: Hard to recognise; ignored by the Pascal VOC metric.
        truncated: Reaches beyond the image.
        pose: The view, "Unspecified" when the file says nothing.
    """

    label: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: bool = False
    truncated: bool = False
    pose: str = "Unspecified"


@dataclass(frozen=True, slots=True)
class Annotation:
    """The boxes of one image.

    Attributes:
        filename: The image's name as the file gives it; may lack its extension, "" when absent.
        width, height: Image size in pixels as the file gives it, None when absent or no number.
        boxes: In the file's order; empty for a negative example.
        verified: The annotator ticked the image off.
        findings: Why objects of the file give no box, or what of its size cannot be read; without the file's path.
        folder: Name of the folder that held the image, "" when absent; it tells images of one name apart.
        frame: What the boxes' edges are measured in.
        has_class_numbers: The labels are class numbers, from 0, as text; the names are in another file.
    """

    filename: str
    width: int | None
    height: int | None
    boxes: tuple[Box, ...]
    verified: bool = False
    findings: tuple[Finding, ...] = ()
    folder: str = ""
    frame: Frame = Frame.STORED_OR_UPRIGHT
    has_class_numbers: bool = False

    def box_numbers(self) -> tuple[int, ...]:
        """Return the place in the file, from 1, of each of `boxes`."""
        unusable = {finding.object_number for finding in self.findings}
        numbers = (number for number in count(1) if number not in unusable)
        return tuple(islice(numbers, len(self.boxes)))


class AnnotationError(FindingError):
    """An annotation file that cannot be used at all."""
