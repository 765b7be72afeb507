"""The start of a run in its folder: one that starts over, or one that resumes, and with which dataset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from boxwright.runs.record import DatasetBefore, DatasetEntry, Losses, Results, RunRecord, read_run, write_run
from boxwright.training.run_folder.start import record_start


def start(folder: Path, step: int, labels: bytes | None, fingerprint: str) -> RunRecord:
    record_start(folder, RunRecord(step=step, dataset=DatasetEntry(fingerprint, 3), seed=0), labels)
    record = read_run(folder)
    assert record is not None
    return record


def label_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("labels.csv*")}


def test_a_run_that_resumes_keeps_the_labels_that_it_had(tmp_path: Path) -> None:
    assert start(tmp_path, 0, b"one", "f1").continued == ()
    same = start(tmp_path, 2, b"one", "f1")
    assert [(entry.step, entry.dataset_before) for entry in same.continued] == [(2, None)]
    assert label_files(tmp_path) == {"labels.csv": b"one"}

    changed = start(tmp_path, 4, b"two", "f2")
    assert changed.dataset == DatasetEntry("f2", 3)
    assert changed.continued[1].dataset_before == DatasetBefore("f1", 3, labels="labels.csv.backup-1")
    assert label_files(tmp_path) == {"labels.csv": b"two", "labels.csv.backup-1": b"one"}

    other_test_split = start(tmp_path, 5, b"three", "f2")
    assert other_test_split.continued[2].dataset_before == DatasetBefore("f2", 3, labels="labels.csv.backup-2")
    unreadable = start(tmp_path, 6, None, "f2")
    assert unreadable.continued[3].dataset_before is None
    assert label_files(tmp_path)["labels.csv"] == b"three", "the records are the same, so the labels are"
    other_and_unreadable = start(tmp_path, 7, None, "f3")
    assert other_and_unreadable.continued[4].dataset_before == DatasetBefore("f2", 3, labels="labels.csv.backup-3")
    assert "labels.csv" not in label_files(tmp_path)


def test_a_run_that_resumes_keeps_its_numbers(tmp_path: Path) -> None:
    first = start(tmp_path, 0, b"one", "f1")
    trained = replace(first, step=5, seconds=7.5, losses=Losses(2.0, 1.0), results=Results(), ended="2026-01-01")
    write_run(tmp_path, trained)
    record = start(tmp_path, 5, b"one", "f1")
    assert record == replace(trained, continued=record.continued, ended=None)


def test_a_run_of_an_older_boxwright_resumes(tmp_path: Path) -> None:
    write_run(tmp_path, RunRecord(started="2026-01-01T10:00:00+00:00", dataset=DatasetEntry("f1")))
    record = start(tmp_path, 2, b"one", "f2")
    assert record.started == "2026-01-01T10:00:00+00:00"
    assert record.continued[0].dataset_before == DatasetBefore("f1")
    assert label_files(tmp_path) == {"labels.csv": b"one"}


def test_a_run_that_starts_over_has_its_own_labels_only(tmp_path: Path) -> None:
    start(tmp_path, 0, b"one", "f1")
    write_run(tmp_path, RunRecord(results=Results()))
    record = start(tmp_path, 0, b"two", "f2")
    assert (record.continued, record.results) == ((), None)
    assert label_files(tmp_path) == {"labels.csv": b"two"}
    start(tmp_path, 0, None, "f2")
    assert label_files(tmp_path) == {}
