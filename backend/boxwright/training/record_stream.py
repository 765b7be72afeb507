"""The order in which a training run sees its records: a pure function of seed and position.

An epoch is a permutation drawn from (seed, epoch number), so a run that continues at example k reads what the
uninterrupted run would have read there, without reading the epochs before.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from boxwright.training.errors import TrainingError

_LENGTH = struct.Struct("<Q")
_FRAME_BYTES = 16  # length, its checksum, the data's checksum
_FOREVER = 1 << 62  # epochs


def count_records(paths: Sequence[Path]) -> int:
    """Return how many records the files hold, reading their lengths only.

    Raises:
        TrainingError: A file is cut off, or is no TFRecord file.
    """
    return sum(_count(path) for path in paths)


def record_stream(paths: Sequence[Path], config: Any, *, count: int, seed: int, start: int = 0) -> tf.data.Dataset:
    """Return (position, serialized example) without end, or for num_epochs when the config sets them.

    `shuffle: false` reads file after file in the order given; otherwise files are shuffled, num_readers of them
    are read in turns of read_block_length, and shuffle_buffer_size examples are mixed.

    Args:
        paths: TFRecord files.
        config: object_detection.protos.InputReader.
        count: Records in all files together, at least 1.
        seed: Of the permutations.
        start: Examples already seen by the run that continues here.

    Returns:
        Elements (int64 scalar from `start` on, string scalar).
    """
    names = [os.fspath(path) for path in paths]
    sample = max(config.sample_1_of_n_examples, 1)
    epoch_size = -(-count // sample)

    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        files = tf.data.Dataset.from_tensor_slices(names)
        if not config.shuffle:
            records = tf.data.TFRecordDataset(files)
        else:
            seeds = tf.random.stateless_uniform(
                [2, 2], tf.stack([tf.constant(seed, tf.int64), number]), minval=1, maxval=1 << 31, dtype=tf.int64
            )
            files = _shuffled(files, max(config.filenames_shuffle_buffer_size, 1), seeds[0])
            records = files.interleave(
                tf.data.TFRecordDataset,
                cycle_length=max(1, min(config.num_readers, len(names))),
                block_length=max(config.read_block_length, 1),
            )
            records = _shuffled(records, max(min(config.shuffle_buffer_size, count), 1), seeds[1])
        return records.shard(sample, 0) if sample > 1 else records

    first = start // epoch_size
    numbers = tf.data.Dataset.range(first, max(config.num_epochs, first) if config.num_epochs else _FOREVER)
    stream = numbers.flat_map(epoch).skip(start - first * epoch_size)
    return stream.enumerate(start)


def _shuffled(strings: tf.data.Dataset, buffer_size: int, seeds: tf.Tensor) -> tf.data.Dataset:
    """Shuffle with seeds that are a tensor, int64 [2]; Dataset.shuffle takes Python numbers only."""
    variant = tf.raw_ops.ShuffleDataset(
        input_dataset=tf.data.experimental.to_variant(strings),
        buffer_size=tf.constant(buffer_size, tf.int64),
        seed=seeds[0],
        seed2=seeds[1],
        output_types=[tf.string],
        output_shapes=[[]],
        reshuffle_each_iteration=False,
    )
    return tf.data.experimental.from_variant(variant, tf.TensorSpec([], tf.string))


def _count(path: Path) -> int:
    count, offset = 0, 0
    size = path.stat().st_size
    with path.open("rb") as stream:
        while offset < size:
            stream.seek(offset)
            length = stream.read(_LENGTH.size)
            end = offset + _FRAME_BYTES + (_LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else size)
            if end > size:
                raise TrainingError(
                    f"{path.name}: the record at byte {offset:,} is cut off, or this is no TFRecord file. "
                    "Write the file again: boxwright dataset does, for records that it made."
                )
            count, offset = count + 1, end
    return count
