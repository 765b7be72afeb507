"""Queueing jobs; pausing, resuming and cancelling the one under way; logs, and news of trainings that ended."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt5.QtWidgets import QApplication

from boxwright.jobs.job import Job, State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from boxwright_labelimg.client import commands
from boxwright_labelimg.client.job_summary import Help
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Host
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.opening import open_path

if TYPE_CHECKING:
    from boxwright.workflow.common.option import Options


class JobController:
    """Queues jobs, and changes the one under way."""

    def __init__(self, host: Host, session: Session, docks: Docks) -> None:
        """Know of no jobs yet."""
        self._host = host
        self._session = session
        self._docks = docks
        self._ended: set[int] | None = None
        session.status_changed.connect(self._show_ends)
        session.workspace_changed.connect(self._forget)
        docks.training.help_wanted.connect(self.help)

    @property
    def under_way(self) -> Job | None:
        """The job that pause, resume and cancel are about."""
        job = self._session.status.job if self._session.status is not None else None
        return job if job is not None and not job.state.is_end else None

    def submit(
        self,
        workspace: Workspace,
        kind: str,
        options: Options | None = None,
        *,
        then: Callable[[Job], None] | None = None,
    ) -> None:
        """Queue a job, and start a daemon where none runs.

        Args:
            workspace: Of which workspace.
            kind: A kind of job.
            options: Of the type that belongs to the kind; None for the defaults.
            then: Takes the job; by default the status bar shows its number.
        """
        self._session.do(partial(commands.submit, workspace, kind, options), then or self.show_submitted)

    def show_submitted(self, job: Job) -> None:
        """Show that a job is queued."""
        self._host.show_message(tr("Job {number} is queued; it continues when labelImg is closed.", number=job.id))
        self._docks.show_training()

    def pause(self) -> None:
        """Let the job save and release the device."""
        self._change(JobStore.pause)

    def resume(self) -> None:
        """Let the paused job continue."""
        workspace = self._session.workspace
        if workspace is not None:
            self._change(JobStore.resume, then=lambda _: self._start_daemon(workspace))

    def cancel(self) -> None:
        """Let the job save and end."""
        self._change(JobStore.cancel)

    def show_log(self) -> None:
        """Show the log of the newest training, or else of the newest job."""
        status = self._session.status
        if status is not None:
            self._show_log(status.training or status.job)

    def help(self, wanted: Help) -> None:
        """Do what the button of the dock Training offers."""
        workspace, status = self._session.workspace, self._session.status
        if workspace is None:
            return
        if wanted is Help.START_DAEMON:
            self._start_daemon(workspace)
        elif wanted is Help.SHOW_LOG and status is not None:
            self._show_log(status.job)
        elif wanted is Help.RESUME:
            self.resume()
        elif wanted is Help.OPEN_FOLDER and status is not None and status.job is not None:
            open_path(workspace.root / status.job.result.export, self._host.parent)

    def _show_log(self, job: Job | None) -> None:
        from boxwright_labelimg.dialogs.log import LogDialog  # noqa: PLC0415  # dialogs are loaded when they open

        if self._session.workspace is not None and job is not None:
            LogDialog(self._session.workspace, job.id, self._host.parent).exec_()

    def _start_daemon(self, workspace: Workspace) -> None:
        self._session.do(partial(commands.start_daemon, workspace))

    def _change(self, change: Callable[[JobStore, int], Job], then: Callable[[Job], None] = lambda _: None) -> None:
        workspace, job = self._session.workspace, self.under_way
        if workspace is not None and job is not None:
            self._session.do(partial(change, JobStore(workspace), job.id), then)

    def _forget(self) -> None:
        self._ended = None

    def _show_ends(self, status: WorkspaceStatus) -> None:
        """Show in the status bar that a training has ended since the last status."""
        ended = {job.id for job in status.jobs if job.kind == "train" and job.state.is_end}
        new, self._ended = ended - self._ended if self._ended is not None else set(), ended
        job = status.job_of(max(new)) if new else None
        if job is None:
            return
        QApplication.alert(self._host.parent)
        if job.state is State.SUCCEEDED:
            self._host.show_message(tr("The training is done. Suggest boxes (Ctrl+P) asks the new model."), 0)
        elif job.state is State.FAILED:
            self._host.show_message(tr("The training failed; the dock Training shows why."), 0)
