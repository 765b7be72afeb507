"""A workspace at one moment, as the interface shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from boxwright.errors import BoxwrightError
from boxwright.findings import Finding, FindingsFile
from boxwright.jobs.daemon_lock import daemon_pid
from boxwright.jobs.job import DEVICE_KINDS, Job, State
from boxwright.jobs.store import JobStore
from boxwright.runs.evaluation_record import EVALUATION_FILE, EvaluationRecord
from boxwright.runs.record import RUN_FILE, RunRecord
from boxwright.workspace import Workspace
from boxwright_labelimg.client.loss_points import LossPoints, Points

JOBS = 20
PATIENCE = 2.0  # in seconds, for another program that keeps the list of jobs locked
DAEMON_EVERY = 4  # readings; to ask for it is to touch its lock

T = TypeVar("T")


@dataclass(frozen=True)
class WorkspaceStatus:
    """What there is to show of a workspace.

    Attributes:
        workspace: Which one.
        daemon: The process that serves it, None when none does.
        status: What the daemon wrote last: state, message, images, unlabelled, findings.
        jobs: The newest, the newest last.
        losses: Of the run in training/, whoever started it.
        evaluation: The last one, None before.
        findings: Of the daemon's last dataset sync.
        export: The name of the newest exported model, "" when there is none.
        device: What the last training computed with, "" before.
        trouble: Why jobs cannot be read, "" when they can.
    """

    workspace: Workspace
    daemon: int | None = None
    status: Mapping[str, Any] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    losses: Points = ()
    evaluation: EvaluationRecord | None = None
    findings: tuple[Finding, ...] = ()
    export: str = ""
    device: str = ""
    trouble: str = ""

    @property
    def job(self) -> Job | None:
        """The job to show: one that has the device, else one that is to have it, else the last one worth showing."""
        by_device = sorted(self.jobs, key=lambda job: job.kind in DEVICE_KINDS, reverse=True)
        for state in (State.RUNNING, State.PAUSED, State.QUEUED):
            for job in by_device:
                if job.state is state:
                    return job
        newest = self.jobs[-1] if self.jobs else None
        if newest is not None and newest.state is not State.FAILED:  # a dataset export hides no training
            return next((job for job in reversed(self.jobs) if job.kind in DEVICE_KINDS), newest)
        return newest

    @property
    def training(self) -> Job | None:
        """The newest training, None before the first."""
        return next((job for job in reversed(self.jobs) if job.kind == "train"), None)

    def job_of(self, number: int) -> Job | None:
        """Return a job by its number, None when it is not among the newest."""
        return next((job for job in self.jobs if job.id == number), None)

    @property
    def is_busy(self) -> bool:
        """Whether anything changes by itself at the moment."""
        return any(not job.state.is_end for job in self.jobs)


class StatusReader:
    """Reads a workspace; what has not changed since the last time is not read again.

    Attributes:
        workspace: Which one.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Read nothing yet."""
        self.workspace = workspace
        self._store = JobStore(workspace, patience=PATIENCE)
        self._reads = 0
        self._is_daemon_known = False
        self._daemon: int | None = None
        self._losses = LossPoints(workspace)
        self._files: dict[Path, tuple[tuple[int, int], Any]] = {}

    def read(self) -> WorkspaceStatus:
        """Return what there is now; whatever is wrong with a file, the rest is shown."""
        workspace = self.workspace
        if self._reads % DAEMON_EVERY == 0 or not self._is_daemon_known:
            self._is_daemon_known = True
            self._daemon = daemon_pid(workspace)
        self._reads += 1
        trouble = "" if workspace.root.is_dir() else f"{workspace.root}: there is no such folder any more."
        jobs: tuple[Job, ...] = ()
        try:
            jobs = tuple(self._store.newest(JOBS)) if self._store.path.exists() else ()
        except (BoxwrightError, OSError) as error:
            trouble = str(error)
        run = self._from_file(workspace.training / RUN_FILE, RunRecord.from_json, None)
        findings = self._from_file(workspace.state / FindingsFile.NAME, FindingsFile.from_json, None)
        return WorkspaceStatus(
            workspace=workspace,
            daemon=self._daemon,
            status=self._from_file(workspace.state / "status.json", dict, {}),
            jobs=jobs,
            losses=self._losses.read(),
            evaluation=self._from_file(workspace.training / EVALUATION_FILE, EvaluationRecord.from_json, None),
            findings=findings.findings if findings is not None else (),
            export=_newest_export(workspace),
            device=(run.device or "") if run is not None else "",
            trouble=trouble,
        )

    def forget_daemon(self) -> None:
        """Ask for the daemon at the next reading."""
        self._is_daemon_known = False

    def _from_file(self, path: Path, make: Callable[[Any], T], otherwise: T) -> T:
        """Return what a JSON file holds; `otherwise` when there is none or it is damaged."""
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._files.get(path)
            if known is None or known[0] != stamp:
                known = (stamp, make(json.loads(path.read_text("utf-8"))))
                self._files[path] = known
            value: T = known[1]
        except PermissionError:  # on Windows also while a new file takes its place
            return self._files[path][1] if path in self._files else otherwise
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return otherwise
        return value


def _newest_export(workspace: Workspace) -> str:
    newest = workspace.find_newest_export()
    return newest.name if newest else ""
