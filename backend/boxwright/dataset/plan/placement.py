"""Where the boxes of an annotation file lie in the pixels of its upright image.

labelImg of today shows photos upright, so most files need nothing. Others were written in the frame of the stored
pixels (older labelImg, other tools), before the photo was scaled, in fractions of the size, or with an axis exchanged.
placement_evidence finds out which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from boxwright.annotations.model import Annotation, Box
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.images import TURNED_BY_90
from boxwright.findings import Finding

BEYOND = 1.5  # pixels; other tools count from 0, round, or let a box touch the edge

Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """How boxes of an annotation file are brought into the upright image.

    Attributes:
        orientation: EXIF orientation by which they are turned, 1 for none; the file's frame is the stored photo's.
        scale: Factors of x and y, applied before turning.
        is_known: False when their place cannot be told; the image is then left out.
    """

    orientation: int = 1
    scale: tuple[float, float] = (1.0, 1.0)
    is_known: bool = True

    def place(self, box: Box, width: int, height: int) -> Box:
        """Return the box in pixels of the upright image of that size."""
        if self == AS_THEY_ARE:
            return box
        xmin, ymin, xmax, ymax = box.xmin, box.ymin, box.xmax, box.ymax
        x, y = self.scale
        xmin, xmax, ymin, ymax = xmin * x, xmax * x, ymin * y, ymax * y
        stored = (height, width) if self.orientation >= TURNED_BY_90 else (width, height)
        edges = turned((xmin, ymin, xmax, ymax), self.orientation, stored)
        return replace(box, xmin=edges[0], ymin=edges[1], xmax=edges[2], ymax=edges[3])


AS_THEY_ARE = Placement()
UNKNOWN = Placement(is_known=False)


@dataclass(frozen=True)
class AnnotatedImage:
    """An image with its annotation, as the placement needs it.

    Attributes:
        path: Of the image, relative to the workspace.
        image: What its file holds.
        file: The annotation file, relative to the workspace.
        annotation: What it says.
    """

    path: str
    image: ImageInfo
    file: str
    annotation: Annotation

    @property
    def upright(self) -> Size:
        """Width and height of the upright image in pixels."""
        return self.image.width, self.image.height

    @property
    def stored(self) -> Size:
        """Width and height of the image as it is stored, in pixels."""
        return self.upright[::-1] if self.image.orientation >= TURNED_BY_90 else self.upright

    @property
    def given(self) -> Size | None:
        """Width and height as the annotation file has them; None when one is absent or 0."""
        width, height = self.annotation.width, self.annotation.height
        return (width, height) if width and height else None

    def reaches_beyond(self, size: Size) -> bool:
        """Return whether a box lies more than rounding beyond an image of that size."""
        limits = size[0] + BEYOND, size[1] + BEYOND
        return any(box.xmax > limits[0] or box.ymax > limits[1] for box in self.annotation.boxes)


@dataclass(frozen=True)
class Placements:
    """The placements of a set.

    Attributes:
        of_image: By the image's path; one that is not in it has its boxes where the file says.
        findings: One for each cause, and one for each image whose frame was assumed.
        count_all_boxes: Whether they depend on the number of boxes in all files, as an inverted axis does.
        unclear_are_stored: Whether a turned photo whose own file leaves both frames possible is taken to be in the
            stored one, as all others are.
    """

    of_image: Mapping[str, Placement]
    findings: tuple[Finding, ...]
    count_all_boxes: bool = False
    unclear_are_stored: bool = False

    def of(self, path: str) -> Placement:
        """Return the placement of an image."""
        return self.of_image.get(path, AS_THEY_ARE)


def turned(edges: tuple[float, float, float, float], orientation: int, stored: Size) -> tuple[float, ...]:
    """Return a box of the stored photo as it lies in the upright one.

    Args:
        edges: xmin, ymin, xmax, ymax in pixels of the stored photo.
        orientation: EXIF 2.3, 1 to 8.
        stored: Width and height of the stored photo.
    """
    width, height = stored
    xmin, ymin, xmax, ymax = edges
    if orientation in (2, 3, 7, 8):  # the stored x runs against the upright axis on which it comes to lie
        xmin, xmax = width - xmax, width - xmin
    if orientation in (3, 4, 6, 7):
        ymin, ymax = height - ymax, height - ymin
    return (ymin, xmin, ymax, xmax) if orientation >= TURNED_BY_90 else (xmin, ymin, xmax, ymax)


def placed(annotation: Annotation, placement: Placement, width: int, height: int) -> Iterator[Box]:
    """Yield the boxes of an annotation in pixels of the upright image of that size."""
    for box in annotation.boxes:
        yield placement.place(box, width, height)
