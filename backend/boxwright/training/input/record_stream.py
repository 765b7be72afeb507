"""The order in which a training run sees its records: a pure function of seed and position.

An epoch is a permutation drawn from (seed, epoch number), so a run that continues at example k reads what the
uninterrupted run would have read there. The order is drawn of the records' numbers and not of the records, so that
skipping 50,000 of them takes a fraction of a second and reads none.
"""

from __future__ import annotations

import tensorflow as tf

from boxwright.pipeline import messages
from boxwright.training.input.record_index import RecordIndex

_FOREVER = 1 << 62  # epochs


def record_order(
    index: RecordIndex, reader_config: messages.InputReader, *, seed: int, start: int = 0
) -> tf.data.Dataset:
    """Return (position, record number) without end, or for num_epochs when the config sets them.

    `shuffle: false` takes file after file in the order given; otherwise files are shuffled, num_readers of them
    are taken in turns of read_block_length, and shuffle_buffer_size examples are mixed.

    Args:
        index: At least one record.
        reader_config: The `train_input_reader` message.
        seed: Of the permutations.
        start: Examples already seen by the run that continues here.

    Returns:
        Elements (int64 scalar from `start` on, int64 scalar).
    """
    count = len(index)
    sample = max(reader_config.sample_1_of_n_examples, 1)
    epoch_size = -(-count // sample)
    ends = tf.cumsum(tf.constant(index.counts, tf.int64))
    begins = ends - tf.constant(index.counts, tf.int64)

    def numbers_of(file: tf.Tensor) -> tf.data.Dataset:
        return tf.data.Dataset.range(begins[file], ends[file])

    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        files = tf.data.Dataset.range(len(index.paths))
        if not reader_config.shuffle:
            records = files.flat_map(numbers_of)
        else:
            seeds = tf.random.stateless_uniform(
                [2, 2], tf.stack([tf.constant(seed, tf.int64), number]), minval=1, maxval=1 << 31, dtype=tf.int64
            )
            files = _shuffled(files, max(reader_config.filenames_shuffle_buffer_size, 1), seeds[0])
            records = files.interleave(
                numbers_of,
                cycle_length=max(1, min(reader_config.num_readers, len(index.paths))),
                block_length=max(reader_config.read_block_length, 1),
            )
            records = _shuffled(records, max(min(reader_config.shuffle_buffer_size, count), 1), seeds[1])
        return records.shard(sample, 0) if sample > 1 else records

    first = start // epoch_size
    epochs = tf.data.Dataset.range(
        first, max(reader_config.num_epochs, first) if reader_config.num_epochs else _FOREVER
    )
    return epochs.flat_map(epoch).skip(start - first * epoch_size).enumerate(start)


def _shuffled(numbers: tf.data.Dataset, buffer_size: int, seeds: tf.Tensor) -> tf.data.Dataset:
    """Shuffle with seeds that are a tensor, int64 [2]; Dataset.shuffle takes Python numbers only."""
    variant = tf.raw_ops.ShuffleDataset(
        input_dataset=tf.data.experimental.to_variant(numbers),
        buffer_size=tf.constant(buffer_size, tf.int64),
        seed=seeds[0],
        seed2=seeds[1],
        output_types=[tf.int64],
        output_shapes=[[]],
        reshuffle_each_iteration=False,
    )
    return tf.data.experimental.from_variant(variant, tf.TensorSpec([], tf.int64))
