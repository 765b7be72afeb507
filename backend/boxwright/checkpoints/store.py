"""A training run's checkpoints: the newest few, and the `checkpoint` file that says which is last."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from boxwright.checkpoints.bundle import DATA_SUFFIX, INDEX_SUFFIX, TEMPORARY, is_complete, save_bundle
from boxwright.checkpoints.errors import CheckpointError
from boxwright.failpoints import reach
from boxwright.files import atomic_write_text

STATE_FILE = "checkpoint"
_NUMBERED = re.compile(r"model\.ckpt-(\d+)\.index")
_FOREVER = 10_000.0  # hours, the original's default for keep_checkpoint_every_n_hours


class CheckpointStore:
    """Writes and finds `model.ckpt-N` in a folder, as TensorFlow 1's Saver does.

    A kill at any instant leaves a folder whose latest_checkpoint is whole, and no file that a later save would not
    find: the new one is in place before an old one goes, and the state file is written last.

    Attributes:
        folder: Where the checkpoints are.
    """

    def __init__(
        self,
        folder: Path,
        keep: int = 5,
        *,
        keep_every_hours: float = _FOREVER,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Open the folder, which need not exist yet.

        Args:
            folder: Where the checkpoints are.
            keep: How many of the newest to keep.
            keep_every_hours: Keep one for good every so many hours of training.
            now: The clock, in seconds since 1970.
        """
        self.folder = folder
        self._keep = keep
        self._keep_every = keep_every_hours * 3600
        self._now = now
        self._preserved_at = now()
        self._times: dict[str, float] = {}
        state = _read_state(folder)
        if state is not None:
            names = [Path(path).name for path in state.all_model_checkpoint_paths]
            times = list(state.all_model_checkpoint_timestamps) or [self._preserved_at] * len(names)
            self._times = {name: at for name, at in zip(names, times, strict=False) if is_complete(folder / name)}
            self._preserved_at = state.last_preserved_timestamp or self._preserved_at

    def by_preference(self) -> list[Path]:
        """Return latest_checkpoint and after it the others, newest first, for when its files prove damaged."""
        return _by_preference(self.folder)

    def save(self, step: int, tensors: Mapping[str, tf.Tensor | tf.Variable | np.ndarray]) -> Path:
        """Write model.ckpt-`step`, make it the latest, and drop what is too old.

        Returns:
            Its prefix.

        Raises:
            CheckpointError: It could not be written; the earlier ones stand.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for leftover in self.folder.glob(f"{TEMPORARY}*"):
            shutil.rmtree(leftover, ignore_errors=True)  # of a save that was killed
        prefix = save_bundle(self.folder / f"model.ckpt-{step}", tensors)
        self._times.pop(prefix.name, None)
        self._times[prefix.name] = self._now()
        for name in self._too_old():
            for suffix in (INDEX_SUFFIX, DATA_SUFFIX):
                (self.folder / (name + suffix)).unlink(missing_ok=True)
        reach("checkpoint-old-dropped")
        self._write_state(prefix.name)
        return prefix

    def _too_old(self) -> list[str]:
        dropped = []
        while len(self._times) > self._keep:
            name = next(iter(self._times))
            saved_at = self._times.pop(name)
            if saved_at > self._preserved_at + self._keep_every:
                self._preserved_at += self._keep_every
            else:
                dropped.append(name)
        return dropped

    def _write_state(self, newest: str) -> None:
        lines = [f'model_checkpoint_path: "{newest}"']
        lines += [f'all_model_checkpoint_paths: "{name}"' for name in self._times]
        lines += [f"all_model_checkpoint_timestamps: {at!r}" for at in self._times.values()]
        lines.append(f"last_preserved_timestamp: {self._preserved_at!r}")
        atomic_write_text(self.folder / STATE_FILE, "\n".join(lines) + "\n")


def latest_checkpoint(folder: Path) -> Path | None:
    """Return the prefix that the folder's `checkpoint` file names, else its newest model.ckpt-N, else None.

    The state file is obeyed, so that pointing it to an older checkpoint goes back to that one; what lacks a file
    does not count.
    """
    return next(iter(_by_preference(folder)), None)


def _by_preference(folder: Path) -> list[Path]:
    steps = sorted(
        int(match[1])
        for path in folder.glob("model.ckpt-*.index")
        if (match := _NUMBERED.fullmatch(path.name)) and is_complete(path.with_suffix(""))
    )
    found = [folder / f"model.ckpt-{step}" for step in reversed(steps)]
    state = _read_state(folder)
    if state is not None and state.model_checkpoint_path:
        # the original may have written an absolute path, of another machine even: the file beside us counts
        prefix = folder / Path(state.model_checkpoint_path).name
        if is_complete(prefix):
            return [prefix, *(path for path in found if path != prefix)]
    return found


def step_of(prefix: Path) -> int | None:
    """Return N of `model.ckpt-N`, None when the name has no number."""
    match = re.fullmatch(r".*-(\d+)", prefix.name)
    return int(match[1]) if match else None


def resolve_prefix(path: Path) -> Path:
    """Return the checkpoint prefix that a user means.

    Args:
        path: A prefix (model.ckpt-200), one of its files (.index, .data-..., .meta), or a folder with checkpoints.

    Raises:
        CheckpointError: There is no checkpoint; the message lists those that the folder has.
    """
    if path.is_dir():
        prefix = latest_checkpoint(path)
        if prefix is None and is_complete(path / "model.ckpt"):
            prefix = path / "model.ckpt"
        if prefix is not None:
            return prefix
        raise CheckpointError(
            f"{path}: there is no checkpoint in this folder. Train first (boxwright train), or name the prefix of one, "
            "for example training/model.ckpt-200."
        )
    prefix = path.with_name(re.sub(r"\.(index|meta|data-\d{5}-of-\d{5})$", "", path.name))
    if prefix.with_name(prefix.name + INDEX_SUFFIX).is_file() or prefix.is_file():
        return prefix
    there = sorted(found.name[: -len(INDEX_SUFFIX)] for found in prefix.parent.glob(f"*{INDEX_SUFFIX}"))
    raise CheckpointError(
        f"{path}: there is no such checkpoint. "
        + (f"The folder holds {', '.join(there)}." if there else f"The folder {prefix.parent.absolute()} holds none.")
        + " Name the prefix, without .index or .data."
    )


def _read_state(folder: Path) -> tf.train.CheckpointState | None:
    try:
        return tf.train.get_checkpoint_state(os.fspath(folder))
    except (tf.errors.OpError, ValueError, OSError):
        return None
