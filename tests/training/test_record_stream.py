"""The order of the records: whole epochs, from a seed, from any position."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from boxwright.training.errors import TrainingError
from boxwright.training.record_stream import count_records, record_stream
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
    stream = record_stream(files, reader(**fields), count=len(NAMES), seed=seed, start=start)
    taken = list(itertools.islice(stream.as_numpy_iterator(), number))
    assert [position for position, _ in taken] == list(range(start, start + len(taken)))
    return [serialized for _, serialized in taken]


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


def test_counting_reads_lengths_and_finds_a_cut_file(files: list[Path]) -> None:
    assert count_records(files) == len(NAMES)
    files[0].write_bytes(files[0].read_bytes()[:-3])
    with pytest.raises(TrainingError, match=r"b\.record.*cut off"):
        count_records(files)
