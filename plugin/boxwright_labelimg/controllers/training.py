"""What the menu does about datasets and trainings: ask, hand off, and tell when it has ended."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QApplication, QMessageBox, QProgressDialog

from boxwright.jobs.job import Job, State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from boxwright_labelimg.client import commands
from boxwright_labelimg.client.folders import Setup, is_read, set_up
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.dialogs.export_model import ExportModelDialog
from boxwright_labelimg.dialogs.log import LogDialog
from boxwright_labelimg.dialogs.summary import SummaryDialog
from boxwright_labelimg.dialogs.train import TrainDialog
from boxwright_labelimg.dialogs.workspace import WorkspaceDialog
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.patched_window import labelimg

if TYPE_CHECKING:
    from boxwright_labelimg.window.training_window import TrainingWindow

SHOW_PROGRESS_AFTER = 400  # in milliseconds


class Training:
    """The actions of the menu "Train" that become jobs."""

    def __init__(self, window: TrainingWindow) -> None:
        self._window = window
        self._exporting: int | None = None
        self._ended: set[int] | None = None
        self._progress: QProgressDialog | None = None
        self._tensorboard: tuple[Workspace, subprocess.Popen[str]] | None = None

    # actions
    def export_dataset(self) -> None:
        """Bring the records up to date, and say what is in them."""
        self._prepared(lambda workspace: self._submit(workspace, "export-dataset", then=self._follow_export))

    def train(self) -> None:
        """Ask how, and train."""
        self._prepared(self._ask_how_to_train)

    def pause_training(self) -> None:
        """Save, and let go of the device."""
        self._change_job("hold")

    def resume_training(self) -> None:
        """Go on."""
        window = self._window
        workspace = window.workspace
        if workspace is not None:
            self._change_job("resume", then=lambda _: self._start_daemon(workspace))

    def cancel_training(self) -> None:
        """Save, and end."""
        self._change_job("cancel")

    def evaluate(self) -> None:
        """Measure the newest checkpoint."""
        if self._window.workspace is not None:
            self._submit(self._window.workspace, "evaluate")

    def export_model(self) -> None:
        """Ask which checkpoint, and make a model of it."""
        workspace = self._window.workspace
        if workspace is None:
            return
        dialog = ExportModelDialog(workspace, self._window)
        if dialog.exec_():
            self._submit(workspace, "export", dialog.params())

    def open_tensorboard(self) -> None:
        """Show the curves in the browser."""
        workspace = self._window.workspace
        if workspace is None:
            return
        if self._tensorboard is not None and self._tensorboard[0] == workspace and self._tensorboard[1].poll() is None:
            self._end_tensorboard()  # begun again, it opens the browser again
        self._window.status(tr("Starting TensorBoard; the browser opens in some seconds."))

        def started(child: subprocess.Popen[str]) -> None:
            self._end_tensorboard()
            self._tensorboard = (workspace, child)

        self._window.tasks.do(partial(commands.open_tensorboard, workspace), started, self._failed)

    def show_log(self) -> None:
        """Show what the training said."""
        window = self._window
        job = (
            (window.workspace_status.training or window.workspace_status.job)
            if window.workspace_status is not None
            else None
        )
        if window.workspace is not None and job is not None:
            LogDialog(window.workspace, job.id, window).exec_()

    def help(self, what: str) -> None:
        """Do what the dock's button says."""
        workspace = self._window.workspace
        if what == "start-daemon" and workspace is not None:
            self._start_daemon(workspace)
        elif (
            what == "show-log"
            and workspace is not None
            and self._window.workspace_status
            and self._window.workspace_status.job
        ):
            LogDialog(workspace, self._window.workspace_status.job.id, self._window).exec_()
        elif what == "resume":
            self.resume_training()

    def able(self) -> dict[str, bool]:
        """Return which actions can be done now."""
        window = self._window
        workspace, status = window.workspace, window.workspace_status
        has_folder = window.images_folder() is not None
        job = self._training_job()
        saved = (
            workspace is not None and status is not None and bool(status.training or status.evaluation or status.device)
        )
        return {
            "export_dataset": has_folder and self._exporting is None,
            "train": has_folder,
            "pause_training": job is not None and job.state in (State.RUNNING, State.QUEUED) and not job.ask.value,
            "resume_training": job is not None and job.state is State.PAUSED,
            "cancel_training": job is not None and job.ask.value != "cancel",
            "evaluate": saved,
            "export_model": saved,
            "open_tensorboard": saved,
            "show_log": status is not None and bool(status.jobs),
        }

    # what comes of it
    def look(self, status: WorkspaceStatus) -> None:
        """Take note of how the jobs are."""
        self._say_ends(status)
        if self._exporting is None:
            return
        job = status.job_of(self._exporting)
        if job is None:
            return
        if job.state.is_end:
            self._end_export(status.workspace, job)
        elif self._progress is not None:
            if job.total:
                self._progress.setMaximum(job.total)
            self._progress.setValue(min(job.done, self._progress.maximum() - 1))
            waits = job.state is State.QUEUED and status.daemon is None
            self._progress.setLabelText(tr("Starting …") if waits else job.doing or tr("Looking at the images …"))

    def _say_ends(self, status: WorkspaceStatus) -> None:
        """Tell of trainings that have ended since the last look."""
        ended = {job.id for job in status.jobs if job.kind == "train" and job.state.is_end}
        new, self._ended = ended - self._ended if self._ended is not None else set(), ended
        job = status.job_of(max(new)) if new else None
        if job is None:
            return
        QApplication.alert(self._window)
        if job.state is State.SUCCEEDED:
            self._window.status(tr("The training is done. Suggest boxes (Ctrl+P) asks the new model."), 0)
        elif job.state is State.FAILED:
            self._window.status(tr("The training failed; the dock Training says why."), 0)

    def forget(self) -> None:
        """Another workspace is looked at from now on."""
        self._exporting = None
        self._ended = None
        self._end_progress()

    def close(self) -> None:
        """Let go of what does not outlive the window."""
        self._end_progress()
        self._end_tensorboard()

    # the way there
    def _prepared(self, then: Callable[[Workspace], None]) -> None:
        """Save what is unsaved, make sure that training reads it, and that there is a workspace; then go on.

        Boxes that the user does not want saved stay on the screen: the image is not left.
        """
        window = self._window
        folder = window.images_folder()
        if folder is None or not window.may_continue() or not self._format_is_read():
            return
        if window.workspace is not None:
            if self._place_is_read(window.workspace):
                then(window.workspace)
            return
        dialog = WorkspaceDialog(folder, window)
        if not dialog.exec_():
            return
        window.status(tr("Making {folder} …", folder=dialog.place()), 0)

        def ready(setup: Setup) -> None:
            window.status(tr("The training files go to {folder}.", folder=setup.workspace.root))
            window.join(setup.workspace)
            if setup.images != folder:
                window.import_dir_images(str(setup.images))
            if self._place_is_read(setup.workspace):
                then(setup.workspace)

        window.tasks.do(partial(set_up, folder, dialog.place()), ready, self._failed)

    def _format_is_read(self) -> bool:
        """Return whether labelImg saves what training reads; offers to switch."""
        window = self._window
        formats = labelimg.LabelFileFormat
        if window.label_file_format == formats.PASCAL_VOC:
            return True
        name = "YOLO" if window.label_file_format == formats.YOLO else "CreateML"
        answer = window.ask(
            tr("Train"),
            tr(
                "labelImg saves in the format {name}. Training reads PascalVOC. Switch to PascalVOC? "
                "Files that are saved already stay; images saved as {name} must be saved again.",
                name=name,
            ),
        )
        if answer != QMessageBox.Yes:
            return False
        window.set_format(labelimg.FORMAT_PASCALVOC)
        return True

    def _place_is_read(self, workspace: Workspace) -> bool:
        """Return whether labelImg saves where training reads; offers to."""
        window = self._window
        chosen = window.default_save_dir
        if not chosen or is_read(workspace, Path(chosen)):
            return True
        if not any(Path(chosen).glob("*.xml")):
            window.default_save_dir = None
            return True
        answer = window.ask(
            tr("Train"),
            tr(
                "Your boxes are saved in {folder}, where training does not look. Copy them into {place} and save there "
                "from now on? Nothing is moved or deleted.",
                folder=chosen, place=workspace.annotations,
            ),
        )  # fmt: skip
        if answer != QMessageBox.Yes:
            return False
        window.change_save_dir(workspace.annotations)
        window.tasks.do(partial(commands.copy_xml, Path(chosen), workspace.annotations), lambda _: None, self._failed)
        return True

    def _ask_how_to_train(self, workspace: Workspace) -> None:
        dialog = TrainDialog(workspace, self._window)
        if not dialog.exec_():
            return
        start_over, keep_config, params = dialog.begins_anew(), dialog.keeps_config(), dialog.params()

        def hand_off() -> Job:
            if start_over:
                commands.start_over(workspace, keep_config=keep_config)
            return commands.submit(workspace, "train", params)

        self._window.training_dock.show()
        self._window.training_dock.raise_()
        self._window.tasks.do(hand_off, self._handed_off, self._failed)

    def _submit(
        self, workspace: Workspace, kind: str, params: Mapping[str, str] | None = None, *, then: Any = None
    ) -> None:
        self._window.tasks.do(partial(commands.submit, workspace, kind, params), then or self._handed_off, self._failed)

    def _handed_off(self, job: Job) -> None:
        self._window.status(tr("Job {number} is handed off; it goes on when labelImg is closed.", number=job.id))
        self._window.training_dock.raise_()

    def _start_daemon(self, workspace: Workspace) -> None:
        self._window.tasks.do(partial(commands.start_daemon, workspace), lambda _: None, self._failed)

    def _failed(self, words: str) -> None:
        self._window.training_dock.show()
        self._window.training_dock.raise_()
        self._window.training_dock.show_notice(words)
        self._window.status(words.splitlines()[0] if words else "", 0)

    def _training_job(self) -> Job | None:
        """Return the job that pause, resume and cancel are about."""
        status = self._window.workspace_status
        job = status.job if status is not None else None
        return job if job is not None and not job.state.is_end else None

    def _change_job(self, change: str, then: Callable[[Any], None] = lambda _: None) -> None:
        workspace, job = self._window.workspace, self._training_job()
        if workspace is not None and job is not None:
            self._window.tasks.do(partial(getattr(JobStore(workspace), change), job.id), then, self._failed)

    # the export that is waited for
    def _follow_export(self, job: Job) -> None:
        self._exporting = job.id
        self._window.refresh_actions()
        progress = QProgressDialog(tr("Looking at the images …"), tr("Cancel"), 0, 100, self._window)
        progress.setWindowTitle(tr("Export dataset"))
        progress.setWindowModality(Qt.NonModal)
        progress.setMinimumDuration(SHOW_PROGRESS_AFTER)
        progress.setAutoClose(False)
        progress.setAutoReset(False)
        progress.canceled.connect(partial(self._cancel_export, job.id))
        progress.setValue(0)
        self._progress = progress

    def _cancel_export(self, number: int) -> None:
        workspace = self._window.workspace
        if self._exporting == number and workspace is not None:
            self._window.tasks.do(partial(JobStore(workspace).cancel, number), lambda _: None, lambda _: None)

    def _end_export(self, workspace: Workspace, job: Job) -> None:
        self._exporting = None
        self._end_progress()
        if job.state is State.SUCCEEDED:
            self._window.later(partial(self._summarise, workspace, job))
        elif job.state is State.FAILED:
            self._failed(job.error.split("\n\n", 1)[0])

    def _summarise(self, workspace: Workspace, job: Job) -> None:
        dialog = SummaryDialog(workspace, job, self._window)
        dialog.exec_()
        if dialog.wants_findings:
            self._window.findings_dock.show()
            self._window.findings_dock.raise_()

    def _end_progress(self) -> None:
        if self._progress is not None:
            progress, self._progress = self._progress, None
            progress.canceled.disconnect()
            progress.close()
            progress.deleteLater()

    def _end_tensorboard(self) -> None:
        if self._tensorboard is not None:
            self._tensorboard[1].terminate()
            self._tensorboard = None
