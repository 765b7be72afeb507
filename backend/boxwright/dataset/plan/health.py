"""What is wrong with boxes, and with a dataset as a whole.

Nothing is guessed: a box is used as the file has it, clipped to the image, or it is left out with a finding.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from boxwright.annotations.model import Annotation, Box
from boxwright.dataset.plan.entry import Entry
from boxwright.dataset.plan.split import folder_split
from boxwright.dataset.sources.matching import stem_of
from boxwright.findings import Finding, Severity
from boxwright.workspace import SPLITS

FEW_EXAMPLES = 10  # objects of a class, both splits together; fewer teach nothing that holds
MIN_EDGE = 1.0  # in pixels, after clipping
MIN_LEARNABLE = 4.0  # pixels at the network's input size: under half a cell of its finest feature map, 8 pixels
INPUT_SIZE, LARGE_INPUT_SIZE = 300, 640  # pixels, of the smallest and the largest networks
_JOINERS = "\u200c\u200d"
_CLIP_SILENTLY = 1e-3  # in pixels: what rounding in other tools leaves beyond the edge
_REDRAW = "Draw the box again in labelImg, or delete the object."


@dataclass(frozen=True)
class CheckedBoxes:
    """The boxes of one annotation file that can be used, and what is wrong with the others.

    Attributes:
        boxes: In the file's order, edges within [0, width] and [0, height].
        numbers: The place in the file, from 1, of each box.
        findings: In the order of the objects, those about the size first.
    """

    boxes: tuple[Box, ...]
    numbers: tuple[int, ...]
    findings: tuple[Finding, ...]


def check_boxes(
    annotation: Annotation,
    *,
    file: str,
    width: int,
    height: int,
) -> CheckedBoxes:
    """Return the boxes that can be used, clipped to the image, and what is wrong with the others.

    Args:
        annotation: Its boxes in pixels of the upright image.
        file: The annotation file, relative to the workspace.
        width, height: Size of the upright image in pixels, which the boxes are taken in.
    """
    findings = [*_check_size(annotation, file, width, height)]
    findings += [finding.in_file(file) for finding in annotation.findings]
    usable: dict[int, Box] = {}
    seen: dict[tuple[str, float, float, float, float], int] = {}
    for number, box in zip(annotation.box_numbers(), annotation.boxes, strict=True):
        clipped = _clip(box, width, height)
        finding = _check_box(box, clipped, f"{width} x {height}")
        if finding is not None:
            findings.append(replace(finding, file=file, object_number=number))
            if finding.severity is Severity.ERROR:
                continue
        corners = (box.label, clipped.xmin, clipped.ymin, clipped.xmax, clipped.ymax)
        if corners in seen:
            findings.append(replace(_duplicate_box(box, seen[corners]), file=file, object_number=number))
            continue
        seen[corners] = number
        usable[number] = clipped
    findings.sort(key=lambda finding: finding.object_number or 0)
    return CheckedBoxes(tuple(usable.values()), tuple(usable), tuple(findings))


def _check_size(annotation: Annotation, file: str, width: int, height: int) -> Iterator[Finding]:
    """Yield what is wrong with a size of 0; sizes that differ are the placement's business."""
    given = (annotation.width, annotation.height)
    if 0 in given:
        yield _warning(
            rule="size-zero",
            file=file,
            value=" x ".join("?" if edge is None else str(edge) for edge in given),
            message=f"The XML gives the image no size; it is {width} x {height}, and the boxes are taken in its pixels",
            advice="Nothing to do if the boxes fit the image; look at one in labelImg, and save it to fix the XML.",
        )


def _clip(box: Box, width: int, height: int) -> Box:
    if box.xmin >= 0 and box.ymin >= 0 and box.xmax <= width and box.ymax <= height:
        return box
    return replace(
        box,
        xmin=min(max(box.xmin, 0.0), width),
        ymin=min(max(box.ymin, 0.0), height),
        xmax=min(max(box.xmax, 0.0), width),
        ymax=min(max(box.ymax, 0.0), height),
    )


