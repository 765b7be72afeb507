"""The section of README.md that says under which conditions the workspace's model was trained."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from boxwright.files import atomic_write
from boxwright.runs.evaluation_record import EvaluationRecord
from boxwright.runs.record import RunRecord

SECTION_BEGIN = "<!-- boxwright: training conditions, begin (rewritten by `boxwright train`) -->"
SECTION_END = "<!-- boxwright: training conditions, end -->"


def update_readme(readme: Path, record: RunRecord) -> None:
    """Write the record's section into README.md, between its marks; all other text stays as it is.

    Args:
        readme: The workspace's README.md; made when there is none.
        record: The run's.
    """
    section = f"{SECTION_BEGIN}\n{_section(record)}{SECTION_END}"
    try:
        text = readme.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        text = ""
    begin, end = text.find(SECTION_BEGIN), text.find(SECTION_END)
    if 0 <= begin < end:
        text = text[:begin] + section + text[end + len(SECTION_END) :]
    else:
        text = (text.rstrip() + "\n\n" if text.strip() else f"# {readme.parent.name}\n\n") + section + "\n"
    with atomic_write(readme) as stream:
        stream.write(text.encode("utf-8", "surrogateescape"))


def _section(record: RunRecord) -> str:
    config, dataset, losses = record.config, record.dataset, record.losses
    rows: dict[str, object] = {"model": record.model}
    if dataset:
        rows["images"] = dataset.images
        rows["dataset"] = f"{', '.join(dataset.records)} (fingerprint {dataset.fingerprint[:12]})"
    if config:
        rows["config"] = f"{config.path} (sha256 {config.sha256[:12]})"
    rows["started from"] = record.started_from
    rows["steps"] = f"{record.step or 0}, batch {record.batch_size}, seed {record.seed}"
    if losses:
        rows["loss"] = f"{losses.first:.4f} at first, {losses.last:.4f} at last"
    rows["time"] = f"{record.started} to {record.ended or '(running)'}"
    rows["ended"] = record.outcome
    rows["device"] = record.device
    versions = asdict(record.versions) if record.versions else {}
    rows["versions"] = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    if record.evaluation:
        rows |= _evaluation_rows(record.evaluation)
    lines = [f"| {name} | {_cell(value)} |" for name, value in rows.items() if value not in (None, "")]
    return "\n".join(["## Training conditions", "", "| | |", "|---|---|", *lines, ""])


def _evaluation_rows(evaluation: EvaluationRecord) -> dict[str, object]:
    interval = evaluation.interval_95
    return {
        "evaluated checkpoint": evaluation.checkpoint,
        "test images": evaluation.images,
        "AP@.50": evaluation.ap50,
        "AP@.50, 95% of such test splits": f"{interval.ap50[0]:.2f} to {interval.ap50[1]:.2f}" if interval else None,
        "AP@[.50:.95]": evaluation.ap,
        "Pascal VOC mAP": evaluation.pascal_voc_map,
    }


def _cell(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).replace("|", "\\|")
