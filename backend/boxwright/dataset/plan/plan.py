"""From what the files say to what the records will hold: a pure function, nothing is read or written here."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from boxwright.annotations.model import Box
from boxwright.dataset.cache.rows import ImageInfo, XmlInfo
from boxwright.dataset.plan.health import HealthEntry, check_boxes, check_dataset
from boxwright.dataset.plan.label_map import LABEL_MAP_FILE, LabelMap, append_labels, parse_label_map
from boxwright.dataset.plan.label_typos import closest_label
from boxwright.dataset.plan.similar_labels import Labelled, new_similar_labels, rare_similar_labels
from boxwright.dataset.plan.split import SplitImage, append_rows, assign_splits, folder_split, parse_split
from boxwright.dataset.sources.matching import Pairing
from boxwright.errors import BoxwrightError
from boxwright.findings import Finding
from boxwright.workspace import SPLITS

RECORD_VERSION = "1"
"""Of the way from an Entry to its bytes; another one's records are written anew."""

SPLIT_FILE = "annotations/split.csv"


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of the dataset, with everything that its record says.

    Attributes:
        key: Path relative to images/, with forward slashes; the image's name for shards, records and split.csv.
        facts: Of its file.
        boxes: Usable ones in pixels of the upright image, labels as in the label map. Empty for a negative example.
        class_ids: One a box.
        fingerprint: Of all that its record is made from.
    """

    key: str
    facts: ImageInfo
    boxes: tuple[Box, ...]
    class_ids: tuple[int, ...]
    fingerprint: str


@dataclass(frozen=True)
class Sources:
    """Everything that the records are a function of.

    Attributes:
        pairing: Which XML each image has.
        images: CacheRow of the images that have an XML, by path relative to the workspace.
        annotations: CacheRow of all XML files, likewise.
        all_images: All images' paths, unlabelled ones included.
        label_map: Bytes of label_map.pbtxt; None when there is none.
        split: Bytes of split.csv; b"" when there is none.
        former: Content hashes of images that are gone, by key: a hint that keeps a renamed image on its split.
        findings: What the scan found.
    """

    pairing: Pairing
    images: Mapping[str, ImageInfo]
    annotations: Mapping[str, XmlInfo]
    all_images: Sequence[str]
    label_map: bytes | None
    split: bytes
    former: Mapping[str, str]
    findings: Sequence[Finding] = ()


@dataclass(frozen=True)
class Plan:
    """What the dataset is to be.

    Attributes:
        entries: Per split, sorted by key.
        findings: Sorted; those that hold for as long as the files stay as they are.
        passing: Findings about labels that this sync appends; the next one takes them for wanted.
        label_map: With the new labels.
        new_labels: Labels that label_map.pbtxt lacked.
        label_map_data: New bytes of label_map.pbtxt; None to leave it.
        split_data: New bytes of split.csv; None to leave it.
        unlabelled: How many images have no XML.
    """

    entries: dict[str, tuple[Entry, ...]]
    findings: tuple[Finding, ...]
    passing: tuple[Finding, ...]
    label_map: LabelMap
    new_labels: tuple[str, ...]
    label_map_data: bytes | None
    split_data: bytes | None
    unlabelled: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An image whose boxes are known and whose labels and split are not yet."""

    key: str
    xml: str
    facts: ImageInfo
    boxes: tuple[Box, ...]


class PlanCache:
    """What was worked out of an image's facts, for as long as they are the same objects; no plan depends on it."""

    def __init__(self) -> None:
        self._candidates: dict[str, tuple[ImageInfo, XmlInfo, str, _Candidate | None, tuple[Finding, ...]]] = {}
        self._entries: dict[str, tuple[_Candidate, Entry]] = {}

    def candidate(
        self, image: str, facts: ImageInfo, xml: str, said: XmlInfo
    ) -> tuple[_Candidate | None, tuple[Finding, ...]]:
        """As _candidate."""
        known = self._candidates.get(image)
        if known is not None and known[0] is facts and known[1] is said and known[2] == xml:
            return known[3:]
        made = _candidate(image, facts, xml, said)
        self._candidates[image] = (facts, said, xml, *made)
        return made

    def entry(self, candidate: _Candidate, label_map: LabelMap) -> Entry:
        """As _entry."""
        known = self._entries.get(candidate.key)
        class_ids = tuple([label_map[box.label] for box in candidate.boxes])
        if known is not None and known[0] is candidate and known[1].class_ids == class_ids:
            return known[1]
        entry = _entry(candidate, class_ids)
        self._entries[candidate.key] = (candidate, entry)
        return entry

    def forget_all_but(self, images: Collection[str]) -> None:
        """Forget the images that are gone."""
        if len(self._candidates) > len(images):
            self._candidates = {image: known for image, known in self._candidates.items() if image in images}
            self._entries = {key: known for key, known in self._entries.items() if f"images/{key}" in images}