def _check_box(box: Box, clipped: Box, size: str) -> Finding | None:
    """Return what is wrong with one box: an error, which leaves it out, or else a warning; None if nothing is."""
    return _box_error(box, clipped, size) or _box_warning(box, clipped, size)


def _box_error(box: Box, clipped: Box, size: str) -> Finding | None:
    def left_out(message: str, *, rule: str) -> Finding:
        message += ", so the object is left out"
        return Finding(rule=rule, label=box.label, value=_corners(box), message=message, advice=_REDRAW)

    if box.xmin > box.xmax or box.ymin > box.ymax:
        return left_out("The box is inverted (xmin > xmax or ymin > ymax)", rule="box-inverted")
    if box.xmin == box.xmax or box.ymin == box.ymax:
        return left_out("The box has no area", rule="box-zero")
    shorter_edge = min(clipped.xmax - clipped.xmin, clipped.ymax - clipped.ymin)
    if shorter_edge <= 0:
        return left_out(f"The box is outside the image, which is {size}", rule="box-outside")
    if shorter_edge < MIN_EDGE - 1e-6:
        return left_out(f"Less than {MIN_EDGE:g} pixel of the box is within the image", rule="box-sub-pixel")
    return None


def _box_warning(box: Box, clipped: Box, size: str) -> Finding | None:
    beyond = max(clipped.xmin - box.xmin, clipped.ymin - box.ymin, box.xmax - clipped.xmax, box.ymax - clipped.ymax)
    if beyond > _CLIP_SILENTLY:
        pixels = f"{round(beyond, 2):,.6g}"
        return _warning(
            rule="box-outside",
            label=box.label,
            value=_corners(box),
            message=f"The box reaches {pixels} pixels beyond the image, which is {size}, and is clipped to it",
            advice="Look whether the box fits its object in labelImg, and draw it again if not.",
        )
    return None


def no_usable_object(annotation_file: str) -> Finding:
    """Return the finding about an image of whose objects none can be used."""
    # an image whose only box was lost would teach that its object is background
    return Finding(
        file=annotation_file,
        rule="no-usable-object",
        message="None of the objects can be used, so the image is left out",
        advice="Fix what is said of each; if the image shows no object, delete the objects and save.",
    )


def _duplicate_box(box: Box, first: int) -> Finding:
    return _warning(
        rule="box-duplicate",
        label=box.label,
        value=_corners(box),
        message=f"Object {first} has the same label and the same corners, so this one is left out",
        advice="Delete one of the two in labelImg.",
    )


def _corners(box: Box) -> str:
    return f"xmin {box.xmin:g}, ymin {box.ymin:g}, xmax {box.xmax:g}, ymax {box.ymax:g}"


