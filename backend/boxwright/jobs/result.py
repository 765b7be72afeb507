"""What came of a job: a part of each stage that is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

VERSION = 1


@dataclass(frozen=True)
class DatasetSummary:
    """The dataset that a job wrote or trained on.

    Attributes:
        images: Images per split.
        objects: Class to objects per split.
        unlabelled: Images without an XML.
        findings: How many.
        fingerprint: Of the records.
        records: Their files, relative to the workspace.
    """

    images: Mapping[str, int]
    objects: Mapping[str, Mapping[str, int]]
    unlabelled: int
    findings: int
    fingerprint: str
    records: tuple[str, ...]


@dataclass(frozen=True)
class EvaluationSummary:
    """What evaluation measured.

    Attributes:
        checkpoint: Its name, for example "model.ckpt-200".
        step: When it was saved.
        images: Of the test split.
        coco: COCO's numbers by their names; None where the test split has no such object.
        pascal_voc_map: Pascal VOC's mean average precision, None without an object.
    """

    checkpoint: str
    step: int | None
    images: int | None
    coco: Mapping[str, float | None]
    pascal_voc_map: float | None

    def precision(self, *, at: str = "") -> float | None:
        """Return COCO's average precision over IoU .50:.05:.95, or at ".50" or ".75"; None without an object."""
        return self.coco.get(f"DetectionBoxes_Precision/mAP{f'@{at}IOU' if at else ''}")


@dataclass(frozen=True)
class JobResult:
    """What came of the stages that are done; each part is empty until its stage is.

    Attributes:
        dataset: The dataset.
        training: Training folder, relative to the workspace.
        evaluation: What was measured.
        no_evaluation: Why nothing could be measured after a training.
        export: Folder of the export, relative to the workspace.
        no_export: Why no model could be exported after a training.
        detections: Folder of the detections, relative to the workspace.
        note: A sentence about what was left out.
    """

    dataset: DatasetSummary | None = None
    training: str = ""
    evaluation: EvaluationSummary | None = None
    no_evaluation: str = ""
    export: str = ""
    no_export: str = ""
    detections: str = ""
    note: str = ""

    @property
    def shortfall(self) -> str:
        """What a training that is saved lacks, and why: "trained, not evaluated: ..."; "" for nothing."""
        lacks = (("evaluated", self.no_evaluation), ("exported", self.no_export))
        return "; ".join(f"trained, not {what}: {why}" for what, why in lacks if why)

    def merged(self, later: JobResult) -> JobResult:
        """Return this with the parts that `later` has."""
        parts = {field.name: getattr(later, field.name) for field in fields(later)}
        return replace(self, **{name: part for name, part in parts.items() if part})

    def to_json(self) -> dict[str, Any]:
        """Return the parts that there are, with a version; the names are those of the versions before it."""
        content: dict[str, Any] = asdict(self.dataset) if self.dataset else {}
        if evaluation := asdict(self.evaluation) if self.evaluation else self.no_evaluation:
            content["evaluation"] = evaluation
        content |= {name: text for name in _TEXTS if (text := getattr(self, name))}
        return {"version": VERSION, **content} if content else {}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> JobResult:
        """Return what `to_json` gave, or an earlier version, which wrote no version.

        Raises:
            ValueError, TypeError: It is neither.
        """
        evaluation = content.get("evaluation") or ""
        note = str(content.get("note", ""))
        if "exit_code" in content:  # of an earlier version
            note = f"it ended with exit code {content['exit_code']}, see the log"
        return cls(
            dataset=_dataset(content) if "images" in content else None,
            evaluation=_evaluation(evaluation) if isinstance(evaluation, Mapping) else None,
            no_evaluation=evaluation if isinstance(evaluation, str) else "",
            **{name: str(content.get(name, "")) for name in _TEXTS if name != "note"},
            note=note,
        )


_TEXTS = ("training", "export", "no_export", "detections", "note")


def _dataset(content: Mapping[str, Any]) -> DatasetSummary:
    return DatasetSummary(
        images=dict(content["images"]),
        objects={label: dict(splits) for label, splits in content.get("objects", {}).items()},
        unlabelled=int(content.get("unlabelled", 0)),
        findings=int(content.get("findings", 0)),
        fingerprint=str(content.get("fingerprint", "")),
        records=tuple(content.get("records", ())),
    )


def _evaluation(content: Mapping[str, Any]) -> EvaluationSummary:
    return EvaluationSummary(
        checkpoint=str(content.get("checkpoint") or ""),
        step=content.get("step"),
        images=content.get("images"),
        coco=dict(content.get("coco") or {}),
        pascal_voc_map=content.get("pascal_voc_map"),
    )
