"""The classes that are offered for new boxes: which, in which order, and which were used last."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from boxwright.annotations.model import AnnotationError
from boxwright.annotations.readers import format_of, read_annotation

CLASSES_FILE = "classes.txt"  # YOLO's; the place of a name in it is its number in all files


@dataclass(frozen=True)
class FoundClasses:
    """What annotation files say.

    Attributes:
        labels: Those of each file that has any, by its path without the suffix.
        listed: Those of files named CLASSES_FILE, in their order.
    """

    labels: dict[Path, frozenset[str]] = field(default_factory=dict)
    listed: tuple[str, ...] = ()


def find_classes(folders: Iterable[Path]) -> FoundClasses:
    """Read the annotation files below some folders; what cannot be read is passed over."""
    labels: dict[Path, frozenset[str]] = {}
    listed: dict[str, None] = {}
    for path in _files(folders):
        try:
            if path.name == CLASSES_FILE:
                listed |= dict.fromkeys(line.strip() for line in path.read_text("utf-8").splitlines() if line.strip())
            elif format_of(path.name) is not None:
                labels[path.with_suffix("")] = frozenset(box.label for box in read_annotation(path).boxes)
        except (AnnotationError, OSError, ValueError):
            continue
    return FoundClasses({path: found for path, found in labels.items() if found}, tuple(listed))


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in dict.fromkeys(folders):
        for place, inner, names in os.walk(folder):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            yield from (Path(place, name) for name in sorted(names))


class ClassList:
    """The classes that are known in a folder: given by the user, of the dataset, and of annotation files.

    A class keeps its number as long as it is known. One that nothing has any more, for example a corrected typo, is
    not known any more.
    """

    def __init__(self, given: Sequence[str] = ()) -> None:
        """Know the classes that the user gave."""
        self._given = tuple(given)
        self._dataset: tuple[str, ...] = ()
        self._labels: dict[Path, frozenset[str]] = {}
        self._corrected: set[str] = set()  # no file has them any more; the dataset follows a moment later
        self._ordered = list(self._given)
        self._recent: list[str] = []

    @property
    def numbered(self) -> tuple[str, ...]:
        """All, in the order of their numbers."""
        return tuple(self._ordered)

    @property
    def recent(self) -> tuple[str, ...]:
        """Those that were used, the last one first."""
        return tuple(self._recent)

    def take_found(self, found: FoundClasses) -> None:
        """Take what annotation files say; what is known of a file is newer."""
        self._given = tuple(dict.fromkeys([*found.listed, *self._given]))
        self._labels = {**found.labels, **self._labels}
        self._update()

    def take_dataset(self, classes: Sequence[str]) -> None:
        """Take the classes of the dataset, in the order of their ids."""
        if tuple(classes) != self._dataset:
            self._dataset = tuple(classes)
            self._corrected.clear()
            self._update()

    def set_labels(self, file: Path, labels: Iterable[str]) -> None:
        """Take what an annotation file, without its suffix, says now, or will say when it is saved."""
        before = self._labels.get(file, frozenset())
        self._labels[file] = after = frozenset(labels)
        self._corrected = (self._corrected | before) - after
        self._update()

    def labels_of(self, file: Path) -> frozenset[str]:
        """Return what an annotation file says."""
        return self._labels.get(file, frozenset())

    def use(self, label: str) -> None:
        """Take a class as the last one that was used."""
        self._recent = [label, *(other for other in self._recent if other != label)]

    def _update(self) -> None:
        counts = Counter(label for labels in self._labels.values() for label in labels)
        used = sorted(counts, key=lambda label: (-counts[label], label))
        dataset = [label for label in self._dataset if label not in self._corrected or label in counts]
        known = dict.fromkeys([*self._given, *dataset, *used])
        kept = [label for label in self._ordered if label in known]
        self._ordered = kept + [label for label in known if label not in kept]
        self._recent = [label for label in self._recent if label in known]
