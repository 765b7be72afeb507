"""Who wins a transition, what outlives a death, and what becomes of a damaged list."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from boxwright.errors import BoxwrightError, UsageError
from boxwright.jobs.database import JobsFile
from boxwright.jobs.job import JobRequest, State
from boxwright.jobs.result import JobResult
from boxwright.jobs.store import MAX_FRUITLESS, JobStore
from boxwright.progress import Progress
from boxwright.workspace import Workspace
from stored_options import StoredOptions


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(Workspace.at(tmp_path))


def test_a_job_from_its_submission_to_its_end(store: JobStore) -> None:
    job = store.submit("train", StoredOptions(num_steps=5))
    assert (job.id, job.state, job.attempts, job.seconds()) == (1, State.QUEUED, 0, None)
    store.wait_for(1, "the device: train, job 4 of elsewhere")
    assert store.get(1).waits_for.startswith("the device")
    assert store.start(1, 77)
    store.begin_stage(1, "train")
    store.progress(1, Progress("training", 3, 5, message="a line", metrics={"loss": 2.5}), 1.5, 1.3)
    job = store.get(1)
    assert (job.state, job.pid, job.attempts, job.waits_for) == (State.RUNNING, 77, 1, "")
    assert (job.stage, job.doing, job.done, job.total, job.rate, job.eta) == ("train", "training", 3, 5, 1.5, 1.3)
    assert (job.metrics, job.message) == ({"loss": 2.5}, "a line")
    store.finish_stage(1, "train", JobResult(training="training"))
    store.begin_stage(1, "export")
    store.finish_stage(1, "export", JobResult(export="v1"))
    assert store.finish(1, State.SUCCEEDED)
    job = store.get(1)
    assert (job.state, job.finished) == (State.SUCCEEDED, ("train", "export"))
    assert job.result == JobResult(training="training", export="v1")
    assert job.as_dict()["state"] == "succeeded"


def test_of_many_who_start_a_job_one_does(store: JobStore) -> None:
    store.submit("train")
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda pid: store.start(1, pid), range(2, 26))) == 1
    assert store.get(1).attempts == 1


def test_an_end_is_for_good(store: JobStore) -> None:
    store.submit("train")
    store.start(1, 5)
    assert store.finish(1, State.SUCCEEDED)
    assert not store.finish(1, State.FAILED, "too late")
    assert not store.start(1, 6)
    assert not store.requeue(1, "too late")
    store.progress(1, Progress("training", 9), None, None)
    assert (store.get(1).state, store.get(1).error, store.get(1).done) == (State.SUCCEEDED, "", 0)
    with pytest.raises(UsageError, match=r"has ended already \(succeeded\)"):
        store.cancel(1)


def test_cancelling(store: JobStore) -> None:
    store.submit("train")
    assert store.cancel(1).state is State.CANCELLED
    assert not store.start(1, 5)
    store.submit("train")
    store.start(2, 5)
    assert (store.cancel(2).state, store.cancel(2).request) == (State.RUNNING, JobRequest.CANCEL)
    assert not store.requeue(2, "no: it is to end")


def test_pausing(store: JobStore) -> None:
    store.submit("train")
    assert store.pause(1).state is State.PAUSED
    assert not store.start(1, 5)
    assert store.open_jobs() == []
    assert store.resume(1).state is State.QUEUED
    assert store.start(1, 5)
    assert (store.pause(1).state, store.pause(1).request) == (State.RUNNING, JobRequest.PAUSE)
    assert store.requeue(1, "saved")
    assert (store.get(1).state, store.get(1).request) == (State.PAUSED, JobRequest.NONE)
    assert store.resume(1).state is State.QUEUED
    assert store.start(1, 6)
    store.pause(1)
    assert store.resume(1).request is JobRequest.REQUEUE  # it is saving already
    store.pause(1)
    assert store.cancel(1).request is JobRequest.CANCEL
    assert store.pause(1).request is JobRequest.CANCEL
    store.finish(1, State.CANCELLED)
    for late in (store.pause, store.resume):
        with pytest.raises(UsageError, match=r"has ended already \(cancelled\)"):
            late(1)
    store.submit("train")
    store.pause(2)
    assert store.cancel(2).state is State.CANCELLED


@pytest.mark.parametrize(
    ("kind", "request_", "becomes"),
    [
        ("train", "", State.QUEUED),
        ("export", "", State.FAILED),
        ("train", "cancel", State.CANCELLED),
        ("export", "requeue", State.QUEUED),
        ("export", "pause", State.PAUSED),
    ],
)
def test_what_becomes_of_a_job_whose_process_died(store: JobStore, kind: str, request_: str, becomes: State) -> None:
    store.submit(kind)
    store.start(1, 4711)
    if request_ == "cancel":
        store.cancel(1)
    elif request_ == "pause":
        store.pause(1)
    elif request_ == "requeue":
        store.request_requeue(1)
    job = store.died(1, "the last line of the log")
    assert (job.state, job.request if becomes is State.QUEUED else JobRequest.NONE) == (becomes, JobRequest.NONE)
    if becomes is State.FAILED:
        assert "pid 4711" in job.error
        assert "the last line of the log" in job.error


def test_a_job_that_never_comes_further_is_given_up(store: JobStore) -> None:
    store.submit("train")
    for attempt in range(MAX_FRUITLESS):
        assert store.start(1, attempt + 1)
        store.begin_stage(1, "train")
        store.progress(1, Progress("training", 7, 100), None, None)
        state = store.died(1, "").state
    # the first of the three came to step 7, the others no further
    assert state is State.FAILED
    store.submit("train")
    for step in range(10):
        assert store.start(2, step + 1)
        store.begin_stage(2, "train")
        if step:
            store.progress(2, Progress("training", step + 1, 100), None, None)
        else:  # it dies here once: more images than there will be steps
            store.progress(2, Progress("reading images", 5000, 5000), None, None)
        assert store.died(2, "").state is State.QUEUED


def test_the_clock_set_back_gives_no_negative_time(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.submit("train")
    store.start(1, 5)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert store.get(1).seconds() == 0.0
    store.finish(1, State.SUCCEEDED)
    assert store.get(1).seconds() == 0.0


@pytest.mark.parametrize("damage", [b"no database", b"SQLite format 3\x00" + b"\xff" * 5000, b""])
def test_a_damaged_list_is_kept_aside(store: JobStore, damage: bytes) -> None:
    store.submit("train")
    store.path.write_bytes(damage)
    assert store.newest() == []
    assert store.submit("export").kind == "export"
    assert [job.kind for job in store.newest()] == ["export"]
    kept = list(store.path.parent.glob("jobs.sqlite.backup-*"))
    assert [path.read_bytes() for path in kept] == ([damage] if damage else [])


def test_of_two_who_find_a_damaged_list_one_puts_it_aside(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.submit("train")
    store.path.write_bytes(b"no database")
    move = JobsFile._move_to_backup

    def late(file: JobsFile, error: sqlite3.DatabaseError) -> None:
        monkeypatch.setattr(JobsFile, "_move_to_backup", move)
        JobStore(store.workspace).submit("export")  # the other one was quicker, and has a new list
        move(file, error)

    monkeypatch.setattr(JobsFile, "_move_to_backup", late)
    assert [job.kind for job in store.newest()] == ["export"]
    assert len(list(store.path.parent.glob("jobs.sqlite.backup-*"))) == 1


def test_a_list_of_an_earlier_boxwright_keeps_its_jobs(store: JobStore) -> None:
    store.path.parent.mkdir()
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute(
            "CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, params TEXT NOT NULL, "
            "state TEXT NOT NULL, message TEXT NOT NULL DEFAULT '', created REAL NOT NULL)"
        )
        row = ("train", "{}", "queued", 1.0)
        database.execute("INSERT INTO jobs (kind, params, state, created) VALUES (?, ?, ?, ?)", row)
    assert store.submit("export").id == 2
    assert [(job.id, job.kind, job.state) for job in store.open_jobs()] == [
        (1, "train", State.QUEUED),
        (2, "export", State.QUEUED),
    ]
    assert store.start(1, 5)
    assert not list(store.path.parent.glob("jobs.sqlite.backup-*"))


EARLIER = """
CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, params TEXT NOT NULL, state TEXT NOT NULL,
created REAL NOT NULL, ask TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '{}');
INSERT INTO jobs (kind, params, state, created, ask, result) VALUES
('train', '{"num-steps": "500", "deterministic": "true"}', 'running', 1, 'hold', '{}'),
('train', '{}', 'running', 1, 'pause', '{}'),
('export', '{}', 'running', 1, 'cancel', '{}'),
('train', '{}', 'succeeded', 1, '', '{"images": {"train": 8, "test": 2}, "objects": {"dog": {"train": 9, "test": 2}},
  "unlabelled": 1, "findings": 3, "fingerprint": "ab12", "records": ["annotations/train.record"],
  "training": "training",
  "evaluation": {"checkpoint": "model.ckpt-9", "step": 9, "images": 2, "pascal_voc_map": null,
  "coco": {"DetectionBoxes_Precision/mAP@.50IOU": 0.5}}, "export": "trained-inference-graphs/v1"}'),
