"""From queued jobs to processes, and what becomes of jobs whose process is gone.

A job is run by a process of its own, which holds the job's lock for as long as it lives: whoever finds the lock held,
this daemon or a later one, knows that the job is being run, and whoever finds it free knows that it is not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from boxwright.errors import UsageError
from boxwright.files import sqlite_state
from boxwright.jobs.job import DEVICE_KINDS, Job, JobRequest, State
from boxwright.jobs.locks import is_run
from boxwright.jobs.logs import job_log, log_tail, prepare_log, trim_running_log
from boxwright.jobs.program import PROGRAM
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace, as_argument

KILL_AFTER = 30.0  # in seconds; a job that was asked to end has so long to save
MAX_FALSE_STARTS = 3
_LOOK_EVERY = 0.05
_PATIENCE = 0.5  # in seconds, for a list of jobs that somebody keeps locked: the next look is not far


class Supervisor:
    """Runs the jobs of one workspace: one on the device at a time, and one of each kind that needs none beside it."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        log: Callable[[str], None],
        kill_after: float = KILL_AFTER,
        command: tuple[str, ...] = (*PROGRAM, "run-job"),
    ) -> None:
        """Start nothing yet.

        Args:
            workspace: Whose jobs.
            log: Takes lines.
            kill_after: Seconds that a job has to end when it is asked to.
            command: What runs a job, given the workspace and the job's number.
        """
        self.workspace = workspace
        self.store = JobStore(workspace, patience=_PATIENCE)
        self._log = log
        self._kill_after = kill_after
        self._command = command
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._attempts: dict[int, int] = {}  # of each child's job, when it was spawned
        self._false_starts: dict[int, int] = {}
        self._asked_since: dict[int, float] = {}
        self._killed: dict[int, str] = {}  # number of a job to why
        self._states: dict[int, State] = {}
        self._idle_at: tuple[int, bytes] | None = None  # the list's state when there was no open job in it

    def tick(self) -> None:
        """Look at the queue once: start what may start, settle what died, kill what does not end. Does not wait.

        Raises:
            BoxwrightError, OSError: The workspace cannot be read or written now.
        """
        self._reap()
        before = sqlite_state(self.store.path)
        if before is not None and before == self._idle_at and not self._children and not self._states:
            return
        jobs = self.store.open_jobs()
        # reading rolls back what a writer that died left: then the state is another one than before
        self._idle_at = before if not jobs and before == sqlite_state(self.store.path) else None
        running = {job.id: job.id in self._children or is_run(self.workspace, job.id) for job in jobs}
        for job in jobs:
            if job.state is State.RUNNING and not running[job.id]:
                job = self.store.died(  # noqa: PLW2901
                    job.id, log_tail(self.workspace, job.id), killed=self._killed.get(job.id, "")
                )
                self._log(f"job {job.id} ({job.kind}): its process is gone, it is {job.state.value}")
            elif job.request is JobRequest.CANCEL or self._cannot_pause(job):
                since = self._asked_since.setdefault(job.id, time.monotonic())
                if time.monotonic() - since > self._kill_after:
                    self._kill(job)
            elif job.state is State.RUNNING:
                trim_running_log(self.workspace, job.id)
        self._log_changes(jobs)
        self._forget_all_but({job.id for job in jobs})
        taken = {_slot(job) for job in jobs if running[job.id]}
        for job in self.store.open_jobs():
            if job.state is not State.QUEUED or running.get(job.id):
                continue
            if job.is_from_elsewhere:
                self._leave_to_a_person(job)
            elif _slot(job) not in taken:
                self._spawn(job)
                taken.add(_slot(job))

    def stop(self, timeout: float) -> None:
        """Ask all jobs to save and go back into the queue; wait for them, but leave those that take longer."""
        deadline = time.monotonic() + timeout
        for job in self.store.open_jobs():
            if job.id in self._children or is_run(self.workspace, job.id):
                self.store.request_requeue(job.id)
        while self._children and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)
            self._reap()

    def _reap(self) -> None:
        for number, child in list(self._children.items()):
            code = child.poll()
            if code is None:
                continue
            try:
                job = self.store.get(number)
            except UsageError:  # somebody deleted the list of jobs meanwhile
                del self._children[number]
                continue
            del self._children[number]
            if job.attempts != self._attempts[number]:
                self._false_starts.pop(number, None)
                continue
            if job.state is not State.QUEUED or job.request is JobRequest.REQUEUE or not code:
                continue
            # it never got to its job: once may be bad luck, thrice is an installation that does not work
            self._false_starts[number] = self._false_starts.get(number, 0) + 1
            if self._false_starts[number] >= MAX_FALSE_STARTS:
                tail = log_tail(self.workspace, number)
                self.store.finish(number, State.FAILED, f"Its process ends at once (exit code {code}).\n{tail}".strip())

    def _leave_to_a_person(self, job: Job) -> None:
        command = f"boxwright resume {as_argument(self.workspace.root)} {job.id}"
        sentence = f"you: it was submitted elsewhere, or by an earlier Boxwright. Start it with: {command}"
        if job.waits_for != sentence:
            self.store.wait_for(job.id, sentence)
            self._log(f"job {job.id} ({job.kind}) waits for {sentence}")

    def _spawn(self, job: Job) -> None:
        prepare_log(self.workspace, job.id, keep=self.store.unended())
        self._attempts[job.id] = job.attempts
        self.store.withdraw_requeue(job.id)
        with job_log(self.workspace, job.id).open("ab") as log:
            self._children[job.id] = subprocess.Popen(
                [*self._command, str(self.workspace.root), str(job.id)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.workspace.root,
                **_own_group(),
            )

    def _cannot_pause(self, job: Job) -> bool:
        """Return whether a job is to pause and its process is stopped: it would keep its memory, and the device.

        Nobody is in a hurry with a process that somebody stopped and asked for nothing, nor with one that still saves.
        """
        if job.request is JobRequest.PAUSE and job.pid is not None and _is_stopped(job.pid):
            return True
        self._asked_since.pop(job.id, None)
        return False

    def _kill(self, job: Job) -> None:
        child = self._children.get(job.id)
        pid = job.pid if child is None else child.pid
        if pid is None or pid < 2 or job.id in self._killed or not is_run(self.workspace, job.id):
            return  # looked at once more, lest the number be of another process by now; 0 and -1 mean many processes
        stopped = " and was stopped (SIGSTOP)" if _is_stopped(pid) else ""
        why = f"It was asked to end {self._kill_after:.0f} s ago{stopped}, so it was killed."
        self._killed[job.id] = why
        self._log(f"job {job.id} ({job.kind}): {why}")
        if os.name == "nt":
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(pid)], capture_output=True, check=False)
            return
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == pid:
                os.killpg(pid, signal.SIGKILL)
            else:  # started by hand, in the group of a shell
                os.kill(pid, signal.SIGKILL)

    def _forget_all_but(self, open_jobs: set[int]) -> None:
        memories: tuple[dict[int, Any], ...]
        memories = (self._attempts, self._false_starts, self._asked_since, self._killed)
        for memory in memories:
            for number in memory.keys() - open_jobs - self._children.keys():
                del memory[number]

    def _log_changes(self, jobs: list[Job]) -> None:
        """Log how the jobs' states changed."""
        before = self._states
        self._states = {job.id: job.state for job in jobs}
        for number in before.keys() - self._states.keys():
            job = self.store.get(number)
            error = f": {job.error.splitlines()[0]}" if job.error else ""
            self._log(f"job {number} ({job.kind}) {job.state.value}{error}")
        for job in jobs:
            if before.get(job.id) is not job.state:
                self._log(f"job {job.id} ({job.kind}) {job.state.value}")


def _slot(job: Job) -> str:
    return "device" if job.kind in DEVICE_KINDS else job.kind


def _is_stopped(pid: int) -> bool:
    """Return whether a process is stopped and cannot end by itself, where the system tells (Linux)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] in ("T", "t")
    except (OSError, IndexError):
        return False


def _own_group() -> dict[str, Any]:
    """Return how a child becomes the head of a process group: it can be killed with its children, and outlives us."""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}  # type: ignore[attr-defined,unused-ignore]
    return {"start_new_session": True}
