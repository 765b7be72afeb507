"""Where each record of a set of files lies, so that any of them is read without those before it."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.training.errors import TrainingError

_LENGTH = struct.Struct("<Q")
_FRAME_BYTES = 16  # length, its checksum, the data's checksum
_READ_AT_A_TIME = 8


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

    def read(self, order: tf.data.Dataset) -> tf.data.Dataset:
        """Return the elements of `order`, which end with a record's number, with the record's bytes behind them.

        Several are read at a time, and come in their order. Checksums are compared: a damaged record raises
        tf.errors.DataLossError, one that is gone by now tf.errors.FailedPreconditionError. That each is a dataset of
        one element, and no value of a map, lets the input go on beside the step also where TensorFlow is to be
        deterministic: it knows that this is.

        Args:
            order: Elements of int64 scalars.
        """
        names = tf.constant([os.fspath(path) for path in self.paths])
        files = tf.constant(np.repeat(np.arange(len(self.paths)), self.counts), tf.int64)
        offsets, sizes = tf.constant(self.offsets), tf.constant(self.sizes)

        def record(*element: tf.Tensor) -> tf.data.Dataset:
            number = element[-1]
            from_here_on = tf.raw_ops.TFRecordDatasetV2(
                filenames=names[files[number]][tf.newaxis],
                compression_type="",
                buffer_size=sizes[number],
                byte_offsets=offsets[number][tf.newaxis],
            )
            one = tf.data.experimental.from_variant(from_here_on, tf.TensorSpec([], tf.string)).take(1)
            one = one.apply(tf.data.experimental.assert_cardinality(1))  # the file may have been cut since
            return one.map(lambda serialized: (*element, serialized))

        return order.interleave(
            record, cycle_length=_READ_AT_A_TIME, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
        )


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
