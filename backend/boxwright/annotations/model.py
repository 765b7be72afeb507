"""What an annotation file says, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """One labelled rectangle.

    Attributes:
        label: The class name, stripped of surrounding white space.
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


@dataclass(frozen=True)
class Annotation:
    """The boxes of one image.

    Attributes:
        filename: The image's name as the file gives it; may lack its extension, "" when absent.
        width, height: Image size in pixels as the file gives it, None when absent.
        boxes: In the file's order; empty for a negative example.
        verified: The annotator ticked the image off.
    """

    filename: str
    width: int | None
    height: int | None
    boxes: tuple[Box, ...]
    verified: bool = False
