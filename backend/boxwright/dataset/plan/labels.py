"""From labels as annotated to names and ids of the label map."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from boxwright.dataset.plan.entry import Candidate
from boxwright.dataset.plan.health import no_usable_object
from boxwright.dataset.plan.label_map import LABEL_MAP_FILE, LabelMap, append_labels, parse_label_map, remove_label
from boxwright.dataset.plan.label_typos import closest_label, is_same_spelling
from boxwright.dataset.sources.file_info import AnnotationInfo
from boxwright.errors import BoxwrightError
from boxwright.findings import Finding, Severity

SHOWN = 5  # classes of a label map that a finding names
NEARLY_ALL = 0.8  # of the labels in use: from here on a label map is in another spelling, not the labels new


def read_labels(data: bytes | None, *, closed: bool) -> tuple[LabelMap, list[Finding]]:
    """Return the label map and what is wrong with it.

    Args:
        data: Its bytes; None when there is none.
        closed: A label map is asked for.

    Raises:
        BoxwrightError: It cannot be read, or there is none though one is asked for.
    """
    if data is None or not data.strip():
        if closed:
            raise BoxwrightError(
                f"{LABEL_MAP_FILE}: a closed label map was asked for, but there is none. "
                "Write one with the classes that may occur, or leave the option out to have it made."
            )
        return LabelMap(), []
    label_map = parse_label_map(data, source=LABEL_MAP_FILE)
    return label_map, [finding.in_file(LABEL_MAP_FILE) for finding in label_map.findings]


def resolve_labels(
    candidates: Sequence[Candidate], known: LabelMap, findings: list[Finding], *, closed: bool
) -> tuple[list[Candidate], list[str]]:
    """Return the candidates with the label map's names on their boxes, and the labels that it lacks."""
    unusable = known.unusable_labels - set(known)
    new: set[str] = set()
    names: dict[str, str | None] = {}
    for label in {box.label for candidate in candidates for box in candidate.boxes}:
        names[label] = known.resolve(label)
        if names[label] is None and label not in unusable and not closed:
            names[label] = label
            new.add(label)
    if respelled := _respelled(names, new, known):
        names |= respelled
        new -= respelled.keys()
        findings.append(_respelled_finding(respelled))
    if all(label == name for label, name in names.items()):
        return list(candidates), sorted(new)
    resolved = []
    for candidate in candidates:
        boxes, numbers = [], []
        for number, box in zip(candidate.numbers, candidate.boxes, strict=True):
            name = names[box.label]
            if name is not None:
                boxes.append(box if name == box.label else replace(box, label=name))
                numbers.append(number)
            elif box.label not in unusable:
                findings.append(_unknown_label(candidate.annotation_file, number, box.label, known))
        if boxes or not candidate.boxes:
            resolved.append(replace(candidate, boxes=tuple(boxes), numbers=tuple(numbers)))
        else:
            findings.append(no_usable_object(candidate.annotation_file))
    return resolved, sorted(new)


def _respelled(names: Mapping[str, str | None], new: Collection[str], known: LabelMap) -> dict[str, str]:
    """Return the known name of each new label when nearly all labels are unused names of the map, spelled otherwise."""
    unused = [name for name in known if name not in names.values()]
    found = {label: name for label in new for name in unused if is_same_spelling(label, name)}
    return found if found and len(found) >= NEARLY_ALL * len(names) else {}


def _respelled_finding(respelled: Mapping[str, str]) -> Finding:
    pairs = [f"{label!r} is {name!r}" for label, name in sorted(respelled.items())]
    return Finding(
        file=LABEL_MAP_FILE,
        rule="labels-spelled-otherwise",
        value=f"{len(pairs)} labels",
        message="The labels are names of the label map in another spelling, so they were taken for these: "
        f"{', '.join(pairs[:SHOWN])}{', ...' if len(pairs) > SHOWN else ''}",
        advice="Nothing to do; to have them as classes of their own, write them into the label map.",
        severity=Severity.WARNING,
    )


