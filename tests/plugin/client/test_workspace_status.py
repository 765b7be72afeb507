"""A workspace as the interface sees it, whatever is missing or damaged."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from boxwright.findings import Finding, Severity
from boxwright.jobs.daemon_lock import hold_daemon_lock
from boxwright.jobs.daemon_status import DaemonStatus, DatasetCounts, write_daemon_status
from boxwright.jobs.job import State
from boxwright.jobs.store import JobStore
from boxwright.runs.evaluation_record import AP50_TAG, ClassRecord, EvaluationRecord, write_evaluation
from boxwright.runs.metrics import MetricsRow, MetricsWriter
from boxwright.runs.record import RunRecord, write_run
from boxwright.workspace import Workspace
from boxwright_labelimg.client.workspace_status import StatusReader, WorkspaceStatus
from daemon_process import daemon, findings, until

EVALUATION = EvaluationRecord(
    step=200, images=12, coco={AP50_TAG: 0.5}, classes=(ClassRecord("dog", 1, ap50=0.75), ClassRecord("cat", 2))
)
DAEMON_STATUS = DaemonStatus("watching", 1, "", 5.0, DatasetCounts({"train": 3, "test": 1}, 2, "f", 0, ("dog",)))


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")


def test_a_bare_folder(tmp_path: Path) -> None:
    bare = Workspace.at(tmp_path)
    assert StatusReader(bare).read() == WorkspaceStatus(bare)
    assert list(tmp_path.iterdir()) == []  # to read is not to write


def test_everything_is_seen(workspace: Workspace) -> None:
    store = JobStore(workspace)
    done, waits = store.submit("train"), store.submit("export-dataset")
    store.start(done.id, 1)
    write_run(workspace.training, RunRecord(device="CPU, 2 cores"))
    write_evaluation(workspace.training, EVALUATION)
    MetricsWriter(workspace.training, 0).append(MetricsRow(3, 0.5, total_loss=1.5))
    write_daemon_status(workspace, DAEMON_STATUS)
    (workspace.exports / "first").mkdir(parents=True)
    (workspace.exports / ".half").mkdir()
    (workspace.exports / "file").touch()
    status = StatusReader(workspace).read()
    assert [job.id for job in status.jobs] == [done.id, waits.id]
    assert status.losses == ((3, 1.5),)
    assert status.evaluation == EVALUATION and status.evaluation.ap50 == 0.5
    assert (status.device, status.export, status.daemon_status) == ("CPU, 2 cores", "first", DAEMON_STATUS)
    assert (status.daemon, status.trouble, status.is_busy) == (None, "", True)


def test_the_newest_export_is_the_one_made_last(workspace: Workspace) -> None:
    for number, name in enumerate(("b", "a")):
        (workspace.exports / name).mkdir(parents=True)
        os.utime(workspace.exports / name, (1000 + number, 1000 + number))
    assert StatusReader(workspace).read().export == "a"


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "null", '{"coco": 3, "classes": 4}', "[3]", '[{"file": 3}]'])
def test_a_damaged_file_hides_nothing_else(workspace: Workspace, content: str) -> None:
    write(workspace.training / "run.json", {"device": "CPU"})
    for path in (workspace.training / "evaluation.json", workspace.state / "status.json"):
        write(path, content)
    write(workspace.state / "findings.json", content)
    status = StatusReader(workspace).read()
    assert (status.findings, status.device, status.daemon_status) == ((), "CPU", None)
    assert status.evaluation is None or (status.evaluation.ap50, status.evaluation.classes) == (None, ())


def test_a_damaged_job_list_starts_over(workspace: Workspace) -> None:
    write(workspace.state / "jobs.sqlite", "no database" * 100)
    status = StatusReader(workspace).read()
    assert status.jobs == ()
    assert next(workspace.state.glob("jobs.sqlite.backup-1")).read_text().startswith("no database")


def test_a_locked_job_list_is_trouble_and_hides_nothing_else(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    JobStore(workspace).submit("train")
    write(workspace.training / "run.json", {"device": "CPU"})
    monkeypatch.setattr("boxwright_labelimg.client.workspace_status.PATIENCE", 0.1)
    import sqlite3

    database = sqlite3.connect(workspace.state / "jobs.sqlite", isolation_level=None)
    try:
        database.execute("BEGIN EXCLUSIVE")
        status = StatusReader(workspace).read()
        assert "locked" in status.trouble and status.device == "CPU"
    finally:
        database.close()


def test_files_that_have_not_changed_are_not_read_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    write(workspace.state / "findings.json", [])
    write(workspace.training / "run.json", {"device": "CPU"})
    status_reader = StatusReader(workspace)
    first = status_reader.read()
    monkeypatch.setattr(Path, "read_text", lambda *_: pytest.fail("read again"))
    assert status_reader.read() == first
    monkeypatch.undo()
    write(workspace.training / "run.json", {"device": "another"})
    assert status_reader.read().device == "another"


def test_what_cannot_be_read_for_a_moment_stays(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to open a file at the moment at which a new one takes its place."""
    path = workspace.training / "run.json"
    write(path, {"device": "CPU"})
    status_reader = StatusReader(workspace)
    status_reader.read()
    write(path, {"device": "another"})

    def refuse(self: Path, *_: object) -> str:
        raise PermissionError(13, "used by another process", str(self))

    with monkeypatch.context() as moment:
        moment.setattr(Path, "read_text", refuse)
        assert status_reader.read().device == "CPU"
    assert status_reader.read().device == "another"