def make_plan(sources: Sources, *, closed_label_map: bool, test_fraction: float, memory: PlanCache) -> Plan:
    """Decide which records there are and what they hold.

    Args:
        sources: What was read.
        closed_label_map: A label that label_map.pbtxt lacks is an error, and its object is left out.
        test_fraction: Share of new images that go to the test split.
        memory: Of earlier plans of the workspace, or an empty one; the plan is the same.

    Raises:
        BoxwrightError: label_map.pbtxt or split.csv cannot be read at all.
    """
    findings = [*sources.findings, *sources.pairing.findings]
    memory.forget_all_but(sources.pairing.xml_of)
    candidates = list(_candidates(sources, findings, memory))
    known, label_findings = _read_labels(sources.label_map, closed=closed_label_map)
    findings += label_findings
    candidates, new_labels = _resolve_labels(candidates, known, findings, closed=closed_label_map)
    label_map = known.extended(new_labels)

    table = parse_split(sources.split, file=SPLIT_FILE)
    findings += table.findings
    images = [
        SplitImage(entry.key, entry.facts.sha256, frozenset(box.label for box in entry.boxes)) for entry in candidates
    ]
    splits = assign_splits(images, table.splits, former=sources.former, test_fraction=test_fraction)
    rows = {
        key: split for key, split in sorted(splits.items()) if folder_split(key) is None and key not in table.splits
    }
    entries: dict[str, list[Entry]] = {split: [] for split in SPLITS}
    for candidate in candidates:
        entries[splits[candidate.key]].append(memory.entry(candidate, label_map))
    findings += _dataset_findings(candidates, splits, sources)
    return Plan(
        entries={split: tuple(entries[split]) for split in SPLITS},
        findings=tuple(sorted(set(findings))),
        passing=tuple(new_similar_labels(new_labels, _labelled(candidates), known)),
        label_map=label_map,
        new_labels=tuple(new_labels),
        label_map_data=_label_map_data(sources.label_map, new_labels, label_map),
        split_data=append_rows(sources.split, rows, table.delimiter) if rows else None,
        unlabelled=len(sources.all_images) - len(sources.pairing.xml_of),
    )


def amend_plan(
    plan: Plan, sources: Sources, xml: str, said: XmlInfo, memory: PlanCache
) -> tuple[str, Entry, Plan] | None:
    """Return split and entry of an image with the boxes that its XML has now, and the plan with it.

    None is returned when more may change. No more does when the old boxes and the new ones can be used, and the labels
    are in the label map by that very name: all pairs, splits and other records stay. Findings are left as they are.

    Args:
        plan: Of `sources`.
        sources: As the plan was made of.
        xml: The file that changed, relative to the workspace.
        said: What it says now.
        memory: As for make_plan.
    """
    before = sources.annotations.get(xml)
    image = next((image for image, its_xml in sources.pairing.xml_of.items() if its_xml == xml), None)
    if image is None or image not in sources.images or before is None or before.annotation is None:
        return None
    if said.annotation is None or said.finding or said.annotation.filename != before.annotation.filename:
        return None
    candidate, _ = memory.candidate(image, sources.images[image], xml, said)
    if candidate is None or any(plan.label_map.resolve(box.label) != box.label for box in candidate.boxes):
        return None
    for split, entries in plan.entries.items():
        at = bisect_left(entries, candidate.key, key=lambda entry: entry.key)
        if at < len(entries) and entries[at].key == candidate.key:
            entry = memory.entry(candidate, plan.label_map)
            changed = (*entries[:at], entry, *entries[at + 1 :])
            return split, entry, replace(plan, entries={**plan.entries, split: changed})
    return None


def _candidates(sources: Sources, findings: list[Finding], memory: PlanCache) -> Iterator[_Candidate]:
    """Yield the images that can be used, sorted by key, and say what is wrong with the others."""
    for xml, xml_facts in sources.annotations.items():
        if xml_facts.finding is not None:
            findings.append(xml_facts.finding.in_file(xml))
    for image in sorted(sources.pairing.xml_of):
        xml = sources.pairing.xml_of[image]
        facts = sources.images.get(image)
        said = sources.annotations[xml]
        if facts is None:
            continue  # deleted between the scan and the reading; the next scan says so
        candidate, its_findings = memory.candidate(image, facts, xml, said)
        findings += its_findings
        if candidate is not None:
            yield candidate


def _candidate(image: str, facts: ImageInfo, xml: str, said: XmlInfo) -> tuple[_Candidate | None, tuple[Finding, ...]]:
    """Return the image with the boxes that can be used, None if it cannot be, and what is wrong."""
    if facts.finding is not None:
        return None, (facts.finding.in_file(image),)
    if said.annotation is None:
        return None, ()
    boxes, findings = check_boxes(
        said.annotation,
        file=xml,
        width=facts.width,
        height=facts.height,
        turned=facts.reencoded.startswith("EXIF"),
    )
    if not boxes and (said.annotation.boxes or any(finding.object_number for finding in said.annotation.findings)):
        return None, (*findings, _no_usable_object(xml))
    return _Candidate(image.removeprefix("images/"), xml, facts, tuple(boxes)), tuple(findings)


