"""best/: the checkpoint with the best evaluation, beside the newest ones and never pruned with them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boxwright.checkpoints.bundle import DATA_SUFFIX, INDEX_SUFFIX, is_complete
from boxwright.checkpoints.store import STATE_FILE, step_of
from boxwright.files import atomic_write_text

BEST_FOLDER = "best"
EVALUATION_FILE = "evaluation.json"


def best_evaluation(train_dir: Path) -> dict[str, Any]:
    """Return the evaluation of the best checkpoint, {} when there is none (any more)."""
    folder = train_dir / BEST_FOLDER
    try:
        evaluation = json.loads((folder / EVALUATION_FILE).read_text("utf-8"))
        whole = is_complete(folder / evaluation["checkpoint"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return evaluation if whole else {}


def keep_best(prefix: Path, evaluation: Mapping[str, Any], train_dir: Path, *, also: Path | None = None) -> Path:
    """Make a checkpoint of the run its best one: its files are linked, copied where the file system has no links.

    A kill at any instant leaves the old best or the new one: evaluation.json, written when the new files are there,
    says which.

    Args:
        prefix: model.ckpt-N in `train_dir`.
        evaluation: JSON-ready; "checkpoint" is added.
        train_dir: The run's folder.
        also: A file to copy beside it, for example pipeline.config.

    Returns:
        Its prefix in best/.
    """
    folder = train_dir / BEST_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in (DATA_SUFFIX, INDEX_SUFFIX):
        _link(prefix.with_name(prefix.name + suffix), folder / (prefix.name + suffix))
    if also is not None and also.is_file():
        shutil.copyfile(also, folder / also.name)
    atomic_write_text(folder / EVALUATION_FILE, json.dumps({"checkpoint": prefix.name, **evaluation}, indent=1) + "\n")
    atomic_write_text(folder / STATE_FILE, f'model_checkpoint_path: "{prefix.name}"\n')
    for path in folder.glob("model.ckpt-*"):
        if step_of(path.with_suffix("")) != step_of(prefix):
            path.unlink(missing_ok=True)
    return folder / prefix.name


def _link(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
