"""The section of README.md that says under which conditions the workspace's model was trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boxwright.files import atomic_write

SECTION_BEGIN = "<!-- boxwright: training conditions, begin (rewritten by `boxwright train`) -->"
SECTION_END = "<!-- boxwright: training conditions, end -->"


def update_readme(readme: Path, record: dict[str, Any]) -> None:
    """Write the record's section into README.md, between its marks; all other text stays as it is.

    Args:
        readme: The workspace's README.md; made when there is none.
        record: What update_run returned.
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


def _section(record: dict[str, Any]) -> str:
    losses = record.get("losses") or {}
    dataset = record.get("dataset") or {}
    rows = {
        "model": record.get("model"),
        "images": dataset.get("images"),
        "dataset": f"{', '.join(dataset.get('records', []))} (fingerprint {str(dataset.get('fingerprint', ''))[:12]})",
        "config": f"{record['config']['path']} (sha256 {record['config']['sha256'][:12]})"
        if "config" in record
        else None,
        "started from": record.get("started_from"),
        "steps": f"{record.get('step', 0)}, batch {record.get('batch_size')}, seed {record.get('seed')}",
        "loss": f"{losses['first']:.4f} at first, {losses['last']:.4f} at last" if "last" in losses else None,
        "time": f"{record.get('started')} to {record.get('ended') or '(running)'}",
        "ended": record.get("outcome"),
        "device": record.get("device"),
        "versions": ", ".join(f"{name} {version}" for name, version in (record.get("versions") or {}).items()),
        **{name: value for name, value in (record.get("results") or {}).items() if not isinstance(value, dict | list)},
    }
    lines = [f"| {name} | {_cell(value)} |" for name, value in rows.items() if value not in (None, "")]
    return "\n".join(["## Training conditions", "", "| | |", "|---|---|", *lines, ""])


def _cell(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return " ".join(text.split()).replace("|", "\\|")
