"""The boxes of an annotation file as they lie in the photo that a window shows upright: those that a dataset holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from boxwright.annotations.model import Annotation, AnnotationError, Box
from boxwright.annotations.readers import read_annotation
from boxwright.dataset.plan.placement import AnnotatedImage, find_placements, placed
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.images import ImageError, upright_size
from boxwright.dataset.sources.scan import FileStat


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


def shown_boxes(image: Path, annotation_file: Path) -> ShownBoxes | None:
    """Return the boxes of an annotation file as they lie in its photo.

    Only these two files are looked at, so a photo whose frame the file cannot tell has its boxes upright.

    Args:
        image: The photo.
        annotation_file: In any format that a dataset reads.

    Returns:
        None when one of the files cannot be read.
    """
    try:
        annotation = read_annotation(annotation_file)
        width, height, orientation = upright_size(image.read_bytes())
    except (AnnotationError, ImageError, OSError):
        return None
    info = ImageInfo(FileStat.of(image.stat()), width=width, height=height, orientation=orientation)
    return _placed(AnnotatedImage(image.name, info, annotation_file.name, annotation), annotation)


def _placed(image: AnnotatedImage, annotation: Annotation) -> ShownBoxes:
    placement = find_placements([image]).of(image.path)
    if not placement.is_known:
        return ShownBoxes(annotation.boxes, fit=False)
    boxes = tuple(placed(annotation, placement, image.image.width, image.image.height))
    return ShownBoxes(boxes, are_moved=boxes != annotation.boxes)
