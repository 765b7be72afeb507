"""What a run learnt from: classes, splits, sizes and positions of boxes, findings, near-identical groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boxwright.dataset.cache.manifest import Manifest
from boxwright.dataset.cache.reading import cache_version
from boxwright.dataset.cache.rows import IMAGES
from boxwright.dataset.plan.near_identical import NearIdentical
from boxwright.dataset.store.lock import locked
from boxwright.errors import BoxwrightError
from boxwright.findings import Finding, FindingsFile
from boxwright.runs.labels import LABELS_FILE, LabelledBox, Labels, read_labels
from boxwright.workspace import SPLITS, Workspace

SHOWN_FINDINGS = 40
SHOWN_GROUPS = 20
SHOWN_NAMES = 12  # of a group
SHOWN_CLASSES = 200


@dataclass(frozen=True)
class ClassCount:
    """How many boxes of a class there are.

    Attributes:
        label: The class.
        train, test: Boxes by split.
        share: Of all boxes of the largest class, from 0 to 1: the length of its bar.
    """

    label: str
    train: int
    test: int
    share: float


@dataclass(frozen=True)
class Group:
    """Images that show nearly the same.

    Attributes:
        names: The first of them, relative to the workspace.
        more: How many are not named.
    """

    names: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class DatasetSection:
    """What the page says of the dataset.

    Attributes:
        is_known: Whether the run kept its labels.
        images: How many images each split has.
        negatives: How many of these have no box.
        boxes: Of both splits.
        classes: The largest first.
        classes_left_out: How many are not in `classes`.
        findings: The first of the last dataset sync.
        findings_left_out: How many are not in `findings`.
        groups: The first near-identical groups of the images as they were at the last dataset sync.
        groups_left_out: How many are not in `groups`.
    """

    is_known: bool
    images: dict[str, int]
    negatives: dict[str, int]
    boxes: tuple[LabelledBox, ...]
    classes: tuple[ClassCount, ...]
    classes_left_out: int
    findings: tuple[Finding, ...]
    findings_left_out: int
    groups: tuple[Group, ...]
    groups_left_out: int


def dataset_section(workspace: Workspace, run: Path) -> DatasetSection:
    """Collect what the run's labels.csv and the workspace's last dataset sync say.

    Args:
        workspace: Whose findings and images.
        run: Folder of the run.
    """
    labels = _labels(run)
    classes = _classes(labels or {})
    findings = _findings(workspace)
    groups = _groups(workspace)
    return DatasetSection(
        is_known=labels is not None,
        images={split: sum(one == split for one, _ in labels or {}) for split in SPLITS},
        negatives={
            split: sum(one == split and not boxes for (one, _), boxes in (labels or {}).items()) for split in SPLITS
        },
        boxes=tuple(box for boxes in (labels or {}).values() for box in boxes),
        classes=classes[:SHOWN_CLASSES],
        classes_left_out=max(len(classes) - SHOWN_CLASSES, 0),
        findings=findings[:SHOWN_FINDINGS],
        findings_left_out=max(len(findings) - SHOWN_FINDINGS, 0),
        groups=tuple(Group(names[:SHOWN_NAMES], max(len(names) - SHOWN_NAMES, 0)) for names in groups[:SHOWN_GROUPS]),
        groups_left_out=max(len(groups) - SHOWN_GROUPS, 0),
    )


def _labels(run: Path) -> Labels | None:
    try:
        return read_labels(run / LABELS_FILE)
    except (OSError, BoxwrightError):
        return None


def _classes(labels: Labels) -> tuple[ClassCount, ...]:
    counts: dict[str, list[int]] = {}
    for (split, _), boxes in labels.items():
        for box in boxes:
            counts.setdefault(box.label, [0, 0])[SPLITS.index(split)] += 1
    largest = max((sum(row) for row in counts.values()), default=1)
    rows = (ClassCount(label, row[0], row[1], sum(row) / largest) for label, row in counts.items())
    return tuple(sorted(rows, key=lambda row: (-row.train - row.test, row.label)))


def _findings(workspace: Workspace) -> tuple[Finding, ...]:
    try:
        return FindingsFile.read(workspace.state / FindingsFile.NAME).findings
    except (OSError, KeyError, TypeError, ValueError):
        return ()


def _groups(workspace: Workspace) -> Sequence[tuple[str, ...]]:
    """Return the near-identical groups of the images that the last dataset sync read, the largest first."""
    path = workspace.state / "manifest.sqlite"
    if not path.is_file():
        return ()
    try:
        with locked(workspace):
            manifest = Manifest(path)
            if manifest.meta.get("cache_version") != cache_version():
                return ()
            rows = manifest.rows(IMAGES)
    except (OSError, BoxwrightError):  # a workspace that can be read only
        return ()
    near = NearIdentical()
    try:
        near.update({name: row.info.appearance for name, row in rows.items()})
    except ValueError:  # not what Boxwright stores
        return ()
    return sorted(near.groups(), key=lambda names: (-len(names), names))
