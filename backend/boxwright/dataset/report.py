"""What a sync tells: counts, findings, files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.findings import Finding, Severity, findings_from_json, findings_to_json


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
        unlabelled: Images without an XML.
        changed: Whether any file was written, renamed or deleted.
        new_labels: Classes that were appended to the label map.
        kept_aside: Someone else's files that stood in the way, under their new names.
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
    kept_aside: tuple[Path, ...] = ()

    def has_errors(self) -> bool:
        """Return whether something was left out."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    def with_findings(self, more: tuple[Finding, ...]) -> DatasetReport:
        """Return the report with further findings."""
        return replace(self, findings=tuple(sorted({*self.findings, *more})))

    def to_json(self) -> str:
        """Return what holds for as long as the files do not change, as JSON."""
        return json.dumps(
            {
                "images": dict(self.images),
                "objects": {label: dict(splits) for label, splits in self.objects.items()},
                "findings": findings_to_json(self.findings),
                "records": {split: [path.name for path in paths] for split, paths in self.records.items()},
                "fingerprint": self.fingerprint,
                "unlabelled": self.unlabelled,
            }
        )

    @classmethod
    def from_json(cls, text: str, *, folder: Path, label_map: LabelMap) -> DatasetReport:
        """Return the report that to_json gave.

        Args:
            text: The JSON.
            folder: Where the records lie.
            label_map: As it is now.
        """
        said: dict[str, Any] = json.loads(text)
        return cls(
            images=said["images"],
            objects=said["objects"],
            findings=findings_from_json(said["findings"]),
            label_map=label_map,
            records={split: tuple(folder / name for name in names) for split, names in said["records"].items()},
            fingerprint=said["fingerprint"],
            unlabelled=said["unlabelled"],
        )
