"""run.json: under which conditions a model was trained, and what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from boxwright.files import atomic_write, atomic_write_text

RUN_FILE = "run.json"
CONFIG_FILE = "pipeline.config"
LOCK_FILE = ".training.lock"  # held by the process that trains
RUNNING = "running"  # the outcome of a run that has not ended, or was killed


def config_entry(config: Any, path: str) -> dict[str, Any]:
    """Return the config's text, hash and path as the record keeps them.

    Args:
        config: TrainEvalPipelineConfig as it is trained, options of the command line included.
        path: Where it was read, relative to the workspace if it is in it.
    """
    text = text_format.MessageToString(config, as_utf8=True)
    return {"path": path, "sha256": hashlib.sha256(text.encode()).hexdigest(), "text": text}


def put(target: Path, data: bytes | None) -> Path | None:
    """Write a file of the run, for example its config, as the original does; another one that stood there is kept.

    Args:
        target: The file.
        data: What it shall hold; None for no file.

    Returns:
        Where the other one is now; None when there was none.
    """
    if target.exists() and target.read_bytes() == data:
        return None
    kept = set_aside(target)
    if data is not None:
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


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def seconds_trained(record: Mapping[str, Any]) -> float | None:
    """Return how long a run trained, its continuations added up; up to the last checkpoint where it was killed.

    Older records do not say it; of them it is what the last continuation took.

    Args:
        record: What read_run gave.

    Returns:
        Seconds; None when the record does not tell.
    """
    if isinstance(seconds := record.get("seconds"), int | float):
        return float(seconds)
    try:
        continued = record.get("continued")
        begun = continued[-1]["at"] if continued else record["started"]
        return (datetime.fromisoformat(record["ended"]) - datetime.fromisoformat(begun)).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None


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
