"""Jobs of strangers are listed and wait for a person; those of this user run."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from boxwright.jobs.job import State
from boxwright.jobs.locks import hold_job
from boxwright.jobs.store import JobStore
from boxwright.jobs.submitter import is_own, sign
from boxwright.jobs.supervisor import Supervisor
from boxwright.workspace import Workspace
from command_line import run_here

NOTHING = (sys.executable, "-c", "")


def change(store: JobStore, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute(statement, values)


def be_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "somebody"))


def test_a_mark_is_of_one_job_of_one_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = sign("train", "{}", 0.1)
    assert is_own(mark, "train", "{}", 0.1)
    assert not is_own(mark, "detect", "{}", 0.1)
    assert not is_own(mark, "train", '{"output": "/"}', 0.1)
    assert not is_own(mark, "train", "{}", 0.2)
    assert not is_own("", "train", "{}", 0.1)
    assert not is_own("é", "train", "{}", 0.1)
    be_somebody_else(tmp_path, monkeypatch)
    assert not is_own(mark, "train", "{}", 0.1)
    assert not is_own(sign("train", "{}", 0.1)[:-1], "train", "{}", 0.1)


def test_the_key_is_the_users_alone_and_a_damaged_one_is_made_anew(tmp_path: Path) -> None:
    mark = sign("train", "{}", 0.1)
    key = tmp_path / "cache" / "submitter.key"
    assert key.stat().st_mode & 0o077 == 0
    assert [path.name for path in key.parent.iterdir()] == [key.name]
    key.write_text("nonsense")
    assert not is_own(mark, "train", "{}", 0.1)
    assert is_own(sign("train", "{}", 0.1), "train", "{}", 0.1)


def test_a_job_from_elsewhere_waits_until_a_person_starts_it(
    store: JobStore, supervise: Callable[..., Supervisor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        be_somebody_else(tmp_path, elsewhere)
        store.submit("export-dataset")
    store.submit("export-dataset")
    supervisor = supervise(NOTHING)
    supervisor.tick()
    assert list(supervisor._children) == [2]  # the stranger's takes nobody's turn
    assert store.get(1).is_from_elsewhere and not store.get(2).is_from_elsewhere
    assert "boxwright resume" in store.get(1).waits_for
    assert "from elsewhere" in run_here("jobs", store.workspace.root).stdout
    assert "read the parameters before you start it" in run_here("jobs", store.workspace.root, 1).stdout
    assert run_here("resume", store.workspace.root, 1).returncode == 0
    job = store.get(1)
    assert (job.is_from_elsewhere, job.waits_for, job.state) == (False, "", State.QUEUED)


def test_a_training_from_elsewhere_whose_process_is_gone_does_not_run_either(
    store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    store.submit("train")
    change(store, "UPDATE jobs SET state = 'running', pid = 4, submitter = ''")
    supervisor = supervise(NOTHING)
    for _ in range(3):
        supervisor.tick()
    assert (store.get(1).state, supervisor._children) == (State.QUEUED, {})


@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE jobs SET params = \'{"output": "/somewhere"}\'',
        "UPDATE jobs SET kind = 'export'",
        "UPDATE jobs SET submitter = 'x'",
        "UPDATE jobs SET created = created + 1",
    ],
)
def test_a_row_that_was_changed_is_from_elsewhere(
    store: JobStore, supervise: Callable[..., Supervisor], statement: str
) -> None:
    store.submit("train")
    change(store, statement)
    supervisor = supervise(NOTHING)
    supervisor.tick()
    assert store.get(1).is_from_elsewhere
    assert supervisor._children == {}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("pid", "x"), ("created", "never"), ("done", "x"), ("total", b"1"), ("finished", "1"),
        ("kind", b"train"), ("result", "[1]"), ("metrics", "["), ("eta", "soon"), ("params", "[" * 100_000),
    ],
)  # fmt: skip
def test_a_value_that_no_boxwright_writes_fails_its_job_alone(
    store: JobStore, supervise: Callable[..., Supervisor], column: str, value: object
) -> None:
    store.submit("train")
    store.submit("train")
    change(store, f"UPDATE jobs SET {column} = ? WHERE id = 1", value)
    supervisor = supervise(NOTHING)
    supervisor.tick()
    assert list(supervisor._children) == [2]
    assert [job.state for job in store.newest()] == [State.FAILED, State.QUEUED]
    assert store.get(1).error.startswith("This job cannot be read")
    assert run_here("jobs", store.workspace.root).returncode == 0


@pytest.mark.parametrize("pid", [0, -1, 1])
def test_no_signal_goes_to_many_processes(
    store: JobStore, supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch, pid: int
) -> None:
    sent: list[object] = []
    for name in ("kill", "killpg"):
        monkeypatch.setattr(f"os.{name}", lambda *arguments: sent.append(arguments))
    store.submit("train")
    change(store, "UPDATE jobs SET state = 'running', request = 'cancel', pid = ?", pid)
    with hold_job(store.workspace, 1):
        supervisor = supervise(NOTHING, kill_after=-1.0)
        supervisor.tick()
    assert sent == []


def test_links_in_the_state_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    (workspace.state / "logs").mkdir(parents=True)
    (workspace.state / "logs" / "job-1.log").symlink_to(tmp_path / "diary.txt")
    done = run_here("jobs", workspace.root)
    assert done.returncode == 1
    assert "job-1.log is a link" in done.stderr
    (workspace.state / "logs" / "job-1.log").unlink()
    assert run_here("jobs", workspace.root).returncode == 0
