"""`boxwright run-job`: the process of one job. The daemon starts it; nobody types it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boxwright.cli.app import describe_os_error, describe_unexpected
from boxwright.cli.console import echo, listening, reporting
from boxwright.cli.job_params import arguments, check_params, newest_export, run_command
from boxwright.cli.options import Folder
from boxwright.cli.stopping import stop_on_signals
from boxwright.errors import BoxwrightError, UsageError
from boxwright.jobs.job import DEVICE_KINDS, Ask, Job, State
from boxwright.jobs.locks import DeviceLock, device_name, hold_job
from boxwright.jobs.logs import log_tail
from boxwright.jobs.store import JobStore
from boxwright.progress import Progress
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.training.stop_signal import StopSignal

LOOK_EVERY = 0.5  # in seconds; at what the job is asked, and whether the device is free
NOTE_EVERY = 0.25  # in seconds; at least so long between two notes of progress
SHOWN_OF_EVALUATION = ("checkpoint", "step", "images", "coco", "pascal_voc_map")
SAVES_ITSELF = frozenset({"train"})  # stages that look at the StopSignal; the others are interrupted


class _Interrupted(BaseException):
    """The job was asked to end, in a stage that has nothing to save."""


def run_job(folder: Folder, number: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Do one job of the workspace's queue, in this process.

    Example:
      boxwright run-job training_demo 3
    """
    workspace = Workspace.find(folder)
    store = JobStore(workspace)
    with hold_job(workspace, number) as is_ours:
        if not is_ours or store.get(number).state is not State.QUEUED:
            return
        with (
            stop_on_signals() as stop,
            _asked(store, number, stop),
            _device(store, workspace, store.get(number), stop) as is_free,
        ):
            if is_free and store.start(number, os.getpid()):
                _run(store, workspace, number, stop)


def _run(store: JobStore, workspace: Workspace, number: int, stop: StopSignal) -> None:
    job = store.get(number)
    echo(f"--- job {number}: {job.kind}, attempt {job.attempts}, {time.strftime('%Y-%m-%d %H:%M:%S')}")
    try:
        check_params(job.kind, job.params, workspace)
        for stage in job.stages:
            if stage in job.finished:
                continue
            store.begin_stage(number, stage)
            with listening(_Notes(store, number, stage, stop)):
                result = _do(stage, job, workspace)
            if stop:
                raise _Interrupted
            store.finish_stage(number, stage, result)
    except (_Interrupted, KeyboardInterrupt):
        if _is_ours(store, number):
            _stopped(store, number)
    except BaseException as error:  # whatever it is, the job must not stay "running"
        said = _describe(error)
        echo(said)
        if not _is_ours(store, number):
            return
        store.finish(number, State.FAILED, f"{said}\n\n{log_tail(workspace, number)}".strip())
    else:
        store.finish(number, State.SUCCEEDED)
        echo(f"--- job {number}: {State.SUCCEEDED.value}")


def _is_ours(store: JobStore, number: int) -> bool:
    """Return whether the job still is the one that this process started.

    It is not when somebody deleted the list of jobs meanwhile: another job may have its number in the new list.
    """
    try:
        return store.get(number).pid == os.getpid()
    except UsageError:
        return False


def _stopped(store: JobStore, number: int) -> None:
    ask = store.get(number).ask
    if ask is Ask.CANCEL:
        store.finish(number, State.CANCELLED)
    elif ask is Ask.HOLD:
        store.requeue(number, "It goes on from where it was when it is resumed.")
    else:
        store.requeue(number, "It was stopped, and goes on when a daemon runs again.")
    echo(f"--- job {number}: {store.get(number).state.value}")


