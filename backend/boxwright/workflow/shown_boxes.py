"""The boxes of an annotation file as they lie in the photo that a window shows upright: those that a dataset holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from boxwright.annotations.model import Annotation, AnnotationError, Box
from boxwright.annotations.readers import read_annotation
from boxwright.dataset.cache.inputs import are_unclear_frames_stored
from boxwright.dataset.plan.placement import AnnotatedImage, placed, turned
from boxwright.dataset.plan.placement_evidence import find_placements
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.images import TURNED_BY_90, ImageError, upright_size
from boxwright.dataset.sources.scan import FileStat
from boxwright.workspace import Workspace


@dataclass(frozen=True)
class ShownBoxes:
    """The boxes of an annotation file in its photo.

    Attributes:
        boxes: All objects of the file, in its order; edges in pixels of the upright photo.
        are_moved: Whether they are not where the file says: they were written in the stored frame of a photo that is
            turned, before it was scaled, or in fractions of its size.
        fit: False when the file is for a photo of another size, and nothing tells where its boxes belong.
    """

    boxes: tuple[Box, ...]
    are_moved: bool = False
    fit: bool = True


def shown_boxes(image: Path, annotation_file: Path, workspace: Workspace | None = None) -> ShownBoxes | None:
    """Return the boxes of an annotation file as they lie in its photo.

    Args:
        image: The photo.
        annotation_file: In any format that a dataset reads.
        workspace: Whose last sync tells the frame of a photo that these two files leave open; upright without one.

    Returns:
        None when one of the files cannot be read.
    """
    try:
        annotation = read_annotation(annotation_file)
        width, height, orientation = upright_size(image.read_bytes())
    except (AnnotationError, ImageError, OSError):
        return None
    info = ImageInfo(FileStat.of(image.stat()), width=width, height=height, orientation=orientation)
    are_stored = orientation != 1 and workspace is not None and are_unclear_frames_stored(workspace)
    return _placed(AnnotatedImage(image.name, info, annotation_file.name, annotation), annotation, are_stored)


def _placed(image: AnnotatedImage, annotation: Annotation, unclear_are_stored: bool) -> ShownBoxes:
    placement = find_placements([image], unclear_are_stored=unclear_are_stored).of(image.path)
    if not placement.is_known:
        return ShownBoxes(annotation.boxes, fit=False)
    boxes = tuple(placed(annotation, placement, image.image.width, image.image.height))
    return ShownBoxes(boxes, are_moved=boxes != annotation.boxes)


@dataclass(frozen=True)
class StoredFrame:
    """The frame of a photo's stored pixels.

    Attributes:
        orientation: EXIF orientation that makes the photo upright, 2 to 8.
        width, height: Of the upright photo, in pixels.
    """

    orientation: int
    width: int
    height: int

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the upright photo lies in the stored one, in pixels."""
        back = {6: 8, 8: 6}.get(self.orientation, self.orientation)  # the others undo themselves
        left, top, _, _ = turned((x, y, x, y), back, (self.width, self.height))
        return left, top


def saved_frame(image: Path, workspace: Workspace | None) -> StoredFrame | None:
    """Return the frame in which a dataset will take boxes that are saved now; None for the upright one.

    A size tells the frame of most photos. That of a half-turned, mirrored or square one is the same in both frames:
    saved upright beside others in the stored frame, the boxes would be turned once more.

    Args:
        image: The photo.
        workspace: As for shown_boxes.
    """
    try:
        width, height, orientation = upright_size(image.read_bytes())
    except (ImageError, OSError):
        return None
    is_unclear = orientation != 1 and (orientation < TURNED_BY_90 or width == height)
    if not is_unclear or workspace is None or not are_unclear_frames_stored(workspace):
        return None
    return StoredFrame(orientation, width, height)
