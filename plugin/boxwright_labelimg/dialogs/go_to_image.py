"""The question for the name of an image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QListWidget, QVBoxLayout, QWidget

from boxwright_labelimg.i18n import tr

SHOWN = 200  # names; more are found with more letters


class GoToImageDialog(QDialog):
    """Lists the images whose name contains what is typed; Return takes the chosen one.

    Attributes:
        name: What the user types.
        found: The names that contain it.
    """

    def __init__(self, images: Sequence[Path], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Go to image"))
        self._images = images
        self._found: list[Path] = []
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("A part of the name"))
        self.name.textChanged.connect(self._search)
        self.found = QListWidget()
        self.found.setFocusPolicy(Qt.ClickFocus)
        self.found.itemDoubleClicked.connect(lambda _: self.accept())
        buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.name)
        column.addWidget(self.found)
        column.addWidget(buttons)
        self.resize(380, 320)
        self._search("")

    def image(self) -> Path | None:
        """Return the chosen image, None without one."""
        row = self.found.currentRow()
        return self._found[row] if 0 <= row < len(self._found) else None

    def _search(self, text: str) -> None:
        self._found = [image for image in self._images if text.casefold() in image.name.casefold()][:SHOWN]
        self.found.clear()
        self.found.addItems([image.name for image in self._found])
        self.found.setCurrentRow(0)
