"""The photos of the test split that the model does best and worst on, small, with their boxes."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from boxwright.dataset.sources.image_error import ImageError
from boxwright.dataset.sources.images import encode_upright
from boxwright.runs.verdicts import JudgedImage, Verdict, VerdictsRecord, threshold_of
from boxwright.workspace import Workspace

SHOWN = 6  # photos of each kind
LONG_SIDE = 560  # pixels
QUALITY = 78
MAX_JPEG = 120_000  # bytes: with more a photo is left out, so that the page stays below 5 MB
SHOWN_BOXES = 100


@dataclass(frozen=True)
class Shape:
    """A box to draw.

    Attributes:
        kind: "found" or "missed" for annotated boxes, "correct" or "mistake" for detections.
        text: Beside it.
        x, y, width, height: In pixels of the original photo.
    """

    kind: str
    text: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Photo:
    """A photo of the test split.

    Attributes:
        name: Relative to images/.
        width, height: Of the original in pixels: the coordinates of the shapes.
        jpeg: A smaller copy in base64; "" where the photo cannot be read.
        shapes: Annotated boxes, then detections.
        words: What is right and wrong in it.
    """

    name: str
    width: int
    height: int
    jpeg: str
    shapes: tuple[Shape, ...]
    words: str


def worst_and_best(
    workspace: Workspace, record: VerdictsRecord, min_scores: Mapping[str, float]
) -> tuple[tuple[Photo, ...], tuple[Photo, ...]]:
    """Return the photos with the gravest mistakes, and those without any where the most objects were found.

    Args:
        workspace: Where the photos are.
        record: Verdicts of the test split.
        min_scores: Detections that score less do not count, by class.
    """
    severity = dict.fromkeys((image.name for image in record.images), 0.0)
    for mistake in record.mistakes(min_scores):
        severity[mistake.image] += mistake.severity
    with_mistakes = sorted((image for image in record.images if severity[image.name] > 0), key=_by(severity))
    found = {image.name: _certainty(image, min_scores) for image in record.images}
    without = (image for image in record.images if severity[image.name] == 0 and image.objects)
    best = sorted(without, key=_by(found))
    return (
        tuple(_photo(workspace, image, min_scores) for image in with_mistakes[:SHOWN]),
        tuple(_photo(workspace, image, min_scores) for image in best[:SHOWN]),
    )


def _by(values: Mapping[str, float]) -> Callable[[JudgedImage], tuple[float, str]]:
    return lambda image: (-values[image.name], image.name)


def _certainty(image: JudgedImage, min_scores: Mapping[str, float]) -> float:
    """Return the sum of the scores of correct detections."""
    return sum(
        one.score
        for one in image.detections
        if one.verdict == Verdict.CORRECT.value and one.score >= threshold_of(one.label, min_scores)
    )


def _photo(workspace: Workspace, image: JudgedImage, min_scores: Mapping[str, float]) -> Photo:
    shapes, counts = [], {"found": 0, "missed": 0, "mistake": 0}
    for one in image.objects:
        if one.difficult:
            continue
        kind = "missed" if one.is_missed(threshold_of(one.label, min_scores)) else "found"
        counts[kind] += 1
        edges = (one.xmin, one.ymin, one.xmax - one.xmin, one.ymax - one.ymin)
        shapes.append(Shape(kind, one.label if kind == "missed" else "", *edges))
    for each in image.detections:
        if each.score < threshold_of(each.label, min_scores) or each.verdict == Verdict.IGNORED.value:
            continue
        kind = "correct" if each.verdict == Verdict.CORRECT.value else "mistake"
        counts["mistake"] += kind == "mistake"
        edges = (each.xmin, each.ymin, each.xmax - each.xmin, each.ymax - each.ymin)
        what = "" if kind == "correct" else f", {each.verdict}"
        shapes.append(Shape(kind, f"{each.label} {each.score:.0%}{what}", *edges))
    words = f"{counts['found']} found, {counts['missed']} missed, {counts['mistake']} wrong"
    size = (max(image.width, 1), max(image.height, 1))
    return Photo(image.name, *size, _small_jpeg(workspace, image.name), tuple(shapes[:SHOWN_BOXES]), words)


def _small_jpeg(workspace: Workspace, name: str) -> str:
    """Return a small upright copy in base64; "" where the photo cannot be read."""
    from PIL import Image  # noqa: PLC0415  # the page without photos needs it not

    try:
        upright = encode_upright((workspace.images / name).read_bytes()).data
        with Image.open(io.BytesIO(upright)) as image:
            image.draft("RGB", (LONG_SIDE, LONG_SIDE))
            small = image.convert("RGB")
        small.thumbnail((LONG_SIDE, LONG_SIDE))
    except (ImageError, OSError, ValueError):
        return ""
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=QUALITY)
    return b64encode(stream.getvalue()).decode("ascii") if stream.tell() <= MAX_JPEG else ""
