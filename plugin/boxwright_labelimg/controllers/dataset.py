"""Exporting the dataset: a job that the window waits for, and a summary of what came of it."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QProgressDialog

from boxwright.jobs.job import Job, State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from boxwright_labelimg.client.job_summary import first_paragraph
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.controllers.queueing import QueueingController
from boxwright_labelimg.i18n import tr

SHOW_PROGRESS_AFTER = 400  # in milliseconds


class DatasetController(QueueingController):
    """Exports the dataset, shows the progress, and then the summary."""

    def __post_init__(self) -> None:
        """Wait for no export yet."""
        self._exporting: int | None = None
        self._progress: QProgressDialog | None = None
        self._session.status_changed.connect(self._take_status)
        self._session.workspace_changed.connect(self._forget)

    @property
    def is_exporting(self) -> bool:
        """Whether the window waits for an export."""
        return self._exporting is not None

    def export_dataset(self) -> None:
        """Bring the records up to date, and show what is in them."""
        self._workspaces.prepare(
            lambda workspace: self._jobs.submit(workspace, "export-dataset", then=self._follow),
            title=tr("Export dataset"),
        )

    def close(self) -> None:
        """Close the progress dialog; the export continues without the window."""
        if self._progress is not None:
            progress, self._progress = self._progress, None
            progress.canceled.disconnect()
            progress.close()
            progress.deleteLater()

    def _forget(self) -> None:
        self._exporting = None
        self.close()

    def _follow(self, job: Job) -> None:
        self._exporting = job.id
        self._session.situation_changed.emit()
        progress = QProgressDialog(tr("Looking at the images …"), tr("Cancel"), 0, 100, self._host.parent)
        progress.setWindowTitle(tr("Export dataset"))
        progress.setWindowModality(Qt.NonModal)
        progress.setMinimumDuration(SHOW_PROGRESS_AFTER)
        progress.setAutoClose(False)
        progress.setAutoReset(False)
        progress.canceled.connect(partial(self._cancel, job.id))
        progress.setValue(0)
        self._progress = progress

    def _cancel(self, number: int) -> None:
        workspace = self._session.workspace
        if self._exporting == number and workspace is not None:
            cancel = partial(JobStore(workspace).cancel, number)
            self._session.tasks.do(cancel, lambda _: None, lambda _: None)  # it may have ended meanwhile

    def _take_status(self, status: WorkspaceStatus) -> None:
        job = status.job_of(self._exporting) if self._exporting is not None else None
        if job is None:
            return
        if job.state.is_end:
            self._end(status.workspace, job)
        elif self._progress is not None:
            if job.total:
                self._progress.setMaximum(job.total)
            self._progress.setValue(min(job.done, self._progress.maximum() - 1))
            waits = job.state is State.QUEUED and status.daemon is None
            self._progress.setLabelText(tr("Starting …") if waits else job.doing or tr("Looking at the images …"))

    def _end(self, workspace: Workspace, job: Job) -> None:
        self._forget()
        if job.state is State.SUCCEEDED:
            QTimer.singleShot(0, partial(self._show_summary, workspace, job))
        elif job.state is State.FAILED:
            self._session.failed.emit(first_paragraph(job.error))

    def _show_summary(self, workspace: Workspace, job: Job) -> None:
        from boxwright_labelimg.dialogs.summary import SummaryDialog  # noqa: PLC0415  # loaded when it opens

        dialog = SummaryDialog(workspace, job, self._host.parent)
        dialog.exec_()
        if dialog.wants_findings:
            self._docks.show_findings()
