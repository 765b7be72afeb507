"""The question about a folder of images that another window has open."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PyQt5.QtWidgets import QMessageBox, QWidget

from boxwright_labelimg.i18n import tr


class Choice(Enum):
    """The user's answer."""

    READ_ONLY = 1
    EDIT = 2
    CANCEL = 3


def ask_about_open_folder(parent: QWidget, folder: Path) -> Choice:
    """Ask whether the boxes of a folder are only to be looked at, while another window edits them."""
    box = QMessageBox(QMessageBox.Question, tr("The folder is open already"), "", parent=parent)
    box.setText(tr("Another window has {folder} open.", folder=folder))
    box.setInformativeText(
        tr("Look at the boxes only, or edit them here, too? What the other window saves is loaded here.")
    )
    look = box.addButton(tr("&Look only"), QMessageBox.AcceptRole)
    edit = box.addButton(tr("&Edit here, too"), QMessageBox.DestructiveRole)
    box.addButton(QMessageBox.Cancel)
    box.setDefaultButton(look)
    box.exec_()
    if box.clickedButton() is look:
        return Choice.READ_ONLY
    return Choice.EDIT if box.clickedButton() is edit else Choice.CANCEL
