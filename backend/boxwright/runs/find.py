"""The runs below a folder, and what their records say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxwright.jobs.locks import is_held
from boxwright.outside_links import not_accepted, outside_links
from boxwright.runs.metrics import read_metrics
from boxwright.runs.record import LOCK_FILE, RUN_FILE, RUNNING, RunRecord, read_run

_NO_RUN_IN_IT = re.compile(r"\..*|images|best|worker-\d+")  # hidden; photos; of a run; of a run of several machines


@dataclass(frozen=True)
class Evaluated:
    """An average precision of a run.

    Attributes:
        ap50, ap: At IoU .50, and over .50:.05:.95; None when the test split had no object.
        step: Of the checkpoint that was measured.
        is_best: Whether it is the best evaluation while training, as `boxwright evaluate` was not run.
    """

    ap50: float | None
    ap: float | None
    step: int | None
    is_best: bool

    @property
    def at_step(self) -> str:
        """The step in words: "600", "500 (best)"."""
        return f"{self.step} (best)" if self.is_best else str(self.step)


@dataclass(frozen=True)
class RecordedRun:
    """A training run as its folder tells of it.

    Attributes:
        name: Its folder, from where it was looked for, with forward slashes; "." for that folder itself.
        folder: Its folder.
        record: Its run.json.
    """

    name: str
    folder: Path
    record: RunRecord

    @property
    def fingerprint(self) -> str | None:
        """Of the training records; None when the record does not say it."""
        return self.record.dataset.fingerprint or None if self.record.dataset else None

    @property
    def images(self) -> int | None:
        """How many images the training records hold."""
        return self.record.dataset.images if self.record.dataset else None

    @property
    def last_loss(self) -> float | None:
        """Total loss of the last step that metrics.csv has, else of the last checkpoint."""
        losses = (row.total_loss for row in reversed(read_metrics(self.folder)) if row.total_loss is not None)
        return next(losses, self.record.losses.last if self.record.losses else None)

    @property
    def outcome(self) -> str | None:
        """How it ended, in words; None when it was not trained here."""
        if self.record.outcome == RUNNING and not _is_under_way(self.folder):
            return f"broke off after step {self.record.step}"
        return self.record.outcome

    @property
    def evaluated(self) -> Evaluated | None:
        """What `boxwright evaluate` measured last, else the best evaluation while training; None without any."""
        if evaluation := self.record.evaluation:
            return Evaluated(evaluation.ap50, evaluation.ap, evaluation.step, is_best=False)
        if not self.record.evaluations:
            return None
        best = max(self.record.evaluations, key=lambda entry: entry.ap)
        return Evaluated(best.ap50, best.ap, best.step, is_best=True)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers of a row of the list, and the record, as JSON-ready values."""
        record, measured = self.record, self.evaluated
        return {
            "name": self.name,
            "started": record.started,
            "model": record.model,
            "images": self.images,
            "fingerprint": self.fingerprint,
            "steps": record.step,
            "seconds": record.seconds_trained,
            "ap50": measured.ap50 if measured else None,
            "ap": measured.ap if measured else None,
            "evaluated_step": measured.step if measured else None,
            "evaluated_best": measured.is_best if measured else None,
            "last_loss": self.last_loss,
            "outcome": self.outcome,
            "record": record.to_json(),
        }


def find_runs(root: Path) -> list[RecordedRun]:
    """Return the runs in a folder and below it, in the order in which they started.

    A run is a folder with a run.json that can be read. Of a run on several machines the chief's counts.

    Args:
        root: A workspace, or any folder.
    """
    runs = []
    for folder in _folders(root):
        if record := read_run(folder):
            runs.append(RecordedRun(folder.relative_to(root).as_posix(), folder, record))
    return sorted(runs, key=lambda run: (run.record.started or "9999", run.name))


def _is_under_way(folder: Path) -> bool:
    try:
        return is_held(folder / LOCK_FILE)
    except OSError:  # a folder that can be read only: nobody can tell
        return True


def _folders(root: Path) -> Iterator[Path]:
    """Yield the folders that hold a run.json, each folder once.

    Links to folders are followed where they stay below `root` or the user accepted them: "all -> /" is the whole disk.
    """
    seen = set()
    for path, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(path)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        links = [Path(path, name) for name in folders if os.path.islink(os.path.join(path, name))]  # noqa: PTH114, PTH118
        outside = {link.path.name for link in not_accepted(outside_links(root, links))}
        folders[:] = sorted(name for name in folders if name not in outside and not _NO_RUN_IN_IT.fullmatch(name))
        if RUN_FILE in files:
            yield Path(path)
