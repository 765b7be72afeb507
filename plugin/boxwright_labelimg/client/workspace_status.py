"""A workspace at one moment, as the interface shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boxwright.errors import BoxwrightError
from boxwright.findings import Finding, FindingsFile
from boxwright.jobs.daemon_lock import daemon_pid
from boxwright.jobs.job import DEVICE_KINDS, Job, State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from boxwright_labelimg.client.losses import LossLog

JOBS = 20
PATIENCE = 2.0  # in seconds, for another program that keeps the list of jobs locked
DAEMON_EVERY = 4  # looks; to ask for it is to touch its lock


@dataclass(frozen=True)
class Evaluation:
    """How good the model was when it was last measured.

    Attributes:
        ap50: Mean average precision at IoU .50, None when there was nothing to measure.
        classes: (name, AP at IoU .50 or None) of each class.
        step: Of the checkpoint.
        images: How many it was measured on.
    """

    ap50: float | None
    classes: tuple[tuple[str, float | None], ...]
    step: int
    images: int


@dataclass(frozen=True)
class WorkspaceStatus:
    """What there is to show of a workspace.

    Attributes:
        workspace: Which one.
        daemon: The process that serves it, None when none does.
        status: What the daemon said of itself last: state, message, images, unlabelled, findings.
        jobs: The newest, the newest last.
        losses: (step, loss) of the newest training.
        evaluation: The last one, None before.
        findings: Of the daemon's last look at the files.
        export: The name of the newest exported model, "" when there is none.
        device: What the last training computed with, "" before.
        trouble: Why jobs cannot be read, "" when they can.
    """

    workspace: Workspace
    daemon: int | None = None
    status: Mapping[str, Any] = field(default_factory=dict)
    jobs: tuple[Job, ...] = ()
    losses: tuple[tuple[int, float], ...] = ()
    evaluation: Evaluation | None = None
    findings: tuple[Finding, ...] = ()
    export: str = ""
    device: str = ""
    trouble: str = ""

    @property
    def job(self) -> Job | None:
        """The job to show: one that has the device, else one that is to have it, else the last one worth a word."""
        by_device = sorted(self.jobs, key=lambda job: job.kind in DEVICE_KINDS, reverse=True)
        for state in (State.RUNNING, State.PAUSED, State.QUEUED):
            for job in by_device:
                if job.state is state:
                    return job
        newest = self.jobs[-1] if self.jobs else None
        if newest is not None and newest.state is not State.FAILED:  # a dataset was exported; how was the training?
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
    """Looks at a workspace; what has not changed since the last look is not read again.

    Attributes:
        workspace: Which one.
    """

    def __init__(self, workspace: Workspace) -> None:
        """Look at nothing yet."""
        self.workspace = workspace
        self._store = JobStore(workspace, patience=PATIENCE)
        self._looks = 0
        self._is_daemon_known = False
        self._daemon: int | None = None
        self._losses: LossLog | None = None
        self._files: dict[Path, tuple[tuple[int, int], Any]] = {}

    def look(self) -> WorkspaceStatus:
        """Return what there is now; whatever is wrong with a file, the rest is shown."""
        workspace = self.workspace
        if self._looks % DAEMON_EVERY == 0 or not self._is_daemon_known:
            self._is_daemon_known = True
            self._daemon = daemon_pid(workspace)
        self._looks += 1
        trouble = "" if workspace.root.is_dir() else f"{workspace.root}: there is no such folder any more."
        jobs: tuple[Job, ...] = ()
        try:
            jobs = tuple(self._store.newest(JOBS)) if self._store.path.exists() else ()
        except (BoxwrightError, OSError) as error:
            trouble = str(error)
        return WorkspaceStatus(
            workspace=workspace,
            daemon=self._daemon,
            status=self._read(workspace.state / "status.json", dict, {}),
            jobs=jobs,
            losses=self._loss_points(jobs),
            evaluation=self._read(workspace.training / "evaluation.json", _evaluation, None),
            findings=self._read(workspace.state / "findings.json", _findings, ()),
            export=_newest_export(workspace),
            device=self._read(workspace.training / "run.json", lambda said: str(said.get("device", "")), ""),
            trouble=trouble,
        )

    def forget_daemon(self) -> None:
        """Ask for the daemon at the next look."""
        self._is_daemon_known = False

    def _loss_points(self, jobs: tuple[Job, ...]) -> tuple[tuple[int, float], ...]:
        training = next((job for job in reversed(jobs) if job.kind == "train" and job.attempts), None)
        if training is None:
            return ()
        if self._losses is None or self._losses.job != training.id:
            self._losses = LossLog(self.workspace, training.id)
        return self._losses.points()

    def _read(self, path: Path, make: Callable[[Any], Any], otherwise: Any) -> Any:
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._files.get(path)
            if known is None or known[0] != stamp:
                known = (stamp, make(json.loads(path.read_text("utf-8"))))
                self._files[path] = known
            return known[1]
        except PermissionError:  # on Windows also for as long as a new one is put in its place
            return self._files[path][1] if path in self._files else otherwise
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return otherwise


def _evaluation(said: Mapping[str, Any]) -> Evaluation:
    classes = tuple((str(row["label"]), row["ap50"]) for row in said["classes"])
    ap50 = said["coco"].get("DetectionBoxes_Precision/mAP@.50IOU")
    return Evaluation(ap50, classes, int(said["step"]), int(said["images"]))


def _findings(said: Any) -> tuple[Finding, ...]:
    return FindingsFile.from_json(said).findings


def _newest_export(workspace: Workspace) -> str:
    newest = (0, "")
    try:
        for path in workspace.exports.iterdir():
            if path.is_dir() and not path.name.startswith("."):
                newest = max(newest, (path.stat().st_mtime_ns, path.name))
    except OSError:
        return ""
    return newest[1]
