"""Real processes: each job is run once, none is lost, and all can be ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from boxwright.errors import UsageError
from boxwright.jobs.job import JobRequest, State
from boxwright.jobs.locks import DeviceLock, hold_job, is_run
from boxwright.jobs.program import PROGRAM
from boxwright.jobs.store import JobStore
from boxwright.jobs.supervisor import MAX_FALSE_STARTS, Supervisor
from boxwright.workspace import Workspace
from daemon_process import PATIENCE, until
from stored_options import StoredOptions
from supervised import has_ended, is_running, run_until
from tiny_workspaces import make_workspace, outputs

REAL = (sys.executable, "-m", "boxwright", "run-job")


def runs(workspace: Workspace, number: int) -> int:
    return len((workspace.state / f"runs-{number}").read_text().splitlines())


def test_jobs_run_one_after_another(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise()
    for kind in ("train", "export", "detect"):
        store.submit(kind, StoredOptions(do="succeed"))
    most = 0
    while store.open_jobs():
        supervisor.tick()
        most = max(most, sum(is_run(workspace, number) for number in (1, 2, 3)))
    assert [job.state for job in store.newest()] == [State.SUCCEEDED] * 3
    assert most <= 1
    assert [runs(workspace, number) for number in (1, 2, 3)] == [1, 1, 1]
    jobs = store.newest()
    assert all(a.ended <= b.started for a, b in pairwise(jobs) if a.ended and b.started)


def test_a_list_without_an_open_job_is_read_once(
    store: JobStore, supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = supervise()
    run_until(supervisor, store.submit("evaluate").id, has_ended)
    until(lambda: supervisor.tick() or not supervisor._children, "the worker's end")  # type: ignore[func-returns-value]
    supervisor.tick()
    with monkeypatch.context() as patch:
        patch.delattr(JobStore, "open_jobs")
        supervisor.tick()
    run_until(supervisor, store.submit("evaluate").id, has_ended)


def test_a_list_that_cannot_be_looked_at_is_no_list_without_a_job(
    store: JobStore, supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boxwright.jobs.supervisor.sqlite_state", lambda path: None)
    run_until(supervise(), store.submit("evaluate").id, has_ended)


def test_a_dataset_job_does_not_wait_for_the_device(store: JobStore, supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise()
    store.submit("train", StoredOptions(do="obey"))
    run_until(supervisor, 1, is_running)
    store.submit("export-dataset", StoredOptions(do="succeed"))
    assert run_until(supervisor, 2, has_ended).state is State.SUCCEEDED
    assert store.get(1).state is State.RUNNING
    store.cancel(1)
    assert run_until(supervisor, 1, has_ended).state is State.CANCELLED


def test_training_whose_process_dies_is_taken_up_again(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise()
    store.submit("train", StoredOptions(do="die later"))
    job = run_until(supervisor, 1, has_ended)
    assert (job.state, job.attempts, runs(workspace, 1)) == (State.SUCCEEDED, 5, 5)
    store.submit("train", StoredOptions(do="die"))
    job = run_until(supervisor, 2, has_ended)
    assert (job.state, job.attempts) == (State.FAILED, 3)
    assert "doing: die" in job.error
    store.submit("export", StoredOptions(do="die"))
    job = run_until(supervisor, 3, has_ended)
    assert (job.state, job.attempts) == (State.FAILED, 1)


def test_a_later_daemon_adopts_a_running_job(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    first = supervise()
    store.submit("train", StoredOptions(do="obey"))
    run_until(first, 1, is_running)
    second = supervise()  # the first is not asked any more, as after kill -9
    for _ in range(10):
        second.tick()
        time.sleep(0.02)
    assert store.get(1).state is State.RUNNING
    store.cancel(1)
    assert run_until(second, 1, has_ended).state is State.CANCELLED
    assert runs(workspace, 1) == 1


def test_stopping_puts_jobs_back_into_the_queue(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    first = supervise()
    store.submit("train", StoredOptions(do="obey"))
    run_until(first, 1, is_running)
    first.stop(20.0)
    job = store.get(1)
    assert (job.state, job.request, is_run(workspace, 1)) == (State.QUEUED, JobRequest.NONE, False)
    second = supervise()
    run_until(second, 1, lambda job: job.attempts == 2)
    store.cancel(1)
    run_until(second, 1, has_ended)


def test_a_paused_job_is_left_alone_until_it_is_resumed(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise()
    store.submit("train", StoredOptions(do="obey"))
    run_until(supervisor, 1, is_running)
    store.pause(1)
    run_until(supervisor, 1, lambda job: job.state is State.PAUSED)
    store.submit("train", StoredOptions(do="succeed"))
    assert run_until(supervisor, 2, has_ended).state is State.SUCCEEDED  # it has the device meanwhile
    assert (store.get(1).state, runs(workspace, 1)) == (State.PAUSED, 1)
    store.resume(1)
    run_until(supervisor, 1, is_running)
    store.cancel(1)
    assert run_until(supervisor, 1, has_ended).state is State.CANCELLED
    assert runs(workspace, 1) == 2


@pytest.mark.skipif(os.name == "nt", reason="the test looks for a process by signal 0, which Windows does not have")
def test_what_does_not_end_is_killed_with_its_children(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(kill_after=0.3)
    store.submit("train", StoredOptions(do="be deaf"))
    grandchild = int(run_until(supervisor, 1, lambda job: job.doing).doing)
    os.kill(grandchild, 0)
    store.cancel(1)
    assert run_until(supervisor, 1, has_ended).state is State.CANCELLED
    until(lambda: not Path(f"/proc/{grandchild}").exists() or _is_zombie(grandchild), "the grandchild's end")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGSTOP")
def test_a_stopped_worker_is_killed_and_that_is_said(store: JobStore, supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(kill_after=0.1)
    store.submit("train", StoredOptions(do="obey"))
    pid = run_until(supervisor, 1, is_running).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    store.cancel(1)
    job = run_until(supervisor, 1, has_ended)
    assert job.state is State.CANCELLED
    assert "it was killed" in job.error
    assert sys.platform != "linux" or "was stopped (SIGSTOP)" in job.error


@pytest.mark.skipif(sys.platform != "linux", reason="no other system says that a process is stopped")
def test_a_stopped_worker_that_is_to_pause_is_killed_and_that_is_said(
    store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(kill_after=0.1)
    store.submit("train", StoredOptions(do="obey"))
    pid = run_until(supervisor, 1, is_running).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    store.pause(1)
    job = run_until(supervisor, 1, lambda job: job.state is State.PAUSED)
    assert "was stopped (SIGSTOP), so it was killed. It continues from where it was" in job.message


def _is_zombie(pid: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def test_a_worker_that_cannot_even_begin_fails_its_job(store: JobStore, supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(command=(sys.executable, "-c", "print('no such module'); raise SystemExit(5)"))
    store.submit("train")
    job = run_until(supervisor, 1, has_ended)
    assert job.state is State.FAILED
    assert "exit code 5" in job.error
    assert job.error.count("no such module") == MAX_FALSE_STARTS


def test_a_worker_that_cannot_begin_again_fails_its_job(store: JobStore, supervise: Callable[..., Supervisor]) -> None:
    first = supervise()
    store.submit("train", StoredOptions(do="obey"))
    run_until(first, 1, is_running)
    first.stop(20.0)
    assert (store.get(1).state, store.get(1).attempts) == (State.QUEUED, 1)
    broken = supervise(command=(sys.executable, "-c", "raise SystemExit(5)"))
    assert run_until(broken, 1, has_ended).state is State.FAILED
    assert "exit code 5" in store.get(1).error


def test_a_list_of_jobs_that_was_deleted_starts_empty(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise()
    store.submit("train", StoredOptions(do="obey"))
    run_until(supervisor, 1, is_running)
    store.path.unlink()
    supervisor._children[1].kill()
    supervisor._children[1].wait()
    for _ in range(3):
        with suppress(UsageError):
            supervisor.tick()
    store.submit("train", StoredOptions(do="succeed"))
    assert run_until(supervisor, 1, has_ended).state is State.SUCCEEDED


@pytest.mark.parametrize(
    ("point", "becomes"),
    [
        ("job-start-before", State.SUCCEEDED),
        ("job-start-unsaved", State.SUCCEEDED),
        ("job-start-saved", State.FAILED),
        ("job-stage-saved", State.FAILED),
        ("after-shard", State.FAILED),
        ("after-journal", State.FAILED),
        ("job-stage-end-saved", State.FAILED),
        ("job-finish-before", State.FAILED),
        ("job-finish-unsaved", State.FAILED),
        ("job-finish-saved", State.SUCCEEDED),
    ],
)
def test_a_worker_killed_anywhere(
    workspace: Workspace,
    store: JobStore,
    supervise: Callable[..., Supervisor],
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    becomes: State,
) -> None:
    supervisor = supervise(REAL)
    store.submit("export-dataset")
    monkeypatch.setenv("BOXWRIGHT_FAILPOINT", point)
    supervisor.tick()
    assert supervisor._children[1].wait(PATIENCE) == 137
    monkeypatch.delenv("BOXWRIGHT_FAILPOINT")
    job = run_until(supervisor, 1, has_ended)
    assert (job.state, job.attempts) == (becomes, 1)
    store.submit("export-dataset")
    job = run_until(supervisor, 2, has_ended)
    assert job.state is State.SUCCEEDED, job.error
    assert sum(job.result.dataset.images.values()) == 4
    assert len(job.result.dataset.fingerprint) == 64
    assert {"train.record", "test.record", "train_labels.csv"} <= set(outputs(workspace))


def test_killed_as_it_goes_back_into_the_queue(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOXWRIGHT_FAILPOINT", "job-requeue-saved")
    first = supervise()
    store.submit("train", StoredOptions(do="obey"))
    run_until(first, 1, is_running)
    monkeypatch.delenv("BOXWRIGHT_FAILPOINT")
    first.stop(20.0)
    assert store.get(1).state is State.QUEUED
    second = supervise()
    run_until(second, 1, lambda job: job.attempts == 2)
    store.cancel(1)
    run_until(second, 1, has_ended)


def test_two_workers_of_one_job(workspace: Workspace, store: JobStore) -> None:
    store.submit("export-dataset")
    children = [
        subprocess.Popen([*REAL, str(workspace.root), "1"], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sum("--- job 1: succeeded" in text for text in said) == 1
    job = store.get(1)
    assert (job.state, job.attempts) == (State.SUCCEEDED, 1)


def test_a_job_waits_for_the_device_and_says_for_what(tmp_path: Path, workspace: Workspace, store: JobStore) -> None:
    elsewhere = make_workspace(tmp_path / "elsewhere", {})
    other = JobStore(elsewhere).submit("train")
    lock = DeviceLock("0")
    assert lock.take(other, elsewhere)
    try:
        store.submit("evaluate")
        with subprocess.Popen([*REAL, str(workspace.root), "1"], env=_cpu()) as child:
            job = until(lambda: store.get(1).waits_for and store.get(1), "a waiting job")
            assert job.state is State.QUEUED
            assert job.waits_for == f"the device: train, job 1 of {elsewhere.root}"
            assert is_run(workspace, 1)
            store.cancel(1)
            assert child.wait(PATIENCE) == 0
        assert (store.get(1).state, store.get(1).attempts) == (State.CANCELLED, 0)
        store.submit("evaluate")
        with subprocess.Popen([*REAL, str(workspace.root), "2"], env=_cpu()) as child:
            until(lambda: store.get(2).waits_for, "a waiting job")
            lock.release()
            assert child.wait(PATIENCE) == 0
    finally:
        lock.release()
    job = store.get(2)
    assert (job.state, job.waits_for) == (State.FAILED, ""), "there is no configuration to evaluate with"
    assert "pipeline.config" in job.error


def _cpu() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}


def test_a_dead_holder_holds_nothing(workspace: Workspace) -> None:
    code = (
        "import os, sys; from boxwright.jobs.locks import DeviceLock, hold_job; "
        "from boxwright.jobs.store import JobStore; from boxwright.workspace import Workspace; "
        "w = Workspace.at(sys.argv[1]); job = JobStore(w).submit('train'); "
        "assert DeviceLock('0').take(job, w); context = hold_job(w, 1); assert context.__enter__(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(workspace.root)], check=False).returncode == 9
    assert not is_run(workspace, 1)
    job = JobStore(workspace).get(1)
    lock = DeviceLock("0")
    assert lock.take(job, workspace)
    lock.release()
    with hold_job(workspace, 1) as is_ours:
        assert is_ours


def test_what_lies_in_a_workspace_is_not_imported(
    workspace: Workspace, store: JobStore, supervise: Callable[..., Supervisor]
) -> None:
    for name in ("random", "numpy", "runpy", "pkgutil", "boxwright", "typer"):
        (workspace.root / f"{name}.py").write_text("raise SystemExit('a stranger ran')")
    supervisor = Supervisor(workspace, log=lambda line: None)
    store.submit("export-dataset")
    job = run_until(supervisor, 1, has_ended)
    assert (job.state, job.attempts) == (State.SUCCEEDED, 1), job.error
    supervisor.stop(20.0)
    command = [*PROGRAM, "daemon", "--detach"]
    try:
        done = subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    finally:
        subprocess.run([*PROGRAM, "daemon", str(workspace.root), "--stop"], check=True)
