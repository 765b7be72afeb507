"""The question about an annotation file that another program changed."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PyQt5.QtWidgets import QMessageBox, QWidget

from boxwright_labelimg.i18n import tr


class Choice(Enum):
    """The user's answer."""

    OVERWRITE = 1
    RELOAD = 2
    CANCEL = 3


def ask_about_changed_file(parent: QWidget, file: Path) -> Choice:
    """Ask which boxes are to be kept: those of this window, or those of the file."""
    box = QMessageBox(QMessageBox.Warning, tr("The boxes changed outside"), "", parent=parent)
    box.setText(tr("Another program has changed {file} since it was opened here.", file=file))
    box.setInformativeText(tr("Keep the boxes of this window, or load those of the file?"))
    overwrite = box.addButton(tr("&Keep these boxes"), QMessageBox.AcceptRole)
    reload = box.addButton(tr("&Load the file"), QMessageBox.DestructiveRole)
    box.addButton(QMessageBox.Cancel)
    box.setDefaultButton(QMessageBox.Cancel)
    box.exec_()
    if box.clickedButton() is overwrite:
        return Choice.OVERWRITE
    return Choice.RELOAD if box.clickedButton() is reload else Choice.CANCEL
