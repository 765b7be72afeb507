"""Framing of TFRecord files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.dataset.store.tfrecord import frame, is_whole_frame, read_records, record_offsets
from boxwright.errors import BoxwrightError


def test_empty_record_has_the_published_bytes() -> None:
    # an empty record by tf.io.TFRecordWriter of TensorFlow 2.21
    assert b"".join(frame(b"")).hex() == "000000000000000029039807d8ea82a2"


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=4))
def test_parts_are_framed_as_their_join(parts: list[bytes]) -> None:
    assert b"".join(frame(*parts)) == b"".join(frame(b"".join(parts)))


def test_records_come_back(tmp_path: Path) -> None:
    records = [b"a", b"", b"c" * 100_000]
    path = tmp_path / "x.record"
    path.write_bytes(b"".join(part for record in records for part in frame(record)))
    assert list(read_records(path)) == records
    assert record_offsets(path) == [0, 17, 33, 33 + 16 + 100_000]


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_offsets_of_a_file_that_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.record"
    path.write_bytes(b"".join([*frame(b"first"), *frame(b"second")])[:-cut])
    with pytest.raises(BoxwrightError, match=r"x.record: the record at byte 21 is damaged or cut off"):
        record_offsets(path)


@pytest.mark.parametrize("damage", ["cut", "length", "data"])
def test_damage_is_said_with_its_place(tmp_path: Path, damage: str) -> None:
    whole = b"".join([*frame(b"first"), *frame(b"second")])
    start = len(b"".join(frame(b"first")))
    data = bytearray(whole)
    if damage == "cut":
        data = data[:-3]
    else:
        data[start + (0 if damage == "length" else 12)] ^= 1
    path = tmp_path / "x.record"
    path.write_bytes(data)
    records = read_records(path)
    assert next(records) == b"first"
    with pytest.raises(BoxwrightError, match=f"x.record: the record at byte {start} is damaged"):
        next(records)


@given(st.binary(max_size=60), st.integers(0, 75), st.integers(1, 255))
def test_one_wrong_byte_is_noticed(data: bytes, place: int, change: int) -> None:
    framed = bytearray(b"".join(frame(data)))
    assert is_whole_frame(bytes(framed))
    framed[place % len(framed)] ^= change
    assert not is_whole_frame(bytes(framed))
    assert not is_whole_frame(bytes(framed[:-1]))
