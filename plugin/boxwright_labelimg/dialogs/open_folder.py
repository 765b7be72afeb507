"""The question about a folder of images that another window has open."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PyQt5.QtWidgets import QWidget

from boxwright_labelimg.dialogs.questions import choose
from boxwright_labelimg.i18n import tr


class Choice(Enum):
    """The user's answer."""

    READ_ONLY = 1
    EDIT = 2
    CANCEL = 3


def ask_about_open_folder(parent: QWidget, folder: Path) -> Choice:
    """Ask whether the boxes of a folder are only to be looked at, while another window edits them."""
    return choose(
        parent,
        tr("The folder is open already"),
        tr("Another window has {folder} open.", folder=folder),
        tr("Look at the boxes only, or edit them here, too? What the other window saves is loaded here."),
        {tr("&Look only"): Choice.READ_ONLY, tr("&Edit here, too"): Choice.EDIT},
        cancel=Choice.CANCEL,
        default=Choice.READ_ONLY,
    )