def _unknown_label(annotation_file: str, number: int, label: str, known: LabelMap) -> Finding:
    meant = closest_label(label, known)
    hint = f"Did you mean {meant!r}? Rename the object" if meant else "Rename the object"
    return Finding(
        file=annotation_file,
        rule="unknown-label",
        object_number=number,
        label=label,
        value=label,
        message="The label map, which is closed, lacks this label, so the object is left out",
        advice=f"{hint}, or add the class to {LABEL_MAP_FILE}.",
    )


@dataclass(frozen=True)
class AdoptedLabelMap:
    """The bytes of a label map that the user keeps elsewhere, and the finding that says so."""

    data: bytes
    finding: Finding


def adopted_label_map(label_maps: Mapping[str, bytes], candidates: Sequence[Candidate]) -> AdoptedLabelMap | None:
    """Return the first of the other label maps that has most of the labels in use; a model may have its ids."""
    used = {box.label for candidate in candidates for box in candidate.boxes}
    for path, data in label_maps.items() if used else ():
        try:
            label_map = parse_label_map(data, source=path)
        except BoxwrightError:
            continue  # a graph or a configuration as text
        present = sorted(label for label in used if label_map.resolve(label) is not None)
        if 2 * len(present) >= len(used):
            ids = ", ".join(f"{name} {label_map[name]}" for name in list(label_map)[:SHOWN])
            ids += ", ..." if len(label_map) > SHOWN else ""
            finding = Finding(
                file=path,
                rule="label-map-adopted",
                value=f"{len(label_map)} classes",
                message=f"The ids of this label map are kept ({ids}): it was copied to {LABEL_MAP_FILE}",
                advice=f"Nothing to do; from now on {LABEL_MAP_FILE} counts.",
                severity=Severity.WARNING,
            )
            return AdoptedLabelMap(data, finding)
    return None


def unused_labels(
    label_map: LabelMap, untrained: Collection[str], annotations: Iterable[AnnotationInfo]
) -> tuple[str, ...]:
    """Return the labels that no object carries and no model knows, such as a typo that was corrected.

    Args:
        label_map: Of the workspace.
        untrained: Labels that Boxwright appended and no training has used since.
        annotations: What all annotation files say. While one cannot be read, or none has an object, no label is unused.
    """
    candidates = [label for label in label_map if label in untrained]
    if not candidates:
        return ()
    carried: set[str] = set()
    for info in annotations:
        if info.annotation is None or info.finding is not None or info.annotation.has_class_numbers:
            return ()
        carried.update(box.label for box in info.annotation.boxes)
        carried.update(finding.label for finding in info.annotation.findings)
    return tuple(label for label in candidates if label not in carried) if carried else ()


def without_labels(data: bytes, label_map: LabelMap, labels: Sequence[str]) -> tuple[bytes, list[Finding]]:
    """Return the bytes of a label map without items that Boxwright appended, and a finding about each that is gone."""
    findings = []
    for label in labels:
        shorter = remove_label(data, label, label_map[label])
        if shorter != data:
            findings.append(_dropped(label, label_map[label]))
        data = shorter
    return data, findings


def _dropped(label: str, number: int) -> Finding:
    return Finding(
        file=LABEL_MAP_FILE,
        rule="unused-label-dropped",
        label=label,
        value=str(number),
        message="No object carries this label any more and no model was trained on it, so its item was removed",
        advice="Nothing to do; a label that comes back is appended again.",
        severity=Severity.WARNING,
    )


def label_map_data_with(data: bytes | None, new_labels: Sequence[str], label_map: LabelMap) -> bytes | None:
    """Return the bytes of a label map with the new labels appended; None when there are none."""
    if not new_labels:
        return None
    return append_labels(data or b"", {label: label_map[label] for label in new_labels})
