"""How a run begins in its folder: anew, or with a note that it goes on, and with which dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boxwright.runs.record import read_run, update_run
from boxwright.training.setup import _record_start


def start(folder: Path, step: int, labels: bytes | None, fingerprint: str) -> dict[str, Any]:
    _record_start(folder, step=step, labels=labels, dataset={"fingerprint": fingerprint, "images": 3}, seed=0)
    return read_run(folder)


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("labels.csv*")}


def test_a_run_that_goes_on_keeps_the_labels_that_it_had(tmp_path: Path) -> None:
    assert start(tmp_path, 0, b"one", "f1")["continued"] == []
    same = start(tmp_path, 2, b"one", "f1")
    assert [set(entry) for entry in same["continued"]] == [{"step", "at"}]
    assert kept(tmp_path) == {"labels.csv": b"one"}

    changed = start(tmp_path, 4, b"two", "f2")
    assert changed["dataset"]["fingerprint"] == "f2"
    assert changed["continued"][1]["dataset_before"] == {
        "fingerprint": "f1",
        "images": 3,
        "labels": "labels.csv.before-1",
    }
    assert kept(tmp_path) == {"labels.csv": b"two", "labels.csv.before-1": b"one"}

    other_test_side = start(tmp_path, 5, b"three", "f2")
    assert other_test_side["continued"][2]["dataset_before"]["labels"] == "labels.csv.before-2"
    unreadable = start(tmp_path, 6, None, "f2")
    assert set(unreadable["continued"][3]) == {"step", "at"}
    assert kept(tmp_path)["labels.csv"] == b"three", "the records are the same, so the labels are"
    other_and_unreadable = start(tmp_path, 7, None, "f3")
    assert other_and_unreadable["continued"][4]["dataset_before"]["labels"] == "labels.csv.before-3"
    assert "labels.csv" not in kept(tmp_path)


def test_a_run_of_an_older_boxwright_goes_on(tmp_path: Path) -> None:
    update_run(tmp_path, started="2026-01-01T10:00:00+00:00", dataset={"fingerprint": "f1"})
    record = start(tmp_path, 2, b"one", "f2")
    assert record["started"] == "2026-01-01T10:00:00+00:00"
    assert record["continued"][0]["dataset_before"] == {"fingerprint": "f1", "labels": None}
    assert kept(tmp_path) == {"labels.csv": b"one"}


def test_a_new_run_has_its_own_labels_only(tmp_path: Path) -> None:
    start(tmp_path, 0, b"one", "f1")
    update_run(tmp_path, results={"AP@.50": 0.5})
    record = start(tmp_path, 0, b"two", "f2")
    assert (record["continued"], "results" in record) == ([], False)
    assert kept(tmp_path) == {"labels.csv": b"two"}
    start(tmp_path, 0, None, "f2")
    assert kept(tmp_path) == {}