def test_boxwrights_folder_may_be_deleted_while_it_is_watched(workspace: Workspace) -> None:
    JobStore(workspace).submit("train")
    status_reader = StatusReader(workspace)
    assert status_reader.read().jobs
    shutil.rmtree(workspace.state)
    status = status_reader.read()
    assert (status.jobs, status.trouble, status.daemon) == ((), "", None)
    assert not workspace.state.exists()


def test_a_folder_that_is_gone_is_said(workspace: Workspace) -> None:
    status_reader = StatusReader(workspace)
    assert not status_reader.read().is_gone
    shutil.rmtree(workspace.root)
    assert status_reader.read().is_gone


def test_the_daemon_is_asked_for_at_every_fourth_reading_and_on_request(workspace: Workspace) -> None:
    status_reader = StatusReader(workspace)
    assert status_reader.read().daemon is None
    with hold_daemon_lock(workspace):
        assert [status_reader.read().daemon for _ in range(4)] == [None, None, None, os.getpid()]
    status_reader.forget_daemon()
    assert status_reader.read().daemon is None


def test_the_job_to_show_has_the_device_or_is_to_have_it(workspace: Workspace) -> None:
    store = JobStore(workspace)
    train, export = store.submit("train"), store.submit("export-dataset")

    def shown() -> int:
        job = StatusReader(workspace).read().job
        assert job is not None
        return job.id

    assert shown() == train.id
    store.start(export.id, 1)
    assert shown() == export.id  # it runs
    store.start(train.id, 1)
    assert shown() == train.id
    store.cancel(train.id)
    assert shown() == train.id  # it is still saving
    status = StatusReader(workspace).read()
    assert status.training is not None and status.training.id == train.id
    assert status.job_of(export.id) == store.get(export.id) and status.job_of(99) is None
    assert {job.state for job in status.jobs} == {State.RUNNING}


def test_a_real_daemons_findings_are_seen(workspace: Workspace) -> None:
    (workspace.images / "bad.xml").write_text("<annotation>")
    status_reader = StatusReader(workspace)
    with daemon(workspace) as child:
        until(lambda: findings(workspace), "findings")
        status_reader.forget_daemon()
        status = status_reader.read()
        assert status.daemon == child.pid
        assert [asdict(finding)["file"] for finding in status.findings] == [row["file"] for row in findings(workspace)]
        assert all(isinstance(f, Finding) and isinstance(f.severity, Severity) for f in status.findings)
    status_reader.forget_daemon()
    assert status_reader.read().daemon is None


def test_reading_a_large_workspace_is_quick(workspace: Workspace) -> None:
    """Four times a second, beside a training: 20 ms are a tenth of what one would notice."""
    store = JobStore(workspace)
    for _ in range(40):
        store.submit("detect")
    rows = [
        Finding(file=f"images/{n}.xml", rule="rule", message="m" * 80, advice="a" * 80).to_json() for n in range(5000)
    ]
    write(workspace.state / "findings.json", {"version": 1, "findings": rows})
    status_reader = StatusReader(workspace)
    assert len(status_reader.read().findings) == 5000
    taken = []
    for _ in range(20):
        began = time.thread_time()
        status_reader.read()
        taken.append(time.thread_time() - began)
    assert sorted(taken)[10] < 0.02


def test_suggestions_that_follow_a_training_do_not_hide_it(workspace: Workspace) -> None:
    store = JobStore(workspace)
    training = store.submit("train").id
    store.start(training, os.getpid())
    store.finish(training, State.SUCCEEDED)
    suggesting = store.submit("suggest").id
    assert (job := StatusReader(workspace).read().job) is not None and job.id == training
    store.start(suggesting, os.getpid())
    assert (job := StatusReader(workspace).read().job) is not None and job.id == training
