"""Finding out where the boxes of each annotation file lie.

The size in the file tells, and where it cannot, the other files of the set do: a cause is decided and reported once for
all files that share it. No box is used whose place the evidence contradicts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from boxwright.annotations.model import Annotation, Box, Frame
from boxwright.dataset.plan.placement import AS_THEY_ARE, UNKNOWN, AnnotatedImage, Placement, Placements, Size
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.findings import Finding, Severity

SCALE_ROUNDING = 1.0  # pixels by which a scaled photo's size may differ from the exact one
SIZE_NOISE = 2  # pixels; a size that differs by less comes from a tool that rounds, and moves no box
WHOLE_SET = 0.8  # of the boxes of all files: from here on an inverted axis is the converter's, not a person's
MIN_INVERTED_FILES = 2
EXAMPLES = 3  # files named in a finding about many


def find_placements(images: Iterable[AnnotatedImage], *, unclear_are_stored: bool = False) -> Placements:
    """Return how the boxes of each image are placed, and what was found out about the set.

    Args:
        images: The whole set, or some of it.
        unclear_are_stored: Of some of it: what was found out about the whole.
    """
    annotated = [image for image in images if image.annotation.boxes]
    odd = [image for image in annotated if not _is_plain(image)]
    of_image: dict[str, Placement] = {}
    findings: list[Finding] = []
    are_stored = unclear_are_stored or _are_stored(odd)
    for decide in (_fractions, _inverted_axes, partial(_exif_frames, unclear_are_stored=are_stored), _other_sizes):
        waiting = [image for image in odd if image.path not in of_image]
        decided, new_findings = decide(waiting, annotated)
        of_image |= decided
        findings += new_findings
    inverted = [image for image in odd if any(_is_inverted(box) for box in image.annotation.boxes)]
    moved = {path: placement for path, placement in of_image.items() if placement != AS_THEY_ARE}
    count_all_boxes = len(inverted) >= MIN_INVERTED_FILES
    return Placements(moved, tuple(findings), count_all_boxes, are_stored)


def _is_plain(image: AnnotatedImage) -> bool:
    """Return whether nothing is to be decided: size and image agree, and the boxes are boxes of pixels."""
    if image.image.orientation != 1 or image.given not in (None, image.upright):
        return False
    return all(not (_is_inverted(box) or (box.xmax <= 1 and box.ymax <= 1)) for box in image.annotation.boxes)


_Decision = tuple[dict[str, Placement], list[Finding]]


def _fractions(waiting: Sequence[AnnotatedImage], _: Sequence[AnnotatedImage]) -> _Decision:
    """Boxes in fractions of width and height: all edges of the file within 0 and 1, one of them no whole number."""
    found = {image.path: image for image in waiting if _is_in_fractions(image)}
    if not found:
        return {}, []
    finding = _warning(
        "coordinates-are-fractions",
        value="0 to 1",
        message=f"The coordinates of {_files(found.values())} are fractions of the image's width and height, and were "
        "multiplied by them",
        advice="Nothing to do; boxes in pixels are written when you save the image in labelImg.",
    )
    return {path: Placement(scale=image.upright) for path, image in found.items()}, [finding]


def _is_in_fractions(image: AnnotatedImage) -> bool:
    edges = [edge for box in image.annotation.boxes for edge in (box.xmin, box.ymin, box.xmax, box.ymax)]
    return all(0 <= edge <= 1 for edge in edges) and any(edge not in (0, 1) for edge in edges)


def _inverted_axes(waiting: Sequence[AnnotatedImage], annotated: Sequence[AnnotatedImage]) -> _Decision:
    """An axis inverted throughout: two edges exchanged, or the origin at another corner; numbers cannot tell which."""
    boxes = sum(len(image.annotation.boxes) for image in annotated)
    placements: dict[str, Placement] = {}
    findings = []
    for axis, is_inverted in _INVERTED.items():
        found = [image for image in waiting if any(map(is_inverted, image.annotation.boxes))]
        inverted = sum(is_inverted(box) for image in found for box in image.annotation.boxes)
        if len(found) < MIN_INVERTED_FILES or inverted < WHOLE_SET * boxes:
            continue
        placements |= {image.path: UNKNOWN for image in found}
        findings.append(
            Finding(
                rule="axis-inverted",
                value=f"{inverted} of {boxes} boxes",
                message=f"{axis}min is larger than {axis}max in "
                f"{'all' if inverted == boxes else inverted} {'' if inverted == boxes else 'of '}{boxes} boxes of "
                f"{_files(found)}, so these images are left out",
                advice=f"Fix the converter that wrote them: it exchanged {axis}min and {axis}max, or its origin is not "
                "the upper left corner. Then convert again.",
            )
        )
    return placements, findings


def _is_inverted(box: Box) -> bool:
    return any(is_inverted(box) for is_inverted in _INVERTED.values())


_INVERTED: Mapping[str, Callable[[Box], bool]] = {
    "x": lambda box: box.xmin > box.xmax,
    "y": lambda box: box.ymin > box.ymax,
}


def _are_stored(images: Sequence[AnnotatedImage]) -> bool:
    """Return whether the turned photos whose frame is clear all have their boxes in the stored one; False for none."""
    turned_photos = [image for image in images if image.image.orientation != 1 and not _is_in_fractions(image)]
    frames = [possible for image in turned_photos if len(possible := _possible_frames(image)) == 1]
    return bool(frames) and all(True in possible for possible in frames)


def _exif_frames(
    waiting: Sequence[AnnotatedImage], _: Sequence[AnnotatedImage], *, unclear_are_stored: bool
) -> _Decision:
    """Photos with an EXIF orientation: boxes in the stored frame are turned with the pixels."""
    frames = {image.path: _possible_frames(image) for image in waiting if image.image.orientation != 1}
    photos = [image for image in waiting if frames.get(image.path)]  # the others fit neither frame: see _other_sizes
    in_stored = [image for image in photos if frames[image.path].keys() == {True}]
    in_upright = [image for image in photos if frames[image.path].keys() == {False}]
    unclear = [image for image in photos if len(frames[image.path]) == 2]
    placements: dict[str, Placement] = {}
    for group, is_stored in ((in_stored, True), (in_upright, False), (unclear, unclear_are_stored)):
        for image in group:
            orientation = image.image.orientation if is_stored else 1
            placements[image.path] = Placement(orientation, frames[image.path][is_stored])
    findings = [_turned(in_stored)] if in_stored else []
    if in_stored or not any(image.given for image in in_upright):
        assumed = [image for image in photos if image.given is None or len(frames[image.path]) == 2]
        findings += [_assumed_frame(image, is_stored=placements[image.path].orientation != 1) for image in assumed]
    return placements, findings


def _possible_frames(image: AnnotatedImage) -> dict[bool, tuple[float, float]]:
    """Return the frames that an image's boxes may lie in: whether it is the stored one, to the factors of x and y.

    The size in the file is the first evidence, the boxes are the second: a frame that they reach beyond is not theirs.
    """
    sizes = {True: image.stored, False: image.upright}
    unscaled = {is_stored: (1.0, 1.0) for is_stored, size in sizes.items() if not image.reaches_beyond(size)}
    given = image.given
    if given is None:
        return unscaled
    scales = {is_stored: scale for is_stored, size in sizes.items() if (scale := _scale(given, size)) is not None}
    if scales and image.reaches_beyond(given):
        return unscaled  # the size is wrong, as the boxes show
    return scales


def _turned(images: Sequence[AnnotatedImage]) -> Finding:
    return _warning(
        "exif-boxes-turned",
        value=f"{len(images)} images",
        message=f"The boxes of {_files(images)} were drawn in the stored frame of photos that their EXIF orientation "
        "turns, as the size in the file shows; they were turned with the pixels",
        advice="Nothing to do; labelImg of today shows such photos upright, so look at one there.",
    )


def _assumed_frame(image: AnnotatedImage, *, is_stored: bool) -> Finding:
    frame = "stored frame, as those of other photos" if is_stored else "upright frame, in which labelImg shows photos"
    return _warning(
        "exif-frame-assumed",
        file=image.file,
        value=f"EXIF orientation {image.image.orientation}",
        message=f"The size cannot tell whether the boxes of {image.path} were drawn before or after its EXIF "
        f"orientation turned it; they are taken to lie in the {frame}",
        advice="Look at one in labelImg, and draw the boxes again if they do not fit.",
    )


def _other_sizes(waiting: Sequence[AnnotatedImage], _: Sequence[AnnotatedImage]) -> _Decision:
    """Photos of another size than the file says: scaled, turned, or exchanged after they were annotated."""
    groups: dict[tuple[str, str], list[AnnotatedImage]] = defaultdict(list)
    for image in waiting:
        given = image.given
        if given is None or _is_near(given, image.upright):
            continue
        scale = _scale(given, image.upright)
        if given == image.upright[::-1]:
            groups["transposed", ""].append(image)
        elif scale is not None:
            groups["scaled", _factor_in_words(scale)].append(image)
        else:
            groups["other", ""].append(image)
    placements: dict[str, Placement] = {}
    findings: list[Finding] = []
    for (kind, factor), images in sorted(groups.items()):
        fits_given = not any(image.given and image.reaches_beyond(image.given) for image in images)
        fits_image = not any(image.reaches_beyond(image.upright) for image in images)
        if fits_image and not fits_given:
            findings.append(_wrong_size(images))
        elif kind == "scaled" and fits_given:
            placements |= {image.path: Placement(scale=_exact_scale(image)) for image in images}
            findings.append(_rescaled(images, factor))
        else:
            placements |= {image.path: UNKNOWN for image in images}
            findings.append(_no_place(images, kind))
    return placements, findings


def _no_place(images: Sequence[AnnotatedImage], kind: str) -> Finding:
    if kind == "transposed":
        cause = "width and height are exchanged: the photos were turned after annotating, either way"
        return _left_out(images, "size-transposed", cause)
    if kind == "scaled":
        return _left_out(images, "size-mismatch", "the boxes fit neither size")
    return _left_out(images, "size-mismatch", "the photos were cropped, stretched or exchanged after annotating")


def _is_near(given: Size, actual: Size) -> bool:
    return abs(given[0] - actual[0]) < SIZE_NOISE and abs(given[1] - actual[1]) < SIZE_NOISE


def _scale(given: Size, actual: Size) -> tuple[float, float] | None:
    """Return the factors of x and y when both axes were scaled alike, None when they were not."""
    x, y = actual[0] / given[0], actual[1] / given[1]
    factor = x if given[0] >= given[1] else y
    is_alike = (
        abs(given[0] * factor - actual[0]) <= SCALE_ROUNDING and abs(given[1] * factor - actual[1]) <= SCALE_ROUNDING
    )
    return (x, y) if is_alike else None


def _exact_scale(image: AnnotatedImage) -> tuple[float, float]:
    given = image.given
    assert given is not None
    return image.upright[0] / given[0], image.upright[1] / given[1]


def _factor_in_words(scale: tuple[float, float]) -> str:
    factor = max(scale)
    return f"{factor:.3g}" if factor >= 1 else f"1/{1 / factor:.3g}"


def _rescaled(images: Sequence[AnnotatedImage], factor: str) -> Finding:
    first = images[0]
    return _warning(
        "boxes-rescaled",
        value=f"factor {factor}",
        message=f"{_files(images)} {'are' if len(images) > 1 else 'is'} for photos that were scaled by the factor "
        f"{factor} after annotating, for example {_size(first.given)} to {_size(first.upright)}; the boxes were scaled "
        "likewise",
        advice="Nothing to do; look at one image in labelImg, and save it to fix the size in its file.",
    )


def _wrong_size(images: Sequence[AnnotatedImage]) -> Finding:
    first = images[0]
    return _warning(
        "size-mismatch",
        value=_size(first.given),
        message=f"The size in {_files(images)} is not that of the photo ({_size(first.upright)} in the first), but the "
        "boxes fit the photo and not that size, so they are used as they are",
        advice="Nothing to do; look at one image in labelImg, and save it to fix the size in its file.",
    )


def _left_out(images: Sequence[AnnotatedImage], rule: str, cause: str) -> Finding:
    first = images[0]
    return Finding(
        rule=rule,
        value=_size(first.given),
        message=f"{_files(images)} {'are' if len(images) > 1 else 'is'} for photos of another size "
        f"({_size(first.given)}, the photo has {_size(first.upright)} in the first): {cause}. The images are left out",
        advice="Put the photos that were annotated in their place, or draw the boxes again in labelImg.",
    )


def _size(size: Size | None) -> str:
    return "unknown" if size is None else f"{size[0]:g} x {size[1]:g}"


def _files(images: Iterable[AnnotatedImage]) -> str:
    """Return how many annotation files and some of their names: "12 files (a.xml, b.xml, c.xml, ...)"."""
    names = sorted(image.file for image in images)
    if len(names) == 1:
        return names[0]
    shown = ", ".join(names[:EXAMPLES])
    return f"{len(names)} files ({shown}{', ...' if len(names) > EXAMPLES else ''})"


def _warning(rule: str, *, value: str, message: str, advice: str, file: str = "") -> Finding:
    return Finding(file=file, rule=rule, value=value, message=message, advice=advice, severity=Severity.WARNING)


def same_evidence(before: Annotation, now: Annotation, image: ImageInfo) -> bool:
    """Return whether an annotation that changed leaves all placements as they are, whatever the other files say."""
    if before.frame is not now.frame:
        return False
    if now.frame is not Frame.STORED_OR_UPRIGHT:
        return True
    return all(_is_plain(AnnotatedImage("", image, "", annotation)) for annotation in (before, now))
