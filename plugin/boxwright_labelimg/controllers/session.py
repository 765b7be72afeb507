"""What all controllers share: the workspace of the open folder, what was last read of it, and a runner of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from boxwright.workspace import Workspace
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.task_runner import TaskRunner


class Session(QObject):
    """The workspace of the open folder of images.

    Attributes:
        workspace: None as long as the folder has none.
        status: The workspace as it was last read, None before.
        tasks: Runs what takes time.
        workspace_changed: Another workspace, or none, is joined.
        status_changed: The workspace was read and differs from before; carries the WorkspaceStatus.
        situation_changed: Other actions may be possible now.
        failed: A task failed; carries the message.
    """

    workspace_changed = pyqtSignal()
    status_changed = pyqtSignal(object)
    situation_changed = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, parent: QObject) -> None:
        """Join no workspace yet."""
        super().__init__(parent)
        self.workspace: Workspace | None = None
        self.status: WorkspaceStatus | None = None
        self.tasks = TaskRunner(self)
        self.tasks.status_came.connect(self._take_status)

    def join(self, workspace: Workspace | None) -> None:
        """Work with this workspace from now on."""
        if workspace == self.workspace:
            return
        self.workspace, self.status = workspace, None
        self.tasks.watch(workspace)
        self.workspace_changed.emit()
        self.situation_changed.emit()

    def do(self, task: Callable[[], Any], then: Callable[[Any], None] = lambda _: None) -> None:
        """Run a task in a thread of its own; a failure is shown.

        Args:
            task: May take time; touches nothing of Qt.
            then: Takes its result, in the thread of the interface.
        """
        self.tasks.do(task, then, self.failed.emit)

    def _take_status(self, status: WorkspaceStatus) -> None:
        if status.workspace != self.workspace:
            return  # of the workspace before, read while it was left
        self.status = status
        self.status_changed.emit(status)
        self.situation_changed.emit()
