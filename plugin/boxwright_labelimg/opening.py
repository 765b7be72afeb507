"""Opening folders and files with the system's programs; where there is none, the path is shown to be copied."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import QUrl
from PyQt5.QtGui import QDesktopServices
from PyQt5.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from boxwright_labelimg.i18n import tr


def open_path(path: Path, parent: QWidget | None = None) -> None:
    """Open a file or a folder."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        NotOpenedDialog(str(path), parent).exec_()


class NotOpenedDialog(QDialog):
    """Shows what could not be opened, selected, so that Ctrl+C copies it."""

    def __init__(self, text: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Open it yourself"))
        note = QLabel(tr("No program here opens this. Copy it:"))
        self.text = QLineEdit(text)
        self.text.setReadOnly(True)
        self.text.selectAll()
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(note)
        column.addWidget(self.text)
        column.addWidget(buttons)
        self.resize(460, self.sizeHint().height())
