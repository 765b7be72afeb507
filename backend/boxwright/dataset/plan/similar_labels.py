"""Warnings of labels in a dataset that are probably one class, spelled in two ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from boxwright.dataset.plan.entry import Entry
from boxwright.dataset.plan.label_map import LABEL_MAP_FILE
from boxwright.dataset.plan.label_typos import RARE, closest_label
from boxwright.findings import Finding, Severity


def rare_similar_labels(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Warn of labels that are far rarer than one that they look like.

    Args:
        entries: All of the dataset.
    """
    counts = _counts(entries)
    for label in sorted(counts):
        meant = closest_label(
            label, [other for other in sorted(counts) if _is_rare(label, other, counts)], counts=counts
        )
        if meant is not None:
            yield _finding(label, meant, counts, entries)


def new_similar_labels(new_labels: Sequence[str], entries: Sequence[Entry], known: Iterable[str]) -> Iterator[Finding]:
    """Warn of labels that are about to become classes and look like another one, but for those that are far rarer.

    Args:
        new_labels: That the label map lacks.
        entries: All of the dataset.
        known: The label map's labels.
    """
    counts = _counts(entries)
    for label in new_labels:
        others = set(known) | {other for other in new_labels if (counts[other], label) > (counts[label], other)}
        meant = closest_label(label, sorted(others - {label}), counts=counts)
        if meant is not None and not _is_rare(label, meant, counts):
            yield _finding(label, meant, counts, entries)


def _counts(entries: Sequence[Entry]) -> Counter[str]:
    return Counter(box.label for entry in entries for box in entry.boxes)


def _is_rare(label: str, meant: str, counts: Mapping[str, int]) -> bool:
    return counts[label] * RARE <= counts[meant]


def _finding(label: str, meant: str, counts: Mapping[str, int], entries: Sequence[Entry]) -> Finding:
    return Finding(
        file=next(entry.annotation_file for entry in entries if any(box.label == label for box in entry.boxes)),
        rule="similar-labels",
        label=label,
        value=f"{counts[label]} of {label!r}, {counts[meant]} of {meant!r}",
        message=f"The label looks like {meant!r}",
        advice=(
            f"Did you mean {meant!r}? If so rename it in labelImg. Its item in {LABEL_MAP_FILE} may be deleted then, "
            "as long as no model was trained with it."
        ),
        severity=Severity.WARNING,
    )
