"""Findings in the order in which a person reads them, those that a text is in, and those that can be fixed for sure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from boxwright.findings import Finding, Severity


class Fix(Enum):
    """What fixes a finding without a doubt about what the user wants."""

    CLIP = "clip"
    REMOVE = "remove"


def arranged(findings: Sequence[Finding], text: str = "") -> tuple[Finding, ...]:
    """Return the findings that contain all words of a text, errors first."""
    words = text.casefold().split()
    found = (finding for finding in findings if not words or _contains(finding, words))
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))  # else in their order


def fix_of(finding: Finding) -> Fix | None:
    """Return what fixes a finding, None where a person must decide."""
    if finding.object_number is None:
        return None
    if finding.rule == "box-duplicate":
        return Fix.REMOVE
    if finding.rule == "box-outside" and finding.severity is Severity.WARNING:  # an error is wholly outside
        return Fix.CLIP
    return None


def _contains(finding: Finding, words: Sequence[str]) -> bool:
    text = f"{finding.file} {finding.subject} {finding.message} {finding.rule} {finding.severity.value}".casefold()
    return all(word in text for word in words)
