"""Where each record of a set of files is, so that any of them is read without those before it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.dataset.store.tfrecord import record_offsets

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
        BoxwrightError: A file is cut off, or is no TFRecord file.
    """
    offsets = [record_offsets(path) for path in paths]
    starts = [np.asarray(each[:-1], np.int64) for each in offsets]
    sizes = [np.diff(np.asarray(each, np.int64)) for each in offsets]
    empty = np.zeros(0, np.int64)
    return RecordIndex(
        tuple(paths),
        tuple(len(each) - 1 for each in offsets),
        np.concatenate([empty, *starts]),
        np.concatenate([empty, *sizes]),
    )
