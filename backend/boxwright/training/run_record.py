"""training/run.json and the README's section: under which conditions a model was trained."""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import datetime, timezone
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf import text_format

from boxwright.files import atomic_write, atomic_write_text

RUN_FILE = "run.json"
CONFIG_FILE = "pipeline.config"
SECTION_BEGIN = "<!-- boxwright: training conditions, begin (rewritten by `boxwright train`) -->"
SECTION_END = "<!-- boxwright: training conditions, end -->"
PACKAGES = ("boxwright", "tensorflow", "numpy")


def config_entry(config: Any, path: str) -> dict[str, Any]:
    """Return the config's text, hash and path as the record keeps them.

    Args:
        config: TrainEvalPipelineConfig as it is trained, options of the command line included.
        path: Where it was read, relative to the workspace if it is in it.
    """
    text = text_format.MessageToString(config, as_utf8=True)
    return {"path": path, "sha256": hashlib.sha256(text.encode()).hexdigest(), "text": text}


def put_config(config_path: Path, train_dir: Path) -> Path | None:
    """Put the config beside its checkpoints, as the original does; another one that stood there is kept.

    Returns:
        Where the other one is now; None when there was none.
    """
    target, data = train_dir / CONFIG_FILE, config_path.read_bytes()
    kept = None
    if target.exists():
        if target.read_bytes() == data:
            return None
        kept = set_aside(target)
    with atomic_write(target) as stream:
        stream.write(data)
    return kept


def set_aside(path: Path) -> Path | None:
    """Rename a file or folder to NAME.before-1, -2 and so on; return where it is now, None when there was none."""
    if not path.exists():
        return None
    numbered = (path.with_name(f"{path.name}.before-{number}") for number in count(1))
    kept = next(candidate for candidate in numbered if not candidate.exists())
    path.replace(kept)
    return kept


def versions() -> dict[str, str]:
    """Return the versions of Python, the platform and the packages that decide the numbers."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # tensorflow may be installed as tensorflow-cpu
            found[package] = "unknown"
    if found["tensorflow"] == "unknown":
        found["tensorflow"] = tf.__version__
    return found


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def read_run(train_dir: Path) -> dict[str, Any]:
    """Return run.json, {} when there is none or it cannot be read."""
    try:
        record = json.loads((train_dir / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def update_run(train_dir: Path, **fields: Any) -> dict[str, Any]:
    """Set fields of run.json, keeping the others, for example those that evaluation adds.

    Returns:
        The whole record.
    """
    record = {**read_run(train_dir), **fields}
    train_dir.mkdir(parents=True, exist_ok=True)
    atomic_write_text(train_dir / RUN_FILE, json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n")
    return record


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
