"""Warnings of labels in a dataset that are probably one class, spelled in two ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from boxwright.dataset.plan.label_map import LABEL_MAP_FILE
from boxwright.dataset.plan.label_typos import RARE, closest_label
from boxwright.findings import Finding, Severity

Labelled = Sequence[tuple[str, Sequence[str]]]
"""For each image: its XML file, and the labels of the boxes in it that can be used."""


def rare_similar_labels(images: Labelled) -> Iterator[Finding]:
    """Warn of labels that are far rarer than one that they look like."""
    counts = _counts(images)
    for label in sorted(counts):
        meant = closest_label(
            label, [other for other in sorted(counts) if _is_rare(label, other, counts)], counts=counts
        )
        if meant is not None:
            yield _finding(label, meant, counts, images)


def new_similar_labels(new_labels: Sequence[str], images: Labelled, known: Iterable[str]) -> Iterator[Finding]:
    """Warn of labels that are about to become classes and look like another one, but for those that are far rarer.

    Args:
        new_labels: That the label map lacks.
        images: All of the dataset.
        known: The label map's labels.
    """
    counts = _counts(images)
    for label in new_labels:
        others = set(known) | {other for other in new_labels if (counts[other], label) > (counts[label], other)}
        meant = closest_label(label, sorted(others - {label}), counts=counts)
        if meant is not None and not _is_rare(label, meant, counts):
            yield _finding(label, meant, counts, images)


def _counts(images: Labelled) -> Counter[str]:
    return Counter(label for _, labels in images for label in labels)


def _is_rare(label: str, meant: str, counts: Mapping[str, int]) -> bool:
    return counts[label] * RARE <= counts[meant]


def _finding(label: str, meant: str, counts: Mapping[str, int], images: Labelled) -> Finding:
    return Finding(
        file=next(xml for xml, labels in images if label in labels),
        rule="near-miss-label",
        label=label,
        value=f"{counts[label]} of {label!r}, {counts[meant]} of {meant!r}",
        message=f"The label looks like {meant!r}",
        advice=(
            f"Did you mean {meant!r}? If so rename it in labelImg. Its item in {LABEL_MAP_FILE} may be deleted then, "
            "as long as no model was trained with it."
        ),
        severity=Severity.WARNING,
    )
