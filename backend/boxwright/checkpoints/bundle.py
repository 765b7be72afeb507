"""TF1 V2 checkpoints: two files that hold tensors by name."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from boxwright.checkpoints.errors import CheckpointError
from boxwright.failpoints import reach
from boxwright.files import sync_folder

DATA_SUFFIX = ".data-00000-of-00001"
INDEX_SUFFIX = ".index"
TEMPORARY = ".saving-"
"""How the folder of a save in progress begins; what a killed save leaves behind is found by it."""


def save_bundle(prefix: Path, tensors: Mapping[str, tf.Tensor | tf.Variable | np.ndarray]) -> Path:
    """Write `<prefix>.index` and `<prefix>.data-00000-of-00001`, readable by TensorFlow 1 and 2.

    The files are written beside their place, synced, and renamed, data first: a reader that finds an index finds
    its data. An index that stood there goes first, so a kill between the renames leaves no mixed pair.

    Args:
        prefix: Path without suffix, for example training/model.ckpt-200.
        tensors: By name; the names of the original API.

    Returns:
        The prefix.

    Raises:
        CheckpointError: The folder cannot be written or the disk is full; what was there stays.
    """
    temporary = prefix.parent / f"{TEMPORARY}{prefix.name}.{secrets.token_hex(4)}"
    names = sorted(tensors)
    try:
        temporary.mkdir(parents=True)
        tf.raw_ops.SaveV2(
            prefix=os.fspath(temporary / prefix.name),
            tensor_names=names,
            shape_and_slices=[""] * len(names),
            tensors=[tf.convert_to_tensor(tensors[name]) for name in names],
        )
        index, data = prefix.with_name(prefix.name + INDEX_SUFFIX), prefix.with_name(prefix.name + DATA_SUFFIX)
        for path in (index, data):
            _sync(temporary / path.name)
        reach("checkpoint-written-aside")
        index.unlink(missing_ok=True)
        (temporary / data.name).replace(data)
        reach("checkpoint-data-in-place")
        (temporary / index.name).replace(index)
        sync_folder(prefix.parent)
        reach("checkpoint-in-place")
    except (OSError, tf.errors.OpError) as error:
        raise CheckpointError(
            f"{prefix}: the checkpoint could not be written ({_reason(error)}). "
            "Free disk space or check the folder's permissions, then continue with the same command."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return prefix


class Bundle(Mapping[str, np.ndarray]):
    """The tensors of a checkpoint by name, each read when asked for.

    Attributes:
        prefix: Where it was read from.
        shapes: By name.
    """

    def __init__(self, prefix: Path, reader: Any) -> None:
        self.prefix = prefix
        self._reader = reader
        self.shapes: dict[str, tuple[int, ...]] = {
            name: tuple(shape) for name, shape in sorted(reader.get_variable_to_shape_map().items())
        }

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.shapes:
            raise KeyError(name)
        try:
            return np.asarray(self._reader.get_tensor(name))
        except (tf.errors.OpError, RuntimeError, ValueError, LookupError) as error:
            raise _unreadable(self.prefix, error, name) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)

    def __contains__(self, name: object) -> bool:
        return name in self.shapes


def read_bundle(prefix: Path) -> Bundle:
    """Open the checkpoint at `prefix`, of format V2 or V1.

    Raises:
        CheckpointError: There is none, or it cannot be read.
    """
    try:
        return Bundle(prefix, tf.train.load_checkpoint(os.fspath(prefix)))
    except (tf.errors.OpError, ValueError, RuntimeError, OSError) as error:
        raise _unreadable(prefix, error) from error


def is_complete(prefix: Path) -> bool:
    """Return whether the index and the first data file of a checkpoint stand at `prefix`."""
    has_index = prefix.with_name(prefix.name + INDEX_SUFFIX).is_file()
    return has_index and any(prefix.parent.glob(f"{glob.escape(prefix.name)}.data-00000-of-*"))


def _unreadable(prefix: Path, error: Exception, name: str = "") -> CheckpointError:
    return CheckpointError(
        f"{prefix}{': ' + name if name else ''}: the checkpoint cannot be read ({_reason(error)}). "
        f"It needs {prefix.name}.index and {prefix.name}.data-00000-of-00001 side by side and whole; "
        "download or copy them again."
    )


def _reason(error: Exception) -> str:
    return (getattr(error, "message", "") or str(error)).splitlines()[0] if str(error) else type(error).__name__


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
