"""What a dataset sync reports: counts, findings, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.findings import Finding, Severity, findings_from_json, findings_to_json

REPORT_VERSION = 1
"""Of the JSON form. Version 0 had no version, and findings of version 0."""


@dataclass(frozen=True)
class DatasetReport:
    """The dataset as it is after a sync.

    Attributes:
        images: Images per split, negative examples included.
        objects: Class, in the label map's order, to objects per split; only classes that occur.
        findings: What is wrong, sorted.
        label_map: With what was appended.
        records: Record files per split; none for a split without images.
        fingerprint: Of the record files of both splits, as Snapshot.fingerprint; "" when nothing was written (check).
        unlabelled: Images without an annotation file.
        changed: Whether any file was written, renamed or deleted.
        new_labels: Classes that were appended to the label map.
        backups: A user's files that had the name of a file of the dataset, under their new names.
    """

    images: Mapping[str, int]
    objects: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    label_map: LabelMap
    records: Mapping[str, tuple[Path, ...]]
    fingerprint: str
    unlabelled: int = 0
    changed: bool = False
    new_labels: tuple[str, ...] = ()
    backups: tuple[Path, ...] = ()

    def has_errors(self) -> bool:
        """Return whether something was left out."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def with_findings(self, more: tuple[Finding, ...]) -> DatasetReport:
        """Return the report with further findings."""
        return replace(self, findings=tuple(sorted({*self.findings, *more}))) if more else self

    def to_json(self) -> dict[str, Any]:
        """Return what holds for as long as the files do not change, JSON-ready.

        What one sync did (changed, new_labels, backups) and the label map, which is a file of its own, are left out.
        """
        return {
            "version": REPORT_VERSION,
            "images": dict(self.images),
            "objects": {label: dict(splits) for label, splits in self.objects.items()},
            "findings": findings_to_json(self.findings),
            "records": {split: [path.name for path in paths] for split, paths in self.records.items()},
            "fingerprint": self.fingerprint,
            "unlabelled": self.unlabelled,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any], *, folder: Path, label_map: LabelMap) -> DatasetReport:
        """Return the report that to_json gave, or that version 0 did.

        Args:
            content: The JSON.
            folder: Where the records are.
            label_map: As it is now.

        Raises:
            KeyError, TypeError, ValueError: It is not a report.
        """
        return cls(
            images=content["images"],
            objects=content["objects"],
            findings=findings_from_json(content["findings"]),
            label_map=label_map,
            records={split: tuple(folder / name for name in names) for split, names in content["records"].items()},
            fingerprint=content["fingerprint"],
            unlabelled=content["unlabelled"],
        )
