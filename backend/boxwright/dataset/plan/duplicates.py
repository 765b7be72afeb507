"""Images that show the same or nearly the same: what shares a split, and what is wrong with them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from boxwright.annotations.model import Box
from boxwright.dataset.plan.entry import Entry
from boxwright.findings import Finding, Severity
from boxwright.workspace import SPLITS

EXAMPLES = 3  # pairs named in a finding about many
DIFFERENCES = 3  # differing objects named for a pair
PIECES = 5  # of a group that is cut, because it leaves the test split too few images

Groups = Sequence[Sequence[str]]


def shared_splits(groups: Groups, sha256_of: Mapping[str, str], test_fraction: float) -> dict[str, str]:
    """Return the name of the group in which each near-identical image has its split.

    A group that leaves fewer other images than the test split is to have is cut in the order of names, so that the
    neighbouring frames of one long clip stay together and both splits have images.

    Args:
        groups: Near-identical images, by key, each group sorted.
        sha256_of: Content hash of each image, by key.
        test_fraction: Share of the images that belongs in the test split.
    """
    names: dict[str, str] = {}
    for group in groups:
        others = len(sha256_of) - len(group)
        pieces = PIECES if others < test_fraction * len(sha256_of) and len(group) >= PIECES else 1
        for keys in _cut(group, pieces):
            # a hash that depends on the contents alone, so that renaming the files changes no split
            names |= dict.fromkeys(keys, f"near {min(sha256_of[key] for key in keys)}")
    return names


def _cut(group: Sequence[str], pieces: int) -> Iterator[Sequence[str]]:
    edges = [round(len(group) * piece / pieces) for piece in range(pieces + 1)]
    for start, stop in pairwise(edges):
        yield group[start:stop]


def check_duplicates(entries: Mapping[str, Sequence[Entry]], groups: Groups) -> Iterator[Finding]:
    """Yield what is wrong with identical and near-identical images; nothing is left out for it.

    Args:
        entries: Per split, the images that have an annotation.
        groups: Near-identical images, by key, each group sorted.
    """
    split_of = {entry.key: split for split in SPLITS for entry in entries[split]}
    by_key = {entry.key: entry for split in SPLITS for entry in entries[split]}
    yield from _identical_in_both(entries)
    yield from _near_identical_in_both(groups, split_of, by_key)
    yield from _other_boxes(by_key.values())


def _identical_in_both(entries: Mapping[str, Sequence[Entry]]) -> Iterator[Finding]:
    """Yield the images of the test split that are in the train split too: they make the model look too good."""
    train: dict[str, str] = {}
    for entry in sorted(entries["train"], key=lambda entry: entry.key):
        train.setdefault(entry.image.sha256, f"images/{entry.key}")
    for entry in entries["test"]:
        if entry.image.sha256 in train:
            yield _warning(
                "duplicate-image-in-both-splits",
                file=f"images/{entry.key}",
                value=train[entry.image.sha256],
                message="The same image is in the train split too, so the test measures what was learnt by heart",
                advice="Delete one of the two with its annotation.",
            )


def _near_identical_in_both(
    groups: Groups, split_of: Mapping[str, str], by_key: Mapping[str, Entry]
) -> Iterator[Finding]:
    """Yield one finding about all images of the test split that nearly repeat one of the train split."""
    pairs = []
    for group in groups:
        train = [key for key in group if split_of.get(key) == "train"]
        for key in (key for key in group if split_of.get(key) == "test"):
            contents = {by_key[other].image.sha256 for other in train}
            if train and by_key[key].image.sha256 not in contents:  # else it is identical, which is said above
                pairs.append(f"images/{key} and images/{train[0]}")
    if pairs:
        shown = "; ".join(pairs[:EXAMPLES]) + ("; ..." if len(pairs) > EXAMPLES else "")
        yield _warning(
            "near-identical-images-in-both-splits",
            value=f"{len(pairs)} images",
            message="Images of the test split nearly repeat images of the train split, so the test measures what was "
            f"learnt by heart: {shown}",
            advice="Move near-identical images, such as frames of one clip, to the same split.",
        )


def _other_boxes(entries: Iterable[Entry]) -> Iterator[Finding]:
    """Yield the pairs of identical images whose objects differ: one of the two annotations must be wrong."""
    by_content: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_content[entry.image.sha256].append(entry)
    for same in by_content.values():
        first, *others = sorted(same, key=lambda entry: entry.key)
        for other in others:
            if differences := _differences(first.boxes, other.boxes):
                yield _warning(
                    "identical-images-other-boxes",
                    file=other.annotation_file,
                    value=first.annotation_file,
                    message=f"images/{first.key} and images/{other.key} are the same image with other objects: "
                    f"{differences}",
                    advice="Keep the right annotation, and delete the other image with its annotation.",
                )


def _differences(one: Sequence[Box], other: Sequence[Box]) -> str:
    """Return the objects that only one of two annotations of an image has; "" when they say the same."""
    objects = [Counter(_object(box) for box in boxes) for boxes in (one, other)]
    only = [sorted((objects[i] - objects[1 - i]).elements()) for i in (0, 1)]
    words = []
    for which, found in zip(("the first", "the second"), only, strict=True):
        if found:
            more = f" and {len(found) - DIFFERENCES} more" if len(found) > DIFFERENCES else ""
            words.append(f"only {which} has {', '.join(found[:DIFFERENCES])}{more}")
    return "; ".join(words)


def _object(box: Box) -> str:
    return f"{box.label} ({box.xmin:g}, {box.ymin:g}, {box.xmax:g}, {box.ymax:g})"


def _warning(rule: str, *, value: str, message: str, advice: str, file: str = "") -> Finding:
    return Finding(file=file, rule=rule, value=value, message=message, advice=advice, severity=Severity.WARNING)
