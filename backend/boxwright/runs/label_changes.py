"""What changed in the labels between two runs, image by image and box by box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from boxwright.annotations.overlap import Edges, iou
from boxwright.runs.labels import LabelledBox, Labels
from boxwright.workspace import SPLITS

SAME_OBJECT = 0.5  # overlap (IoU) from which two boxes are of one object, as AP@.50 has it


@dataclass(frozen=True)
class BoxChanges:
    """What became of an image's boxes, by their classes.

    Attributes:
        added, removed: Classes of the boxes that only one has.
        changed: Classes of those that overlap by SAME_OBJECT, but have other edges.
        relabelled: Old and new class of those that overlap so, with the same edges or not.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    relabelled: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.relabelled)


@dataclass(frozen=True)
class ImageChange:
    """An image that one run has otherwise than the other.

    Attributes:
        filename: As in the records.
        before, after: "train" or "test"; None where the run does not have it.
        boxes: All of them added or removed, when only one run has the image.
    """

    filename: str
    before: str | None
    after: str | None
    boxes: BoxChanges


@dataclass(frozen=True)
class LabelChanges:
    """What changed between the labels of two runs.

    Attributes:
        images: How many images each has, by split.
        objects: How many boxes each has, by class.
        changes: Images that differ, by name.
    """

    images: tuple[Mapping[str, int], Mapping[str, int]]
    objects: tuple[Mapping[str, int], Mapping[str, int]]
    changes: tuple[ImageChange, ...]

    def of_split(self, split: str) -> bool:
        """Return whether anything differs on a split."""
        return any(split in (change.before, change.after) for change in self.changes)

    def image_totals(self) -> dict[str, int]:
        """Return how many images were added, removed, moved to the other split, or have other boxes."""
        totals = {"added": 0, "removed": 0, **{f"moved_to_{split}": 0 for split in SPLITS}, "other_boxes": 0}
        for change in self.changes:
            if change.before is None:
                totals["added"] += 1
            elif change.after is None:
                totals["removed"] += 1
            else:
                if change.before != change.after:
                    totals[f"moved_to_{change.after}"] += 1
                totals["other_boxes"] += bool(change.boxes)
        return totals

    def class_totals(self) -> dict[str, dict[str, int]]:
        """Return for each class: boxes before and after; added, removed, changed; relabelled from it and to it."""
        boxes = [change.boxes for change in self.changes]
        counts = {
            "before": self.objects[0],
            "after": self.objects[1],
            "added": Counter(label for one in boxes for label in one.added),
            "removed": Counter(label for one in boxes for label in one.removed),
            "changed": Counter(label for one in boxes for label in one.changed),
            "relabelled_from": Counter(pair[0] for one in boxes for pair in one.relabelled),
            "relabelled_to": Counter(pair[1] for one in boxes for pair in one.relabelled),
        }
        labels = sorted({*self.objects[0], *self.objects[1]})
        return {label: {name: count.get(label, 0) for name, count in counts.items()} for label in labels}

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {
            "images": [dict(one) for one in self.images],
            "image_totals": self.image_totals(),
            "class_totals": self.class_totals(),
            "changes": [asdict(change) for change in self.changes],
        }


def label_changes(before: Labels, after: Labels) -> LabelChanges:
    """Compare the labels of two runs; an image is known by its name, and moves when its split changes."""
    changes = []
    for here, there in _pairs(before, after):
        boxes = box_changes(before.get(here, ()) if here else (), after.get(there, ()) if there else ())
        splits = here[0] if here else None, there[0] if there else None
        if boxes or splits[0] != splits[1]:
            changes.append(ImageChange((here or there or ("", ""))[1], *splits, boxes))
    changes.sort(key=lambda change: change.filename)
    return LabelChanges((_images(before), _images(after)), (_objects(before), _objects(after)), tuple(changes))


def box_changes(before: Sequence[LabelledBox], after: Sequence[LabelledBox]) -> BoxChanges:
    """Find out what became of each box: those that overlap most are paired first."""
    old, new = Counter(before), Counter(after)
    gone, come = list((old - new).elements()), list((new - old).elements())
    overlaps = [
        (-overlap, one.label != other.label, i, j)
        for i, one in enumerate(gone)
        for j, other in enumerate(come)
        if (overlap := iou(_edges(one), _edges(other))) >= SAME_OBJECT
    ]
    became: dict[int, int] = {}
    for _, _, i, j in sorted(overlaps):
        if i not in became and j not in became.values():
            became[i] = j
    pairs = [(gone[i].label, come[j].label) for i, j in became.items()]
    return BoxChanges(
        added=tuple(sorted(box.label for j, box in enumerate(come) if j not in became.values())),
        removed=tuple(sorted(box.label for i, box in enumerate(gone) if i not in became)),
        changed=tuple(sorted(label for label, now in pairs if label == now)),
        relabelled=tuple(sorted((label, now) for label, now in pairs if label != now)),
    )


def _edges(box: LabelledBox) -> Edges:
    return box.xmin, box.ymin, box.xmax, box.ymax


def _pairs(before: Labels, after: Labels) -> Iterator[tuple[tuple[str, str] | None, tuple[str, str] | None]]:
    """Yield each image of the one run with itself in the other: on the same split, else on the other split."""
    other_split = {SPLITS[0]: SPLITS[1], SPLITS[1]: SPLITS[0]}
    moved = set()
    for image in before:
        elsewhere = (other_split[image[0]], image[1])
        if image in after:
            yield image, image
        elif elsewhere in after and elsewhere not in before:
            moved.add(elsewhere)
            yield image, elsewhere
        else:
            yield image, None
    yield from ((None, image) for image in after if image not in before and image not in moved)


def _images(labels: Labels) -> dict[str, int]:
    return {split: sum(one == split for one, _ in labels) for split in SPLITS}


def _objects(labels: Labels) -> dict[str, int]:
    boxes: Iterable[LabelledBox] = (box for boxes in labels.values() for box in boxes)
    return dict(Counter(box.label for box in boxes))