def _no_usable_object(xml: str) -> Finding:
    # an image whose only box was lost would teach that its object is background
    return Finding(
        file=xml,
        rule="no-usable-object",
        message="None of the objects can be used, so the image is left out",
        advice="Fix what is said of each; if the image shows no object, delete the objects and save.",
    )


def _read_labels(data: bytes | None, *, closed: bool) -> tuple[LabelMap, list[Finding]]:
    if data is None or not data.strip():
        if closed:
            raise BoxwrightError(
                f"{LABEL_MAP_FILE}: a closed label map was asked for, but there is none. "
                "Write one with the classes that may occur, or leave the option out to have it made."
            )
        return LabelMap(), []
    label_map = parse_label_map(data, source=LABEL_MAP_FILE)
    return label_map, [finding.in_file(LABEL_MAP_FILE) for finding in label_map.findings]


def _resolve_labels(
    candidates: Sequence[_Candidate], known: LabelMap, findings: list[Finding], *, closed: bool
) -> tuple[list[_Candidate], list[str]]:
    """Return the candidates with the label map's names on their boxes, and the labels that it lacks."""
    unusable = known.unusable_labels - set(known)
    new: set[str] = set()
    names: dict[str, str | None] = {}
    for label in {box.label for candidate in candidates for box in candidate.boxes}:
        names[label] = known.resolve(label)
        if names[label] is None and label not in unusable and not closed:
            names[label] = label
            new.add(label)
    if all(label == name for label, name in names.items()):
        return list(candidates), sorted(new)
    resolved = []
    for candidate in candidates:
        boxes = []
        for box in candidate.boxes:
            name = names[box.label]
            if name is not None:
                boxes.append(box if name == box.label else replace(box, label=name))
            elif box.label not in unusable:
                findings.append(_unknown_label(candidate.xml, box, known))
        if boxes or not candidate.boxes:
            resolved.append(replace(candidate, boxes=tuple(boxes)))
        else:
            findings.append(_no_usable_object(candidate.xml))
    return resolved, sorted(new)


def _unknown_label(xml: str, box: Box, known: LabelMap) -> Finding:
    meant = closest_label(box.label, known)
    hint = f"Did you mean {meant!r}? Rename the object" if meant else "Rename the object"
    return Finding(
        file=xml,
        rule="unknown-label",
        label=box.label,
        value=f"xmin {box.xmin:g}, ymin {box.ymin:g}, xmax {box.xmax:g}, ymax {box.ymax:g}",
        message="The label map, which is closed, lacks this label, so the object is left out",
        advice=f"{hint}, or add the class to {LABEL_MAP_FILE}.",
    )


def _entry(candidate: _Candidate, class_ids: tuple[int, ...]) -> Entry:
    facts = candidate.facts
    said = [
        RECORD_VERSION,
        candidate.key,
        facts.encoded_sha256,
        facts.width,
        facts.height,
        facts.format,
        [_box_values(box) for box in candidate.boxes],
        class_ids,
    ]
    fingerprint = hashlib.sha256(ascii(said).encode("ascii")).hexdigest()[:32]
    return Entry(candidate.key, facts, candidate.boxes, class_ids, fingerprint)


def _box_values(box: Box) -> list[str | float | bool]:
    return [box.label, box.xmin, box.ymin, box.xmax, box.ymax, box.difficult, box.truncated, box.pose]


def _label_map_data(data: bytes | None, new_labels: Sequence[str], label_map: LabelMap) -> bytes | None:
    if not new_labels:
        return None
    return append_labels(data or b"", {label: label_map[label] for label in new_labels})


def _labelled(candidates: Sequence[_Candidate]) -> Labelled:
    return [(candidate.xml, [box.label for box in candidate.boxes]) for candidate in candidates]


def _dataset_findings(
    candidates: Sequence[_Candidate], splits: Mapping[str, str], sources: Sources
) -> Iterator[Finding]:
    entries = [
        HealthEntry(
            file=f"images/{entry.key}",
            split=splits[entry.key],
            sha256=entry.facts.sha256,
            labels=tuple(box.label for box in entry.boxes),
        )
        for entry in candidates
    ]
    yield from check_dataset(entries, images=sources.all_images)
    yield from rare_similar_labels(_labelled(candidates))
    if not candidates:
        yield Finding(
            file="",
            rule="no-labelled-image",
            value=f"{len(sources.all_images)} images, {len(sources.annotations)} XML files",
            message="There is no image with a usable annotation below images/",
            advice="Label images in labelImg (format PascalVOC), or bring some in with: boxwright init --images FOLDER",
        )
