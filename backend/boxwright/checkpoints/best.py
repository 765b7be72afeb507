"""best/: the checkpoint with the best evaluation, beside the newest ones and never pruned with them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from boxwright.checkpoints.bundle import DATA_SUFFIX, INDEX_SUFFIX, is_complete
from boxwright.checkpoints.store import STATE_FILE, step_of
from boxwright.files import atomic_write_text
from boxwright.runs.evaluation_record import EVALUATION_FILE, BestEvaluation

BEST_FOLDER = "best"


def best_evaluation(train_dir: Path) -> BestEvaluation | None:
    """Return the evaluation of the best checkpoint; None when there is none (any more)."""
    folder = train_dir / BEST_FOLDER
    try:
        evaluation = BestEvaluation.from_json((folder / EVALUATION_FILE).read_text("utf-8"))
        return evaluation if is_complete(folder / evaluation.checkpoint) else None
    except (OSError, ValueError):
        return None


def keep_best(train_dir: Path, evaluation: BestEvaluation, *, also: Path | None = None) -> Path:
    """Make a checkpoint of the run its best one: its files are linked, copied where the file system has no links.

    A kill at any instant leaves the old best or the new one: evaluation.json, written when the new files are there,
    says which.

    Args:
        train_dir: The run's folder.
        evaluation: Names a checkpoint in it.
        also: A file to copy beside it, for example pipeline.config.

    Returns:
        Its prefix in best/.
    """
    prefix, folder = train_dir / evaluation.checkpoint, train_dir / BEST_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in (DATA_SUFFIX, INDEX_SUFFIX):
        _link(prefix.with_name(prefix.name + suffix), folder / (prefix.name + suffix))
    if also is not None and also.is_file():
        shutil.copyfile(also, folder / also.name)
    atomic_write_text(folder / EVALUATION_FILE, evaluation.to_json())
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
