"""Which checkpoint of a training is meant: the best, the newest, the one of a step, or another by its prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from boxwright.progress import Reporter, log

BEST: Literal["best"] = "best"
LAST: Literal["last"] = "last"

Wanted: TypeAlias = "Path | Literal['best', 'last']"


def choose_checkpoint(training: Path, wanted: Wanted, reporter: Reporter) -> Path:
    """Return the prefix of the checkpoint that is meant; say so where it is the best.

    Args:
        training: The folder of the run.
        wanted: "best" or "last" of the run, or the number of a step of it; or the prefix of a checkpoint or a folder
            with some, of which the best is taken.
        reporter: Receives what is chosen.

    Raises:
        CheckpointError: There is none.
    """
    from boxwright.checkpoints.best import BEST_FOLDER, best_evaluation
    from boxwright.checkpoints.store import resolve_prefix

    if wanted == LAST:
        return resolve_prefix(training)
    if isinstance(wanted, Path) and wanted.name == str(wanted) and wanted.name.isdecimal() and not wanted.exists():
        return resolve_prefix(training / f"model.ckpt-{int(wanted.name)}")
    folder = training if wanted == BEST else Path(wanted)
    best = best_evaluation(folder) if folder.is_dir() else None
    if best is None:
        return resolve_prefix(folder)
    prefix = folder / BEST_FOLDER / best.checkpoint
    log(reporter, f"the best checkpoint is taken, {prefix.name} (AP {best.ap:.3f}); --checkpoint last is the newest")
    return prefix
