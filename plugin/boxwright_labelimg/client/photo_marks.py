"""What is known of each photo of a folder: labelled, without objects, suggested; and the order in which to label."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from boxwright.annotations.model import AnnotationError
from boxwright.annotations.readers import FORMATS, read_annotation
from boxwright.errors import BoxwrightError
from boxwright.findings import Finding
from boxwright.runs.verdicts import threshold_of
from boxwright.suggestions.ranking_record import read_ranking
from boxwright.suggestions.store import SuggestionStore
from boxwright.workspace import Workspace
from boxwright_labelimg.client.folders import folders_read
from boxwright_labelimg.client.suggestions import MinScore

OBJECT = b"<object"


class Mark(Enum):
    """What a photo is, for its sign in the list."""

    UNLABELLED = "unlabelled"
    SUGGESTED = "suggested"
    LABELLED = "labelled"
    NEGATIVE = "negative"
    FINDING = "finding"


@dataclass(frozen=True)
class PhotoMarks:
    """The photos of a folder, by their absolute paths.

    Attributes:
        labelled: Those with an annotation file.
        negative: Those of them without a box.
        suggested: Those for which the newest model suggests a box.
        ranked: Photos in the order in which they are worth labelling; one may be labelled meanwhile.
    """

    labelled: frozenset[str] = frozenset()
    negative: frozenset[str] = frozenset()
    suggested: frozenset[str] = frozenset()
    ranked: tuple[str, ...] = field(default=())

    def mark_of(self, image: str, with_finding: frozenset[str] = frozenset()) -> Mark:
        """Return what a photo is; a finding comes first."""
        if image in with_finding:
            return Mark.FINDING
        if image in self.labelled:
            return Mark.NEGATIVE if image in self.negative else Mark.LABELLED
        return Mark.SUGGESTED if image in self.suggested else Mark.UNLABELLED

    def saved(self, image: str, *, is_empty: bool) -> PhotoMarks:
        """Return the marks after the boxes of a photo were saved."""
        negative = self.negative | {image} if is_empty else self.negative - {image}
        return replace(self, labelled=self.labelled | {image}, negative=negative)

    def order(self, images: Sequence[str]) -> list[str]:
        """Return photos in the order in which they are worth labelling; what is not ranked comes last, as given."""
        known = set(images)
        ranked = dict.fromkeys(image for image in self.ranked if image in known)
        return [*ranked, *(image for image in images if image not in ranked)]

    def next_to_label(self, images: Sequence[str], current: str) -> str | None:
        """Return the photo without labels that comes after a photo in the order; None when there is no other.

        After a photo that is labelled and was never ranked, the order begins.
        """
        order = self.order(images)
        is_passed = current in order and (current in self.ranked or current not in self.labelled)
        begin = order.index(current) + 1 if is_passed else 0
        after = (*order[begin:], *order[:begin])
        return next((image for image in after if image not in self.labelled and image != current), None)


def read_marks(
    images: Sequence[str],
    save_folder: Path | None,
    workspace: Workspace | None,
    model: str = "",
    min_score: MinScore = 0.5,
) -> PhotoMarks:
    """Look at the annotation files and the suggestions of photos; it takes time, and touches nothing of Qt.

    Args:
        images: Absolute paths.
        save_folder: Where annotation files go, beside those of the photos.
        workspace: Has the suggestions and the ranking; None without one.
        model: Name of the newest export, "" without one.
        min_score: How much a suggested box must score.
    """
    files = _Files(save_folder, workspace)
    annotation_of = {image: found for image in images if (found := files.annotation_of(Path(image))) is not None}
    labelled = frozenset(annotation_of)
    negative = frozenset(image for image, file in annotation_of.items() if _is_empty(file))
    if workspace is None:
        return PhotoMarks(labelled, negative)
    ranking = read_ranking(workspace)
    located = _located(images)
    ranked = (located(photo.path) for photo in (ranking.photos if ranking else ()))
    suggested = (located(path) for path in _suggested(workspace, model, min_score))
    return PhotoMarks(labelled, negative, frozenset(filter(None, suggested)), tuple(filter(None, ranked)))


def with_findings(findings: Iterable[Finding], images: Sequence[str]) -> frozenset[str]:
    """Return the photos that findings are about: the file of a finding is the photo or its annotation file."""
    files = {finding.file for finding in findings} - {""}  # a finding about the whole dataset has no file
    return frozenset(filter(None, map(_located(images if files else ()), files)))


class _Files:
    """The annotation files of folders, each folder listed once."""

    def __init__(self, save_folder: Path | None, workspace: Workspace | None) -> None:
        self._save_folder = save_folder
        self._workspace = workspace
        self._folders: dict[Path, list[Path]] = {}
        self._listed: dict[Path, dict[str, Path]] = {}

    def annotation_of(self, image: Path) -> Path | None:
        for folder in self._folders_of(image):
            found = self._list(folder).get(image.stem)
            if found is not None:
                return found
        return None

    def _folders_of(self, image: Path) -> list[Path]:
        folder = image.parent
        if folder not in self._folders:
            read = folders_read(self._workspace, image) if self._workspace else [folder]
            self._folders[folder] = [*read, *([self._save_folder] if self._save_folder else [])]
        return self._folders[folder]

    def _list(self, folder: Path) -> dict[str, Path]:
        if folder not in self._listed:
            try:
                names = sorted(os.listdir(folder))  # noqa: PTH208  # 2,000 Path objects cost more than the listing
            except OSError:
                names = []
            split = ((*os.path.splitext(name), name) for name in names)  # noqa: PTH122  # likewise
            self._listed[folder] = {stem: folder / name for stem, suffix, name in split if suffix.lower() in FORMATS}
        return self._listed[folder]


def _is_empty(file: Path) -> bool:
    """Return whether an annotation file has no box; one that cannot be read has some."""
    try:
        if file.suffix.lower() == ".xml":
            return OBJECT not in file.read_bytes()
        return not read_annotation(file).boxes
    except (AnnotationError, OSError, ValueError):
        return False


def _suggested(workspace: Workspace, model: str, min_score: MinScore) -> Iterable[str]:
    from boxwright.suggestions.photos import suggested_photos  # noqa: PLC0415  # loads Pillow and numpy

    store = SuggestionStore(workspace)
    if not model or not store.path.is_file():
        return ()
    try:
        return suggested_photos(store, model, lambda box: box.score >= threshold_of(box.label, min_score))
    except BoxwrightError:
        return ()  # until the next reading


def _located(images: Sequence[str]) -> Callable[[str], str | None]:
    """Return a function from a file of the workspace, a photo or its annotation file, to the photo in the window.

    The window may know the photos by another path: images/ may be a link. Strings, not paths: 2,000 Path objects would
    be felt.
    """
    by_stem: dict[str, list[tuple[str, str]]] = {}
    for image in images:
        place = os.path.splitext(image)[0].replace(os.sep, "/")  # noqa: PTH122
        by_stem.setdefault(place.rpartition("/")[2], []).append((place, image))

    def located(file: str) -> str | None:
        inside, suffix = os.path.splitext(file.partition("/")[2])  # noqa: PTH122
        near = [image for place, image in by_stem.get(inside.rpartition("/")[2], ()) if place.endswith(f"/{inside}")]
        # the shortest is not in a folder of its own; two photos may differ in their suffix only
        return min(near, key=lambda image: (not image.endswith(suffix), len(image)), default=None)

    return located