def _do(stage: str, job: Job, workspace: Workspace) -> dict[str, Any]:
    """Do a stage; return what came of it."""
    if stage in ("dataset", "snapshot"):
        return _sync(workspace)
    try:
        code = run_command(stage, arguments(job.kind, stage, job.params, workspace))
    except BoxwrightError as error:
        if job.kind == "train" and stage == "evaluate":  # a model without a test split is a model all the same
            echo(str(error))
            return {"evaluation": str(error)}
        raise
    return {**_outcome(stage, job.params, workspace), **({"exit_code": code} if code else {})}


def _sync(workspace: Workspace) -> dict[str, Any]:
    from boxwright.dataset.sync import sync

    if not workspace.images.is_dir():
        return {}  # records from elsewhere: training says what is missing
    with reporting() as reporter:
        report = sync(workspace, reporter=reporter)
    echo(f"records: {', '.join(f'{count} {split}' for split, count in report.images.items())} images")
    for finding in report.findings:
        echo(str(finding))
    return {
        "fingerprint": report.fingerprint,
        "images": dict(report.images),
        "objects": {label: dict(splits) for label, splits in report.objects.items()},
        "unlabelled": report.unlabelled,
        "findings": len(report.findings),
        "records": [workspace.relative(path) for paths in report.records.values() for path in paths],
    }


def _outcome(stage: str, params: Mapping[str, str], workspace: Workspace) -> dict[str, Any]:
    training = Path(params.get("train-dir", workspace.training))
    if stage == "train":
        return {"training": workspace.relative(training)}
    if stage == "evaluate":
        said = _json(training / "evaluation.json")
        return {
            "evaluation": {name: said.get(name) for name in ("checkpoint", "step", "images", "coco", "pascal_voc_map")}
        }
    if stage == "export":
        return {"export": workspace.relative(Path(params.get("output", newest_export(workspace))))}
    return {"detections": workspace.relative(Path(params.get("output", workspace.root / "detections")))}


def _json(path: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return said


class _Notes:
    """Writes progress into the store, not more often than anybody looks."""

    def __init__(self, store: JobStore, number: int, stage: str, stop: StopSignal) -> None:
        self._store, self._number, self._stage, self._stop = store, number, stage, stop
        self._last = 0.0
        self._doing = ""

    def __call__(self, progress: Progress, rate: float | None, eta: float | None) -> None:
        if self._stop and self._stage not in SAVES_ITSELF and threading.current_thread() is threading.main_thread():
            raise _Interrupted
        now = time.monotonic()
        if now - self._last < NOTE_EVERY and progress.stage == self._doing and progress.done != progress.total:
            return
        self._last, self._doing = now, progress.stage
        with suppress(BoxwrightError):  # a full disk stops the work's own writing, not its being watched
            self._store.progress(self._number, progress, rate, eta)


@contextmanager
def _asked(store: JobStore, number: int, stop: StopSignal) -> Iterator[None]:
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
                    continue
                if job.ask is not Ask.NOTHING or job.state not in (State.QUEUED, State.RUNNING):
                    stop.request(job.ask.value or "cancel")

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _device(store: JobStore, workspace: Workspace, job: Job, stop: StopSignal) -> Iterator[bool]:
    """Hold the device for as long as the block goes, once it is free; yield False when the job is to end instead."""
    if job.kind not in DEVICE_KINDS:
        yield True
        return
    lock = DeviceLock(device_name())
    said = ""
    while not lock.take(job, workspace):
        if lock.holder() != said:
            said = lock.holder()
            store.wait_for(job.id, said)
            echo(f"waiting for {said}")
        time.sleep(LOOK_EVERY)
        if stop:
            yield False
            return
    try:
        yield True
    finally:
        lock.release()


def _describe(error: BaseException) -> str:
    if isinstance(error, BoxwrightError):
        return str(error)
    if isinstance(error, OSError):
        return describe_os_error(error)
    if isinstance(error, MemoryError):
        return "Memory ran out. Close other programs, or use smaller images or a smaller batch."
    if isinstance(error, Exception) and not hasattr(error, "format_message"):
        return describe_unexpected(error)
    print(error, file=sys.stderr)
    return str(error) or type(error).__name__
