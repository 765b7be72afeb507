"""From what the files say to what the records will hold: a pure function, nothing is read or written here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from boxwright.annotations.model import Frame
from boxwright.dataset.plan.duplicates import Groups, check_duplicates, shared_splits
from boxwright.dataset.plan.entry import Candidate, Entry, record_fingerprint
from boxwright.dataset.plan.health import check_boxes, check_dataset, no_usable_object
from boxwright.dataset.plan.label_map import LabelMap
from boxwright.dataset.plan.labels import (
    adopted_label_map,
    label_map_data_with,
    read_labels,
    resolve_labels,
    unused_labels,
    without_labels,
)
from boxwright.dataset.plan.placement import (
    AS_THEY_ARE,
    AnnotatedImage,
    Placement,
    Placements,
    placed,
)
from boxwright.dataset.plan.placement_evidence import find_placements
from boxwright.dataset.plan.similar_labels import new_similar_labels, rare_similar_labels
from boxwright.dataset.plan.split import SplitImage, append_rows, assign_splits, folder_split, parse_split
from boxwright.dataset.sources.by_image import ClassFiles, missing_class_names
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo
from boxwright.dataset.sources.matching import Pairing
from boxwright.findings import Finding
from boxwright.workspace import SPLITS

if TYPE_CHECKING:
    from boxwright.dataset.plan.near_identical import NearIdentical

SPLIT_FILE = "annotations/split.csv"


@dataclass(frozen=True)
class Sources:
    """Everything that the records are a function of.

    Attributes:
        pairing: Which annotation file each image has.
        images: What the images that have an annotation file hold, by path relative to the workspace.
        annotations: What all annotation files say, likewise.
        all_images: All images' paths, unlabelled ones included.
        label_map: Bytes of label_map.pbtxt; None when there is none.
        split: Bytes of split.csv; b"" when there is none.
        former: Content hashes of images that are gone, by key: a hint that keeps a renamed image on its split.
        findings: What the scan found.
        other_label_maps: Where label_map is None, the files that may be one, by path, the likeliest first.
        untrained_labels: Labels that Boxwright appended to label_map.pbtxt and no training has used since.
        class_files: The files of class names.
    """

    pairing: Pairing
    images: Mapping[str, ImageInfo]
    annotations: Mapping[str, AnnotationInfo]
    all_images: Sequence[str]
    label_map: bytes | None
    split: bytes
    former: Mapping[str, str]
    findings: Sequence[Finding] = ()
    other_label_maps: Mapping[str, bytes] = field(default_factory=dict)
    untrained_labels: frozenset[str] = frozenset()
    class_files: ClassFiles = field(default_factory=lambda: ClassFiles({}))


@dataclass(frozen=True)
class Plan:
    """What the dataset is to be.

    Attributes:
        entries: Per split, sorted by key.
        findings: Sorted; those that hold for as long as the files stay as they are.
        label_map_findings: About labels that this sync appends or removes; the next one knows nothing of it.
        label_map: With the new labels.
        new_labels: Labels that label_map.pbtxt lacked.
        label_map_data: New bytes of label_map.pbtxt; None to leave it.
        split_data: New bytes of split.csv; None to leave it.
        unlabelled: How many images have no annotation file.
        placements: Of boxes that are not where their annotation file says.
    """

    entries: dict[str, tuple[Entry, ...]]
    findings: tuple[Finding, ...]
    label_map_findings: tuple[Finding, ...]
    label_map: LabelMap
    new_labels: tuple[str, ...]
    label_map_data: bytes | None
    split_data: bytes | None
    unlabelled: int
    placements: Placements


@dataclass(frozen=True, slots=True)
class _CheckedImage:
    """What was worked out of an image and its annotation file."""

    image: ImageInfo
    annotation_file: str
    annotation: AnnotationInfo
    placement: Placement
    candidate: Candidate | None
    findings: tuple[Finding, ...]


class PlanCache:
    """What was worked out of an image's files, for as long as these are the same objects; no plan depends on it."""

    def __init__(self) -> None:
        self._checked: dict[str, _CheckedImage] = {}
        self._entries: dict[str, tuple[Candidate, Entry]] = {}
        self._near_identical: NearIdentical | None = None

    def candidate(
        self,
        path: str,
        image: ImageInfo,
        annotation_file: str,
        annotation: AnnotationInfo,
        placement: Placement = AS_THEY_ARE,
    ) -> tuple[Candidate | None, tuple[Finding, ...]]:
        """Return the image with the boxes that can be used, None if it cannot be, and what is wrong."""
        known = self._checked.get(path)
        if (
            known is None
            or known.image is not image
            or known.annotation is not annotation
            or known.annotation_file != annotation_file
            or known.placement != placement
        ):
            made = _candidate(path, image, annotation_file, annotation, placement)
            known = self._checked[path] = _CheckedImage(image, annotation_file, annotation, placement, *made)
        return known.candidate, known.findings

    def entry(self, candidate: Candidate, label_map: LabelMap) -> Entry:
        """Return the entry of a candidate whose labels are names of the label map."""
        known = self._entries.get(candidate.key)
        class_ids = tuple([label_map[box.label] for box in candidate.boxes])
        if known is not None and known[0] is candidate and known[1].class_ids == class_ids:
            return known[1]
        key, image, boxes = candidate.key, candidate.image, candidate.boxes
        fingerprint = record_fingerprint(key, image, boxes, class_ids)
        entry = Entry(key, candidate.annotation_file, image, boxes, class_ids, fingerprint)
        self._entries[key] = (candidate, entry)
        return entry

    def near_identical(self, candidates: Sequence[Candidate]) -> tuple[tuple[str, ...], ...]:
        """Return the groups of near-identical images, by key; what was compared before is not compared again."""
        if self._near_identical is None:
            # here, because it brings NumPy: 0.1 s and 25 MB that an unchanged dataset does without
            from boxwright.dataset.plan.near_identical import NearIdentical  # noqa: PLC0415

            self._near_identical = NearIdentical()
        self._near_identical.update({candidate.key: candidate.image.appearance for candidate in candidates})
        return self._near_identical.groups()

    def forget_all_but(self, images: Collection[str]) -> None:
        """Forget the images that are gone."""
        if len(self._checked) > len(images):
            self._checked = {image: known for image, known in self._checked.items() if image in images}
            self._entries = {key: known for key, known in self._entries.items() if f"images/{key}" in images}


