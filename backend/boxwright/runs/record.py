"""run.json: under which conditions a model was trained, and what came of it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from boxwright.files import atomic_write, atomic_write_text

RUN_FILE = "run.json"
CONFIG_FILE = "pipeline.config"


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