('train', '{}', 'succeeded', 1, '', '{"evaluation": "the test split has no image"}'),
('detect', '{}', 'succeeded', 1, '', '{"detections": "detections", "exit_code": 1}');
"""
"""What the version of October 2026 wrote."""


def test_requests_options_and_results_of_an_earlier_boxwright_are_read(store: JobStore) -> None:
    store.path.parent.mkdir()
    with closing(sqlite3.connect(store.path)) as database:
        database.executescript(EARLIER)
    jobs = store.newest()
    assert [job.request for job in jobs[:4]] == [
        JobRequest.PAUSE, JobRequest.REQUEUE, JobRequest.CANCEL, JobRequest.NONE,
    ]  # fmt: skip
    assert jobs[0].params == {"num-steps": "500", "deterministic": "true"}
    result = jobs[3].result
    assert result.dataset is not None and result.evaluation is not None
    assert (result.dataset.images, result.dataset.findings) == ({"train": 8, "test": 2}, 3)
    assert (result.evaluation.precision(at=".50"), result.evaluation.precision()) == (0.5, None)
    assert (result.training, result.export) == ("training", "trained-inference-graphs/v1")
    assert jobs[4].result.no_evaluation == "the test split has no image"
    assert "exit code 1" in jobs[5].result.note
    assert store.died(1, "").state is State.PAUSED
    assert store.died(2, "").state is State.QUEUED


def test_a_list_of_a_later_boxwright_hides_no_job_that_can_be_read(store: JobStore) -> None:
    for _ in range(3):
        store.submit("train")
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute("ALTER TABLE jobs ADD COLUMN colour TEXT")
        database.execute("UPDATE jobs SET state = 'dreaming' WHERE id = 1")
        database.execute("UPDATE jobs SET params = '[7' WHERE id = 2")
    assert [job.id for job in store.open_jobs()] == [2, 3]
    assert [job.state for job in store.newest()] == [State.FAILED, State.FAILED, State.QUEUED]
    assert "dreaming" in store.get(1).error
    assert store.start(3, 5)
    assert not list(store.path.parent.glob("jobs.sqlite.backup-*"))


def test_names_that_are_no_unicode_damage_nothing(store: JobStore) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    store.submit("train", StoredOptions(train_dir=name))
    store.wait_for(1, name)
    store.start(1, 5)
    store.begin_stage(1, "train")
    store.progress(1, Progress(name, 1, message=name, metrics={"loss": math.nan}), None, None)
    store.finish_stage(1, "train", JobResult(training=name))
    assert store.finish(1, State.FAILED, f"{name}: it is not there")
    job = store.get(1)
    assert (job.state, job.error, job.metrics) == (State.FAILED, "caf\\udce9.jpg: it is not there", {})
    assert job.params == {"train-dir": name}
    json.loads(json.dumps(job.as_dict()), parse_constant=pytest.fail)


def test_numbers_that_no_job_can_have(store: JobStore) -> None:
    store.submit("train")
    for number in (0, -1, 10**30):
        for act in (store.get, store.cancel, store.pause, store.resume):
            with pytest.raises(UsageError, match=f"no job {number}"):
                act(number)


def test_a_workspace_that_was_removed_is_not_made_again(tmp_path: Path) -> None:
    store = JobStore(Workspace.at(tmp_path / "usb"))
    with pytest.raises(BoxwrightError, match="No such file"):
        store.submit("train")
    assert store.newest() == []
    assert not (tmp_path / "usb").exists()


def test_a_list_that_somebody_keeps_locked_is_a_clear_failure(store: JobStore) -> None:
    store.submit("train")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BoxwrightError, match="cannot be used now"):
            JobStore(store.workspace, patience=0.1).start(1, 5)
        other.execute("ROLLBACK")
    assert store.get(1).state is State.QUEUED


KILLED_TRANSITION = """
import sys
from boxwright.jobs.job import State
from boxwright.jobs.result import JobResult
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
store = JobStore(Workspace.at(sys.argv[1]))
{
    "submit": lambda: store.submit("export"),
    "start": lambda: store.start(1, 7),
    "cancel": lambda: store.cancel(1),
    "pause": lambda: store.pause(1),
    "stage": lambda: store.begin_stage(2, "train"),
    "stage-end": lambda: store.finish_stage(2, "train", JobResult(training="here")),
    "finish": lambda: store.finish(2, State.SUCCEEDED),
    "requeue": lambda: store.requeue(2, "saved"),
    "request-requeue": lambda: store.request_requeue(2),
    "fruitless": lambda: store.died(2, ""),
    "resume": lambda: store.resume(3),
}[sys.argv[2]]()
"""
"""Jobs 1, queued, 2, running, and 3, paused, are there."""


@pytest.mark.parametrize(
    "name",
    [
        "submit",
        "start",
        "cancel",
        "pause",
        "stage",
        "stage-end",
        "finish",
        "requeue",
        "request-requeue",
        "fruitless",
        "resume",
    ],
)
def test_a_transition_that_is_killed_happened_or_did_not(store: JobStore, name: str) -> None:
    for _ in range(3):
        store.submit("train")
    store.start(2, 6)
    store.pause(3)
    command = [sys.executable, "-c", KILLED_TRANSITION, str(store.workspace.root), name]
    before = [job.as_dict() for job in store.newest()]
    for instant in ("before", "unsaved"):
        environment = {**os.environ, "BOXWRIGHT_FAILPOINT": f"job-{name}-{instant}"}
        assert subprocess.run(command, env=environment, check=False, timeout=60).returncode == 137, instant
        assert [_timeless(job.as_dict()) for job in store.newest()] == [_timeless(job) for job in before], instant
    environment = {**os.environ, "BOXWRIGHT_FAILPOINT": f"job-{name}-saved"}
    assert subprocess.run(command, env=environment, check=False, timeout=60).returncode == 137
    said = [_timeless(job.as_dict()) for job in store.newest()]
    if name != "fruitless":  # of which a job shows nothing, until it was thrice
        assert said != [_timeless(job) for job in before]


def _timeless(job: dict[str, Any]) -> dict[str, Any]:
    return {**job, "seconds": None}


def test_unknown_kinds_and_numbers_are_usage_errors(store: JobStore) -> None:
    with pytest.raises(UsageError, match="export-dataset, train"):
        store.submit("dance")
    with pytest.raises(UsageError, match=r"no job 7.*boxwright jobs"):
        store.get(7)
    assert store.newest() == store.open_jobs() == []
    assert not store.path.exists(), "reading makes no file"


def test_what_was_submitted_outlives_kill_9(store: JobStore) -> None:
    command = [sys.executable, "-m", "boxwright", "submit", str(store.workspace.root), "export-dataset"]
    store.workspace.images.mkdir()
    environment = {**os.environ, "BOXWRIGHT_FAILPOINT": "job-submit-saved"}
    assert subprocess.run(command, env=environment, check=False, timeout=60).returncode == 137
    assert [(job.id, job.kind, job.state) for job in store.newest()] == [(1, "export-dataset", State.QUEUED)]