def make_plan(
    sources: Sources, *, closed_label_map: bool, test_fraction: float, near_identical: bool = True, cache: PlanCache
) -> Plan:
    """Decide which records there are and what they hold.

    Args:
        sources: What was read.
        closed_label_map: A label that label_map.pbtxt lacks is an error, and its object is left out.
        test_fraction: Share of new images that go to the test split.
        near_identical: Near-identical images share a split, not only identical ones.
        cache: Of earlier plans of the workspace, or an empty one; the plan is the same.

    Raises:
        BoxwrightError: label_map.pbtxt or split.csv cannot be read at all.
    """
    findings = [*sources.findings, *sources.pairing.findings, *_class_file_findings(sources)]
    cache.forget_all_but(sources.pairing.annotation_of)
    placements = find_placements(_annotated_images(sources))
    findings += placements.findings
    candidates = list(_candidates(sources, placements, findings, cache))
    before = _label_map_before(sources, candidates, closed=closed_label_map)
    known, label_findings = read_labels(before.data, closed=closed_label_map)
    findings += label_findings
    candidates, new_labels = resolve_labels(candidates, known, findings, closed=closed_label_map)
    label_map = known.extended(new_labels)

    groups = cache.near_identical(candidates) if near_identical else ()
    splits, split_data, split_findings = _splits(sources, candidates, groups, test_fraction)
    findings += split_findings
    all_entries = [cache.entry(candidate, label_map) for candidate in candidates]
    entries = {split: tuple([entry for entry in all_entries if splits[entry.key] == split]) for split in SPLITS}
    findings += check_dataset(entries, images=sources.all_images)
    findings += check_duplicates(entries, groups)
    findings += rare_similar_labels(all_entries)
    if not candidates:
        findings.append(_no_labelled_image(sources))
    return Plan(
        entries=entries,
        findings=tuple(sorted(set(findings))),
        label_map_findings=(*new_similar_labels(new_labels, all_entries, known), *before.findings),
        label_map=label_map,
        new_labels=tuple(new_labels),
        label_map_data=label_map_data_with(before.data, new_labels, label_map)
        or (before.data if before.findings else None),
        split_data=split_data,
        unlabelled=len(sources.all_images) - len(sources.pairing.annotation_of),
        placements=placements,
    )


@dataclass(frozen=True)
class _LabelMapBefore:
    """The label map to which new labels are appended.

    Attributes:
        data: Its bytes; None when there is none.
        findings: Why it is not label_map.pbtxt as it stands: another one was adopted, or unused labels are dropped.
    """

    data: bytes | None
    findings: tuple[Finding, ...] = ()


