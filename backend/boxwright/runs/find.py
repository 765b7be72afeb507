"""The runs below a folder, and what their records say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxwright.jobs.locks import is_held
from boxwright.runs.record import LOCK_FILE, RUN_FILE, RUNNING, read_run, seconds_trained

_NO_RUN_IN_IT = re.compile(r"\..*|images|best|worker-\d+")  # hidden; photos; of a run; of a run of several machines
_AP = "DetectionBoxes_Precision/mAP"


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
    record: Mapping[str, Any]

    def get(self, *keys: str) -> Any:
        """Return what the record has under these keys, one in the other; None when it has not."""
        value: Any = self.record
        for key in keys:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    @property
    def seconds(self) -> float | None:
        """How long it trained, its continuations added up; None when the record does not tell."""
        return seconds_trained(self.record)

    @property
    def outcome(self) -> str | None:
        """How it ended, in words; None when it was not trained here."""
        outcome = self.get("outcome")
        if outcome == RUNNING and not _is_under_way(self.folder):
            return f"broke off after step {self.get('step')}"
        return None if outcome is None else str(outcome)

    @property
    def evaluated(self) -> Evaluated | None:
        """What `boxwright evaluate` measured last, else the best evaluation while training; None without any."""
        coco, step = self.get("results", "evaluation", "coco"), self.get("results", "evaluation", "step")
        if isinstance(coco, Mapping):
            return Evaluated(coco.get(f"{_AP}@.50IOU"), coco.get(_AP), step, is_best=False)
        history = [entry for entry in self.get("evaluations") or [] if "ap" in entry]
        if not history:
            return None
        best = max(history, key=lambda entry: entry["ap"])
        return Evaluated(best.get("ap50"), best["ap"], best.get("step"), is_best=True)

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers of a row of the list, and the record, as JSON-ready values."""
        measured = self.evaluated
        return {
            "name": self.name,
            "started": self.get("started"),
            "model": self.get("model"),
            "images": self.get("dataset", "images"),
            "fingerprint": self.get("dataset", "fingerprint"),
            "steps": self.get("step"),
            "seconds": self.seconds,
            "ap50": measured.ap50 if measured else None,
            "ap": measured.ap if measured else None,
            "evaluated_step": measured.step if measured else None,
            "evaluated_best": measured.is_best if measured else None,
            "last_loss": self.get("losses", "last"),
            "outcome": self.outcome,
            "record": dict(self.record),
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
    return sorted(runs, key=lambda run: (str(run.get("started") or "9999"), run.name))


def _is_under_way(folder: Path) -> bool:
    try:
        return is_held(folder / LOCK_FILE)
    except OSError:  # a folder that can be read only: nobody can tell
        return True


def _folders(root: Path) -> Iterator[Path]:
    """Yield the folders that hold a run.json; links to folders are followed, each folder once."""
    seen = set()
    for path, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(path)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not _NO_RUN_IN_IT.fullmatch(name))
        if RUN_FILE in files:
            yield Path(path)
