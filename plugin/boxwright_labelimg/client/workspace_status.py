"""A workspace at one moment, as the interface shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from boxwright.errors import BoxwrightError
from boxwright.findings import Finding, FindingsFile
from boxwright.jobs.daemon_lock import daemon_pid
from boxwright.jobs.daemon_status import DaemonStatus, status_file
from boxwright.jobs.job import DEVICE_KINDS, Job, State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from boxwright_labelimg.client.loss_points import LossPoints, Points
from boxwright_labelimg.client.mistake_list import min_scores

if TYPE_CHECKING:
    from boxwright.runs.evaluation_record import EvaluationRecord
    from boxwright.runs.verdicts import Mistake, VerdictsRecord

JOBS = 20
PATIENCE = 2.0  # in seconds, for another program that keeps the list of jobs locked
DAEMON_EVERY = 4  # readings; looking for it touches its lock

T = TypeVar("T")


@dataclass(frozen=True)
class WorkspaceStatus:
    """What there is to show of a workspace.

    Attributes:
        workspace: Which one.
        daemon: The process that serves it, None when none does.
        daemon_status: What the daemon wrote last, None before.
        jobs: The newest, the newest last.
        losses: Of the run in training/, whoever started it.
        evaluation: The last one, None before.
        verdicts: Of the last evaluation, on each object and detection of the test images; None before.
        mistakes: Those of them that are wrong, the worst first.
        findings: Of the daemon's last dataset sync.
        export: The name of the newest exported model, "" when there is none.
        best_scores: Of that model, the score with the best F1 of each class that has one.
        device: What the last training computed with, "" before.
        trouble: Why jobs cannot be read, "" when they can.
        is_gone: The workspace was deleted or moved.
    """

    workspace: Workspace
    daemon: int | None = None
    daemon_status: DaemonStatus | None = None
    jobs: tuple[Job, ...] = ()
    losses: Points = ()
    evaluation: EvaluationRecord | None = None
    verdicts: VerdictsRecord | None = None
    mistakes: tuple[Mistake, ...] = ()
    findings: tuple[Finding, ...] = ()
    export: str = ""
    best_scores: Mapping[str, float] = field(default_factory=dict)
    device: str = ""
    trouble: str = ""
    is_gone: bool = False

    @property
    def job(self) -> Job | None:
        """The job to show: one that has the device, else one that is to have it, else the last one worth showing.

        Boxes are suggested for the other photos after each training: that hides no other job.
        """
        jobs = tuple(job for job in self.jobs if job.kind != "suggest") or self.jobs
        by_device = sorted(jobs, key=lambda job: job.kind in DEVICE_KINDS, reverse=True)
        for state in (State.RUNNING, State.PAUSED, State.QUEUED):
            for job in by_device:
                if job.state is state:
                    return job
        newest = jobs[-1] if jobs else None
        if newest is not None and newest.state is not State.FAILED:  # a dataset export hides no training
            return next((job for job in reversed(jobs) if job.kind in DEVICE_KINDS), newest)
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
        self._judged: tuple[VerdictsRecord | None, EvaluationRecord | None, tuple[Mistake, ...]] = None, None, ()
        self._files: dict[Path, tuple[tuple[int, int], Any]] = {}

    def read(self) -> WorkspaceStatus:
        """Return what there is now; whatever is wrong with a file, the rest is shown."""
        # loaded here, in the poller's thread: the window opens 10 ms earlier
        from boxwright.runs.evaluation_record import EVALUATION_FILE, EvaluationRecord  # noqa: PLC0415
        from boxwright.runs.model_file import MODEL_FILE, ModelFile  # noqa: PLC0415
        from boxwright.runs.record import RUN_FILE, RunRecord  # noqa: PLC0415
        from boxwright.runs.verdicts import VERDICTS_FILE, VerdictsRecord  # noqa: PLC0415

        workspace = self.workspace
        if self._reads % DAEMON_EVERY == 0 or not self._is_daemon_known:
            self._is_daemon_known = True
            self._daemon = daemon_pid(workspace)
        self._reads += 1
        trouble = ""
        jobs: tuple[Job, ...] = ()
        try:
            jobs = tuple(self._store.newest(JOBS)) if self._store.path.exists() else ()
        except (BoxwrightError, OSError) as error:
            trouble = str(error)
        run = self._read_file(workspace.training / RUN_FILE, _from(RunRecord.from_json))
        findings = self._read_file(workspace.state / FindingsFile.NAME, _from(FindingsFile.from_json))
        evaluation = self._read_file(workspace.training / EVALUATION_FILE, _from(EvaluationRecord.from_json))
        verdicts = self._read_file(workspace.training / VERDICTS_FILE, VerdictsRecord.from_json)
        export = workspace.find_newest_export()
        model = self._read_file(export / MODEL_FILE, ModelFile.from_json) if export is not None else None
        return WorkspaceStatus(
            workspace=workspace,
            daemon=self._daemon,
            daemon_status=self._read_file(status_file(workspace), DaemonStatus.from_json),
            jobs=jobs,
            losses=self._losses.read(),
            evaluation=evaluation,
            verdicts=verdicts,
            mistakes=self._mistakes_of(verdicts, evaluation),
            findings=findings.findings if findings is not None else (),
            export=export.name if export is not None else "",
            best_scores=model.best_scores if model is not None else {},
            device=(run.device or "") if run is not None else "",
            trouble=trouble,
            is_gone=not workspace.root.is_dir(),
        )

    def _mistakes_of(self, verdicts: VerdictsRecord | None, evaluation: EvaluationRecord | None) -> tuple[Mistake, ...]:
        """Return the mistakes; they are listed once for each evaluation."""
        if self._judged[0] is not verdicts or self._judged[1] is not evaluation:
            best = evaluation.best_scores if evaluation is not None else {}
            found = tuple(verdicts.mistakes(min_scores(verdicts, best))) if verdicts is not None else ()
            self._judged = verdicts, evaluation, found
        return self._judged[2]

    def forget_daemon(self) -> None:
        """Ask for the daemon at the next reading."""
        self._is_daemon_known = False

    def _read_file(self, path: Path, make: Callable[[str], T]) -> T | None:
        """Return what a file holds; None when there is none or it is damaged."""
        known = self._files.get(path)
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if known is None or known[0] != stamp:
                known = self._files[path] = (stamp, make(path.read_text("utf-8")))
        except PermissionError:  # on Windows also while a new file takes its place
            pass
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        value: T | None = known[1] if known is not None else None
        return value


def _from(from_json: Callable[[Any], T]) -> Callable[[str], T]:
    """Return a function of a file's text instead of its JSON value."""
    return lambda text: from_json(json.loads(text))