def _label_map_before(sources: Sources, candidates: Sequence[Candidate], *, closed: bool) -> _LabelMapBefore:
    if sources.label_map is None:
        adopted = adopted_label_map(sources.other_label_maps, candidates)
        return _LabelMapBefore(adopted.data, (adopted.finding,)) if adopted else _LabelMapBefore(None)
    if closed:
        return _LabelMapBefore(sources.label_map)
    known, _ = read_labels(sources.label_map, closed=False)
    unused = unused_labels(known, sources.untrained_labels, sources.annotations.values())
    data, dropped = without_labels(sources.label_map, known, unused)
    return _LabelMapBefore(data, tuple(dropped))


def _splits(
    sources: Sources, candidates: Sequence[Candidate], groups: Groups, test_fraction: float
) -> tuple[dict[str, str], bytes | None, Sequence[Finding]]:
    """Return the split of each image by key, new bytes of split.csv if it changes, and what is wrong with it."""
    table = parse_split(sources.split, file=SPLIT_FILE)
    shared = shared_splits(groups, {candidate.key: candidate.image.sha256 for candidate in candidates}, test_fraction)
    images = [
        SplitImage(
            candidate.key,
            candidate.image.sha256,
            frozenset(box.label for box in candidate.boxes),
            shared.get(candidate.key, ""),
        )
        for candidate in candidates
    ]
    splits = assign_splits(images, table.splits, former=sources.former, test_fraction=test_fraction)
    rows = {
        key: split for key, split in sorted(splits.items()) if folder_split(key) is None and key not in table.splits
    }
    return splits, append_rows(sources.split, rows, table.delimiter) if rows else None, table.findings


def _class_file_findings(sources: Sources) -> list[Finding]:
    """Return what is wrong with the files of class names, if YOLO files need them."""
    paired = {file: sources.annotations[file].annotation for file in sources.pairing.annotation_of.values()}
    of_yolo = {file: said for file, said in paired.items() if said and said.frame is Frame.FRACTIONS}
    if not of_yolo:
        return []
    unnamed = [file for file, said in of_yolo.items() if said.has_class_numbers]
    return [*sources.class_files.findings(of_yolo), *missing_class_names(unnamed)]


def _annotated_images(sources: Sources) -> Iterator[AnnotatedImage]:
    """Yield the images that can be used with the annotations whose frame is open, sorted by path."""
    for path, file in sorted(sources.pairing.annotation_of.items()):
        image, annotation = sources.images.get(path), sources.annotations[file].annotation
        if image is None or image.finding is not None or annotation is None:
            continue
        if annotation.frame is Frame.STORED_OR_UPRIGHT:
            yield AnnotatedImage(path, image, file, annotation)


def _candidates(
    sources: Sources, placements: Placements, findings: list[Finding], cache: PlanCache
) -> Iterator[Candidate]:
    """Yield the images that can be used, sorted by key, and say what is wrong with the others."""
    for path, annotation in sources.annotations.items():
        if annotation.finding is not None:
            findings.append(annotation.finding.in_file(path))
    for path in sorted(sources.pairing.annotation_of):
        annotation_file = sources.pairing.annotation_of[path]
        image = sources.images.get(path)
        if image is None:
            continue  # deleted between the scan and the reading; the next scan says so
        annotation = sources.annotations[annotation_file]
        candidate, its_findings = cache.candidate(path, image, annotation_file, annotation, placements.of(path))
        findings += its_findings
        if candidate is not None:
            yield candidate


def _candidate(
    path: str, image: ImageInfo, annotation_file: str, info: AnnotationInfo, placement: Placement
) -> tuple[Candidate | None, tuple[Finding, ...]]:
    """As PlanCache.candidate."""
    if image.finding is not None:
        return None, (image.finding.in_file(path),)
    if info.annotation is None or info.annotation.has_class_numbers or not placement.is_known:
        return None, ()
    if info.annotation.frame is Frame.FRACTIONS:
        placement = Placement(scale=(image.width, image.height))
    boxes = tuple(placed(info.annotation, placement, image.width, image.height))
    checked = check_boxes(
        replace(info.annotation, boxes=boxes), file=annotation_file, width=image.width, height=image.height
    )
    has_objects = info.annotation.boxes or any(finding.object_number for finding in info.annotation.findings)
    if has_objects and not checked.boxes:
        return None, (*checked.findings, no_usable_object(annotation_file))
    key = path.removeprefix("images/")
    return Candidate(key, annotation_file, image, checked.boxes, checked.numbers), checked.findings


def _no_labelled_image(sources: Sources) -> Finding:
    return Finding(
        rule="no-labelled-image",
        value=f"{len(sources.all_images)} images, {len(sources.annotations)} annotation files",
        message="There is no image with a usable annotation below images/",
        advice="Label images in labelImg, or import some with: boxwright init --images FOLDER",
    )
