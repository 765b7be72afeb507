"""The process of one job: the daemon starts it, the verbs do the work."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from boxwright.errors import BoxwrightError, UsageError, describe_error
from boxwright.jobs.job import DEVICE_KINDS, Job, JobRequest, State
from boxwright.jobs.locks import DeviceLock, device_name, hold_job
from boxwright.jobs.logs import log_tail
from boxwright.jobs.store import JobStore
from boxwright.progress import Pace, Progress, Reporter, log, seconds_left
from boxwright.stop_signal import StopRequested, StopSignal
from boxwright.workflow.common.step import OnStep, ignore
from boxwright.workflow.job.kinds import read_options
from boxwright.workflow.job.stages import StageCall, run_stage
from boxwright.workspace import Workspace

LOOK_EVERY = 0.5  # in seconds; at what the job is asked, and whether the device is free
NOTE_EVERY = 0.25  # in seconds; at least so long between two notes of progress


def run_job(
    workspace: Workspace,
    number: int,
    reporter: Reporter,
    *,
    stop: StopSignal,
    on_result: OnStep = ignore,
) -> None:
    """Do one queued job in this process; do nothing when another process does it, or it is not queued any more.

    How it ends is in the store: no failure of the work is raised.

    Args:
        workspace: Whose job.
        number: The job's.
        reporter: Receives the progress; messages are the lines of the job's log.
        stop: Is set when the job is asked to end; whoever else sets it ends the job, too.
        on_result: Shows what the verb of a stage returned.

    Raises:
        UsageError: There is no such job.
    """
    store = JobStore(workspace)
    with hold_job(workspace, number) as is_ours:
        if not is_ours or store.get(number).state is not State.QUEUED:
            return
        with (
            _requests(store, number, stop),
            _device(store, workspace, store.get(number), stop, reporter) as is_free,
        ):
            if is_free and store.start(number, os.getpid()):
                _run(store, workspace, number, _JobReporter(store, number, reporter), stop, on_result)


def _run(
    store: JobStore, workspace: Workspace, number: int, reporter: Reporter, stop: StopSignal, on_result: OnStep
) -> None:
    job = store.get(number)
    log(reporter, f"--- job {number}: {job.kind}, attempt {job.attempts}, {time.strftime('%Y-%m-%d %H:%M:%S')}")
    try:
        call = StageCall(workspace, read_options(job, workspace), reporter, stop, on_result)
        for stage in job.stages:
            if stage in job.finished:
                continue
            store.begin_stage(number, stage)
            result = run_stage(stage, call)
            if stop:
                raise StopRequested(stop.reason)
            store.finish_stage(number, stage, result)
    except KeyboardInterrupt:  # StopRequested is one
        if _is_ours(store, number):
            _stopped(store, number, reporter)
    except BaseException as error:  # whatever it is, the job must not stay "running"
        message = describe_error(error)
        log(reporter, message)
        if _is_ours(store, number):
            store.finish(number, State.FAILED, f"{message}\n\n{log_tail(workspace, number)}".strip())
    else:
        store.finish(number, State.SUCCEEDED)
        _follow_up(store, number, reporter)
        log(reporter, f"--- job {number}: {State.SUCCEEDED.value}")


def _follow_up(store: JobStore, number: int, reporter: Reporter) -> None:
    """After a training, have its model suggest boxes for the photos that have no labels yet."""
    job = store.get(number)
    dataset = job.result.dataset
    if job.kind != "train" or not job.result.export or dataset is None or not dataset.unlabelled:
        return
    if not any(other.kind == "suggest" and other.state is State.QUEUED for other in store.open_jobs()):
        follower = store.submit("suggest")
        log(reporter, f"job {follower.id}: suggestions for {dataset.unlabelled:,} photos without labels")


def _is_ours(store: JobStore, number: int) -> bool:
    """Return whether the job still is the one that this process started.

    It is not when somebody deleted the list of jobs meanwhile: another job may have its number in the new list.
    """
    try:
        return store.get(number).pid == os.getpid()
    except UsageError:
        return False


def _stopped(store: JobStore, number: int, reporter: Reporter) -> None:
    request = store.get(number).request
    if request is JobRequest.CANCEL:
        store.finish(number, State.CANCELLED)
    elif request is JobRequest.PAUSE:
        store.requeue(number, "It continues from where it was when it is resumed.")
    else:
        store.requeue(number, "It was stopped, and continues when a daemon runs again.")
    log(reporter, f"--- job {number}: {store.get(number).state.value}")


class _JobReporter:
    """Hands every report on, and writes progress into the store, not more often than anybody looks."""

    def __init__(
        self, store: JobStore, number: int, reporter: Reporter, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._number, self._reporter = store, number, reporter
        self._pace = Pace(clock)
        self._noted_at = 0.0
        self._stage = ""

    def __call__(self, progress: Progress) -> None:
        self._reporter(progress)
        if not progress.stage:
            return  # a line of the log
        now = self._pace.update(progress)
        if now - self._noted_at < NOTE_EVERY and progress.stage == self._stage and progress.done != progress.total:
            return
        self._noted_at, self._stage = now, progress.stage
        rate = self._pace.rate(progress, now)
        with suppress(BoxwrightError):  # a full disk stops the work's own writing, not its being watched
            self._store.progress(self._number, progress, rate, seconds_left(progress, rate))


@contextmanager
def _requests(store: JobStore, number: int, stop: StopSignal) -> Iterator[None]:
    """Set `stop` when the job is asked to end: works on every system, and for a process of another daemon."""
    over = threading.Event()
    created = store.get(number).created

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            with suppress(BoxwrightError):
                try:
                    job = store.get(number)
                except UsageError:
                    job = None
                if job is None or job.created != created:
                    stop.request("the list of jobs was deleted")
                elif job.request is not JobRequest.NONE or job.state not in (State.QUEUED, State.RUNNING):
                    stop.request(job.request.value or "cancel")

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _device(store: JobStore, workspace: Workspace, job: Job, stop: StopSignal, reporter: Reporter) -> Iterator[bool]:
    """Hold the device for as long as the block runs, once it is free; yield False when the job is to end instead."""
    if job.kind not in DEVICE_KINDS:
        yield True
        return
    lock = DeviceLock(device_name())
    holder = ""
    while not lock.take(job, workspace):
        if lock.holder() != holder:
            holder = lock.holder()
            store.wait_for(job.id, holder)
            log(reporter, f"waiting for {holder}")
        time.sleep(LOOK_EVERY)
        if stop:
            yield False
            return
    try:
        yield True
    finally:
        lock.release()
