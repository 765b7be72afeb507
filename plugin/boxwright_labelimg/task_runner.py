"""Hands what threads return to the window: everything from here on runs in the thread of the interface."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from boxwright.errors import BoxwrightError, describe_os_error
from boxwright.workspace import Workspace
from boxwright_labelimg.client.poller import StatusPoller
from boxwright_labelimg.client.suggestion_process import Answer, SuggestionProcess
from boxwright_labelimg.client.workspace_status import WorkspaceStatus

Then = Callable[[Any], None]
Otherwise = Callable[[str], None]


class TaskRunner(QObject):
    """Runs tasks in threads, and emits statuses, answers and results in the interface's thread.

    Attributes:
        status_came: A WorkspaceStatus that differs from the last one.
        answer_came: An Answer of the model.
    """

    status_came = pyqtSignal(object)
    answer_came = pyqtSignal(object)
    _done = pyqtSignal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._poller: StatusPoller | None = None
        self._suggestion_process = SuggestionProcess(self._bring_answer)
        self._is_closed = False
        self._done.connect(lambda then, result: then(result))

    def watch(self, workspace: Workspace | None) -> None:
        """Poll the status of this workspace from now on."""
        if self._poller is None:
            if workspace is None:
                return
            self._poller = StatusPoller(self._bring_status)
        self._poller.watch(workspace)

    def poll_now(self) -> None:
        """Poll the status as soon as possible."""
        if self._poller is not None:
            self._poller.poll_now()

    def ask(self, workspace: Workspace, image: Path) -> None:
        """Ask the model about an image."""
        self._suggestion_process.ask(workspace, image)

    def do(self, task: Callable[[], Any], then: Then, otherwise: Otherwise) -> None:
        """Run a task in a thread of its own.

        Args:
            task: May take time; touches nothing of Qt.
            then: Takes its result.
            otherwise: Takes the message of a failure.
        """

        def work() -> None:
            try:
                result = task()
            except BoxwrightError as error:
                self._hand_over(otherwise, str(error))
            except OSError as error:
                self._hand_over(otherwise, describe_os_error(error))
            except Exception as error:  # a defect of Boxwright; the log has the traceback
                self._hand_over(otherwise, f"{type(error).__name__}: {error}")
                raise
            else:
                self._hand_over(then, result)

        threading.Thread(target=work, name="task", daemon=True).start()

    def close(self) -> None:
        """Emit nothing more; end the model's process."""
        self._is_closed = True
        if self._poller is not None:
            self._poller.close()
        self._suggestion_process.close()

    def _hand_over(self, then: Callable[[Any], None], result: Any) -> None:
        if not self._is_closed:
            self._done.emit(then, result)
            self.poll_now()

    def _bring_status(self, status: WorkspaceStatus) -> None:
        if not self._is_closed:
            self.status_came.emit(status)

    def _bring_answer(self, answer: Answer) -> None:
        if not self._is_closed:
            self.answer_came.emit(answer)