def check_dataset(entries: Mapping[str, Sequence[Entry]], *, images: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return what is wrong with the dataset as a whole; nothing is left out for it.

    Args:
        entries: Per split, the images that have an annotation.
        images: All images' paths relative to the workspace: two of one stem in a folder share an annotation file.
    """
    labelled = {f"images/{entry.key}" for split in SPLITS for entry in entries[split]}
    findings = [*_check_classes(entries), *_check_names(entries), *_check_small_objects(entries)]
    findings += _check_stems(labelled | set(images))
    return tuple(sorted(findings))


def _check_classes(entries: Mapping[str, Sequence[Entry]]) -> Iterator[Finding]:
    """Yield the classes that have too few objects, or none in one split; an empty split is said once."""
    objects = {split: Counter(box.label for entry in entries[split] for box in entry.boxes) for split in SPLITS}
    filled = [split for split in SPLITS if entries[split]]
    if len(filled) == 1:
        (empty,) = set(SPLITS) - set(filled)
        yield _warning(
            rule="split-empty",
            value=f"{len(entries[filled[0]])} in the {filled[0]} split",
            message=f"No image is in the {empty} split",
            advice=_advice_for_empty_split(empty, filled[0], entries[filled[0]]),
        )
    for label in sorted(set().union(*objects.values())):
        per_split = {split: objects[split][label] for split in SPLITS}
        value = ", ".join(f"{split} {count}" for split, count in per_split.items())
        if sum(per_split.values()) < FEW_EXAMPLES:
            yield _warning(
                rule="class-few-examples",
                label=label,
                value=value,
                message=f"The class has fewer than {FEW_EXAMPLES} objects",
                advice="Label more of them; a detector wants some tens of objects of a class at the least.",
            )
        for split in filled:
            if len(filled) == 2 and not per_split[split]:
                cannot = "cannot be learnt" if split == "train" else "cannot be measured"
                yield _warning(
                    rule="class-absent-from-split",
                    label=label,
                    value=value,
                    message=f"The class has no object in the {split} split, so it {cannot}",
                    advice=f"Label another image that shows it, or move one that does to the {split} split.",
                )


def _check_names(entries: Mapping[str, Sequence[Entry]]) -> Iterator[Finding]:
    """Yield the classes whose names hold what nobody sees: two classes then look like one."""
    for label in sorted({box.label for split in SPLITS for entry in entries[split] for box in entry.boxes}):
        if not label.isprintable() and any(map(_is_invisible, label)):
            yield _warning(
                rule="label-invisible-character",
                label=label,
                value=ascii(label),
                message="The label has a character that is not shown, so it looks like another label",
                advice="Type the label again in labelImg, for each object that carries it (Ctrl+E).",
            )


def _is_invisible(character: str) -> bool:
    """Return whether a character is a format character; joiners, which some scripts are written with, are none here."""
    return unicodedata.category(character) == "Cf" and character not in _JOINERS


def _advice_for_empty_split(empty: str, filled: str, entries: Sequence[Entry]) -> str:
    if all(folder_split(entry.key) == filled for entry in entries):
        return (
            f"All labelled images lie in images/{filled}, and the folder decides: move some of them with their "
            f"annotations to images/{empty}, or all of them up into images/ to have them split."
        )
    if len(entries) == 1:
        return "Label more images: from the second on both splits have one."
    return f"Move some images to images/{empty}, or change their rows in annotations/split.csv."


def _check_small_objects(entries: Mapping[str, Sequence[Entry]]) -> Iterator[Finding]:
    """Yield the classes of which objects are too small to be learnt at the network's input size."""
    sizes: dict[str, list[float]] = defaultdict(list)
    for entry in (entry for split in SPLITS for entry in entries[split]):
        for box in entry.boxes:
            share = min((box.xmax - box.xmin) / entry.image.width, (box.ymax - box.ymin) / entry.image.height)
            sizes[box.label].append(share)
    for label, shares in sorted(sizes.items()):
        small = sorted(share for share in shares if share * INPUT_SIZE < MIN_LEARNABLE)
        if small:
            typical = small[len(small) // 2]
            yield _warning(
                rule="objects-too-small",
                label=label,
                value=f"{len(small)} of {len(shares)} objects",
                message=f"They are under {MIN_LEARNABLE:g} pixels wide or high at the network's input size, typically "
                f"{typical * INPUT_SIZE:.1f} pixels at {INPUT_SIZE}, {typical * LARGE_INPUT_SIZE:.1f} at "
                f"{LARGE_INPUT_SIZE}, so a detector will hardly find them",
                advice="Start a training with --image-size 512 or 640, or cut large photos into pieces around objects.",
            )


def _check_stems(images: Iterable[str]) -> Iterator[Finding]:
    """Yield images in one folder that differ in their suffix only; labelImg gives them one XML file."""
    by_stem: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for image in sorted(images):
        folder, _, name = image.rpartition("/")  # a path object a file costs more than all the rest
        by_stem[folder, stem_of(name).casefold()].append(image)
    for same in by_stem.values():
        if len(same) > 1:
            yield _warning(
                rule="two-images-one-stem",
                file=same[0],
                value=", ".join(image.rpartition("/")[2] for image in same),
                message="These images differ in their suffix only, and labelImg keeps one XML file for all of them",
                advice="Rename all but one, and label the renamed ones.",
            )


def _warning(*, rule: str, value: str, message: str, advice: str, file: str = "", label: str = "") -> Finding:
    return Finding(
        file=file, rule=rule, label=label, value=value, message=message, advice=advice, severity=Severity.WARNING
    )
