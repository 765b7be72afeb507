"""The order of the records: whole epochs, from a seed, from any position."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from boxwright.errors import BoxwrightError
from boxwright.training.input.record_index import RecordIndex, index_records
from boxwright.training.input.record_stream import record_order
from training_records import write_records

NAMES = [b"%02d" % number for number in range(10)]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [
        write_records(tmp_path / "b.record", NAMES[:3]),
        write_records(tmp_path / "a.record", NAMES[3:4]),
        write_records(tmp_path / "empty.record", []),
        write_records(tmp_path / "c.record", NAMES[4:]),
    ]


def reader(**fields: object) -> SimpleNamespace:
    defaults = {
        "shuffle": True,
        "filenames_shuffle_buffer_size": 100,
        "shuffle_buffer_size": 2048,
        "num_readers": 64,
        "read_block_length": 32,
        "num_epochs": 0,
        "sample_1_of_n_examples": 1,
    }
    return SimpleNamespace(**{**defaults, **fields})


def take(files: list[Path], number: int, *, seed: int = 1, start: int = 0, **fields: object) -> list[bytes]:
    index = index_records(files)
    stream = index.read(record_order(index, reader(**fields), seed=seed, start=start))
    taken = list(itertools.islice(stream.as_numpy_iterator(), number))
    assert [position for position, _, _ in taken] == list(range(start, start + len(taken)))
    return [serialized for _, _, serialized in taken]


def test_unshuffled_records_come_in_file_order_again_and_again(files: list[Path]) -> None:
    assert take(files, 25, shuffle=False) == [*NAMES, *NAMES, *NAMES[:5]]


def test_each_epoch_is_another_permutation_of_all(files: list[Path]) -> None:
    seen = take(files, 40)
    epochs = [tuple(seen[start : start + 10]) for start in range(0, 40, 10)]
    assert all(sorted(epoch) == NAMES for epoch in epochs)
    assert len(set(epochs)) == 4


def test_the_order_follows_from_the_seed(files: list[Path]) -> None:
    assert take(files, 30) == take(files, 30)
    assert take(files, 30) != take(files, 30, seed=2)


@pytest.mark.parametrize("start", [0, 1, 9, 10, 11, 37])
@pytest.mark.parametrize("shuffle", [True, False])
def test_a_run_that_continues_sees_what_it_would_have_seen(files: list[Path], start: int, shuffle: bool) -> None:
    whole = take(files, 60, shuffle=shuffle, read_block_length=1, num_readers=2)
    assert take(files, 20, start=start, shuffle=shuffle, read_block_length=1, num_readers=2) == whole[start:][:20]


def test_a_buffer_of_one_does_not_mix_within_a_file(tmp_path: Path) -> None:
    one = [write_records(tmp_path / "one.record", NAMES)]
    assert take(one, 10, shuffle_buffer_size=1) == NAMES


def test_num_epochs_ends_the_stream(files: list[Path]) -> None:
    assert len(take(files, 100, num_epochs=2)) == 20
    assert len(take(files, 100, num_epochs=2, start=15)) == 5
    assert take(files, 100, num_epochs=2, start=25) == []


def test_sample_1_of_n_takes_every_nth(files: list[Path]) -> None:
    assert take(files, 8, shuffle=False, sample_1_of_n_examples=3) == [NAMES[i] for i in (0, 3, 6, 9, 0, 3, 6, 9)]


def test_the_index_reads_lengths_and_finds_a_cut_file(files: list[Path]) -> None:
    index = index_records(files)
    assert len(index) == len(NAMES)
    assert index.counts == (3, 1, 0, 6)
    files[0].write_bytes(files[0].read_bytes()[:-3])
    with pytest.raises(BoxwrightError, match=r"b\.record.*cut off"):
        index_records(files)


def test_a_damaged_record_is_not_believed(files: list[Path]) -> None:
    data = bytearray(files[3].read_bytes())
    data[-5] ^= 1
    files[3].write_bytes(data)
    index = index_records(files)
    assert next(index.read(tf.data.Dataset.from_tensors(tf.constant(8, tf.int64))).as_numpy_iterator())[1] == NAMES[8]
    with pytest.raises(tf.errors.DataLossError):
        next(iter(index.read(tf.data.Dataset.from_tensors(tf.constant(9, tf.int64)))))


def test_a_record_that_is_gone_by_now_is_missed(files: list[Path]) -> None:
    index = index_records(files)
    files[3].write_bytes(b"")
    with pytest.raises(tf.errors.FailedPreconditionError):
        list(index.read(tf.data.Dataset.range(len(NAMES))))


def test_continuing_far_into_an_epoch_reads_no_record_before(tmp_path: Path) -> None:
    """50,000 records are skipped without being read: the files need not even be there, and it takes no time.

    The processor's time is measured, which another program does not lengthen.
    """
    count = 50_000
    size = np.full(count, 67_000, np.int64)
    index = RecordIndex((tmp_path / "gone.record",), (count,), np.cumsum(size) - size, size)
    began = time.process_time()
    order = record_order(index, reader(), seed=1, start=3 * count + count - 4)
    taken = list(itertools.islice(order.as_numpy_iterator(), 8))
    assert [int(position) for position, _ in taken] == list(range(4 * count - 4, 4 * count + 4))
    assert time.process_time() - began < 5.0  # in seconds; 0.1 usually
