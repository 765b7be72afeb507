"""Boxes drawn on images, readable on any background."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from boxwright.inference.detections import Detections

GOLDEN_RATIO = 0.618034
"""Fraction of the colour circle between neighbouring ids: any few consecutive ids get well separated hues."""

FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf", "Arial.ttf")
"""Looked for in the system's font folders; Pillow's own font, which has Latin letters only, is the last resort."""

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Boxes = npt.NDArray[np.floating]


def class_colour(class_id: int) -> Colour:
    """Return the colour of a class: a function of its id alone, so that it is the same in every picture."""
    hue = (class_id * GOLDEN_RATIO) % 1.0
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.85, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def draw_boxes(
    image: npt.NDArray[np.uint8], boxes: Boxes, classes: Sequence[int], captions: Sequence[str]
) -> Image.Image:
    """Draw labelled boxes on a copy of an image.

    Line width and letters grow with the image, a dark rim under each line keeps it visible on any background,
    and the caption is on a plate of the class's colour inside the picture. Boxes that are not finite are
    left out.

    Args:
        image: uint8 [H, W, 3], RGB.
        boxes: [N, 4], [ymin, xmin, ymax, xmax], normalised to the image; drawn last to first, so that the
            first one ends on top.
        classes: N ids, which choose the colours.
        captions: N texts, any Unicode; "" for none.

    Returns:
        An RGB image of the same size.
    """
    picture = Image.fromarray(np.ascontiguousarray(image))
    canvas = ImageDraw.Draw(picture)
    height, width = image.shape[:2]
    line = max(2, round(min(height, width) / 200))
    font = _font(max(12, round(min(height, width) / 36)))
    for index in reversed(range(len(boxes))):
        edges = np.asarray(boxes[index], np.float64)
        if not np.isfinite(edges).all():
            continue
        top, left, bottom, right = np.clip(edges, 0.0, 1.0) * (height - 1, width - 1, height - 1, width - 1)
        corners = [min(left, right), min(top, bottom), max(left, right), max(top, bottom)]
        colour = class_colour(int(classes[index]))
        canvas.rectangle(corners, outline=(0, 0, 0), width=line + 2)
        canvas.rectangle(
            [corners[0] + 1, corners[1] + 1, max(corners[0] + 1, corners[2] - 1), max(corners[1] + 1, corners[3] - 1)],
            outline=colour,
            width=line,
        )
        if captions[index]:
            _draw_caption(canvas, captions[index], corners, colour=colour, font=font, size=(width, height))
    return picture


def draw_detections(image: npt.NDArray[np.uint8], detections: Detections, *, min_score: float = 0.0) -> Image.Image:
    """Draw detections with label and score, for example "raccoon 87%"."""
    shown = detections.above(min_score)
    captions = [f"{label} {score:.0%}" for label, score in zip(shown.labels, shown.scores, strict=True)]
    return draw_boxes(image, shown.boxes, shown.classes.tolist(), captions)


def side_by_side(
    image: npt.NDArray[np.uint8],
    gt_boxes: Boxes,
    gt_classes: Sequence[int],
    detections: Detections,
    labels: Mapping[int, str],
    *,
    min_score: float = 0.5,
) -> Image.Image:
    """Draw the detections (left) beside the ground truth (right), as the original's TensorBoard images are.

    Args:
        image: uint8 [H, W, 3], RGB.
        gt_boxes: Ground truth, [N, 4], [ymin, xmin, ymax, xmax], normalised.
        gt_classes: N ids from 1.
        detections: What the model found.
        labels: Class names by id; "class 7" is written for an id that is missing.
        min_score: Detections below it are not drawn.

    Returns:
        An RGB image twice as wide, with a narrow white gap.
    """
    names = [labels.get(int(number), f"class {int(number)}") for number in gt_classes]
    left = draw_detections(image, detections, min_score=min_score)
    right = draw_boxes(image, gt_boxes, gt_classes, names)
    gap = max(4, image.shape[1] // 100)
    both = Image.new("RGB", (left.width + gap + right.width, left.height), (255, 255, 255))
    both.paste(left, (0, 0))
    both.paste(right, (left.width + gap, 0))
    return both


@lru_cache(maxsize=16)
def _font(size: int) -> Font:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _draw_caption(
    canvas: ImageDraw.ImageDraw, text: str, corners: list[float], *, colour: Colour, font: Font, size: tuple[int, int]
) -> None:
    """Put the caption above the box; inside it when there is no space; always within the picture."""
    text = " ".join(text.split())  # a line break would make Pillow measure several lines
    if isinstance(font, ImageFont.ImageFont):  # Pillow built without FreeType: its bitmap font is Latin-1 only
        text = text.encode("latin-1", "replace").decode("latin-1")
    left, top, right, bottom = canvas.textbbox((0, 0), text, font=font)
    margin = max(2, round((bottom - top) / 5))
    plate_width, plate_height = right - left + 2 * margin, bottom - top + 2 * margin
    x = max(0.0, min(corners[0], size[0] - plate_width))
    y = corners[1] - plate_height if corners[1] >= plate_height else min(corners[1], size[1] - plate_height)
    y = max(0.0, y)
    canvas.rectangle([x, y, x + plate_width - 1, y + plate_height - 1], fill=colour, outline=(0, 0, 0))
    red, green, blue = colour
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 140  # Rec. 601 luma decides between white and black letters
    canvas.text((x + margin - left, y + margin - top), text, font=font, fill=(255, 255, 255) if dark else (0, 0, 0))
