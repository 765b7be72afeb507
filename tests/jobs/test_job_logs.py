"""The logs of jobs are kept, and kept short."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from boxwright.jobs import logs
from boxwright.jobs.locks import is_run
from boxwright.jobs.logs import LOG_BYTES, job_log
from boxwright.jobs.store import JobStore
from boxwright.jobs.supervisor import Supervisor
from boxwright.workspace import Workspace
from daemon_process import until
from stored_options import StoredOptions
from supervised import has_ended, is_running, run_until

LOGS_KEPT = 4


@pytest.fixture(autouse=True)
def few_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the logs of fewer jobs than the product does."""
    monkeypatch.setattr(logs, "LOGS_KEPT", LOGS_KEPT)


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no open log, only one of a job that starts again")
def test_the_log_of_a_running_job_is_kept_short(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise()
    store.submit("train", StoredOptions(do="talk"))
    run_until(supervisor, 1, is_running)
    log = job_log(workspace, 1)
    aside = log.with_name(f"{log.name}.1")

    def is_curbed() -> bool:
        supervisor.tick()
        return aside.exists() and aside.stat().st_size > LOG_BYTES and 0 < log.stat().st_size < LOG_BYTES

    until(is_curbed, "a short log")
    assert b"\0" not in log.read_bytes()
    store.cancel(1)
    run_until(supervisor, 1, has_ended)


def test_logs_are_rotated_and_old_ones_deleted(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise()
    for _ in range(LOGS_KEPT + 1):
        store.submit("train", StoredOptions(do="succeed"))
        store.cancel(store.newest(1)[0].id)
    store.submit("train", StoredOptions(do="succeed"))
    (workspace.state / "jobs").mkdir()
    (workspace.state / "jobs" / "1.lock").touch()
    old, current = job_log(workspace, 1), job_log(workspace, LOGS_KEPT + 2)
    old.parent.mkdir()
    old.write_text("old")
    current.write_bytes(b"x" * (LOG_BYTES + 1))
    run_until(supervisor, LOGS_KEPT + 2, has_ended)
    assert not old.exists()
    assert not (workspace.state / "jobs" / "1.lock").exists()
    assert current.with_name(f"{current.name}.1").stat().st_size == LOG_BYTES + 1
    assert current.read_text() == "doing: succeed\n"


def test_the_log_and_lock_of_a_job_that_runs_long_are_kept(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise()
    store.submit("train", StoredOptions(do="obey"))
    run_until(supervisor, 1, is_running)
    for _ in range(LOGS_KEPT):
        store.submit("export-dataset", StoredOptions(do="succeed"))
        store.cancel(store.newest(1)[0].id)
    store.submit("export-dataset", StoredOptions(do="succeed"))
    run_until(supervisor, LOGS_KEPT + 2, has_ended)
    assert job_log(workspace, 1).exists()
    assert is_run(workspace, 1)
    store.cancel(1)
    run_until(supervisor, 1, has_ended)
