"""Training, evaluating, exporting a model, and TensorBoard."""

from __future__ import annotations

import subprocess
from functools import partial

from boxwright.workspace import Workspace
from boxwright_labelimg.client import commands
from boxwright_labelimg.controllers.queueing import QueueingController
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.opening import open_path


class TrainingController(QueueingController):
    """Asks how, and queues the jobs that need a device."""

    def __post_init__(self) -> None:
        """Start nothing yet."""
        self._tensorboard: tuple[Workspace, subprocess.Popen[str]] | None = None

    def train(self) -> None:
        """Ask how to train, and queue the training."""
        self._workspaces.prepare(self._ask_how_to_train, title=tr("Train"))

    def evaluate(self) -> None:
        """Measure the newest checkpoint."""
        if self._session.workspace is not None:
            self._jobs.submit(self._session.workspace, "evaluate")

    def export_model(self) -> None:
        """Ask which checkpoint, and export a model of it."""
        from boxwright_labelimg.dialogs.export_model import ExportModelDialog  # noqa: PLC0415  # loaded when it opens

        workspace = self._session.workspace
        if workspace is None:
            return
        dialog = ExportModelDialog(workspace, self._host.parent)
        if dialog.exec_():
            self._jobs.submit(workspace, "export", dialog.options())

    def open_tensorboard(self) -> None:
        """Show the curves in the browser."""
        workspace = self._session.workspace
        if workspace is None:
            return
        if self._tensorboard is not None and self._tensorboard[0] == workspace and self._tensorboard[1].poll() is None:
            self.close()  # started again, it opens the browser again
        port = commands.free_port()
        address = f"http://{commands.LOCALHOST}:{port}"
        self._host.show_message(tr("TensorBoard starts at {address}; the browser opens it.", address=address), 0)

        def started(child: subprocess.Popen[str]) -> None:
            self.close()
            self._tensorboard = (workspace, child)

        self._session.do(partial(commands.open_tensorboard, workspace, port), started)

    def open_report(self) -> None:
        """Make the page about the training, and show it in the browser."""
        workspace = self._session.workspace
        if workspace is None:
            return
        self._host.show_message(tr("Making the report; the browser opens in some seconds."))
        self._session.do(partial(commands.make_report, workspace), lambda page: open_path(page, self._host.parent))

    def close(self) -> None:
        """End TensorBoard."""
        if self._tensorboard is not None:
            self._tensorboard[1].terminate()
            self._tensorboard = None

    def _ask_how_to_train(self, workspace: Workspace) -> None:
        from boxwright_labelimg.dialogs.train import TrainDialog  # noqa: PLC0415  # loaded when it opens

        dialog = TrainDialog(workspace, self._host.parent)
        if dialog.exec_():
            self._docks.show_training()
            self._jobs.submit(workspace, "train", dialog.options())
