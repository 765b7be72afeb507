"""The docks, and bringing them to the front."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDockWidget, QMainWindow, QStyle, QWidget

from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.docks.findings import FindingsDock
from boxwright_labelimg.docks.mistakes import MistakesDock
from boxwright_labelimg.docks.photo_list import PhotoList
from boxwright_labelimg.docks.training import TrainingDock
from boxwright_labelimg.i18n import tr

LEAST_HEIGHT = 120  # of a dock, in pixels


class Docks:
    """The docks "Training", "Findings" and "Mistakes", and what is added to labelImg's list of photos.

    Attributes:
        training: Jobs, loss curve, average precision.
        findings: What is wrong with images and boxes.
        mistakes: What the model does wrong on the test images.
        photos: Signs, filter, order and progress of the list of photos.
    """

    def __init__(self, window: QMainWindow) -> None:
        """Make them; the window places them."""
        self.training = TrainingDock(window)
        self.findings = FindingsDock(window)
        self.mistakes = MistakesDock(window)
        self.photos = PhotoList(window)
        for dock in (self.training, self.findings, self.mistakes):
            dock.widget().setMinimumSize(self._width_of_tabs(), LEAST_HEIGHT)

    def _width_of_tabs(self) -> int:
        """Return the width in pixels that the tabs of all docks need, with a count of findings."""
        texts = [tr("Training"), tr("Findings"), " (999)", tr("Mistakes"), tr("Mistakes")]  # labelImg's is as long
        metrics, space = self.mistakes.fontMetrics(), self.mistakes.style().pixelMetric(QStyle.PM_TabBarTabHSpace)
        return 4 * space + sum(metrics.horizontalAdvance(text) for text in texts)

    def show_status(self, status: WorkspaceStatus) -> None:
        """Show a workspace as it is now."""
        self.training.show_status(status)
        self.findings.show_status(status)
        self.mistakes.show_status(status)

    def show_nothing(self, *, has_folder: bool = False) -> None:
        """Show that no workspace is open, or that it was not read yet."""
        self.training.show_nothing(has_folder=has_folder)
        self.findings.show_nothing()
        self.mistakes.show_nothing()

    def show_failure(self, message: str) -> None:
        """Show why an action failed."""
        self.show_training()
        self.training.show_notice(message)

    def show_training(self) -> None:
        """Bring the dock Training to the front."""
        _bring_up(self.training)

    def show_findings(self) -> None:
        """Bring the dock Findings to the front."""
        _bring_up(self.findings)

    def go_to_training(self) -> None:
        """Bring the dock Training to the front, and the keyboard into it."""
        _bring_up(self.training, self.training.widget())

    def go_to_findings(self) -> None:
        """Bring the dock Findings to the front, and the keyboard into it."""
        _bring_up(self.findings, self.findings.table)

    def go_to_mistakes(self) -> None:
        """Bring the dock Mistakes to the front, and the keyboard into it."""
        _bring_up(self.mistakes, self.mistakes.list)


def _bring_up(dock: QDockWidget, widget: QWidget | None = None) -> None:
    dock.show()
    dock.raise_()
    if widget is not None:
        widget.setFocus(Qt.ShortcutFocusReason)
