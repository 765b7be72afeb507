"""The question about an annotation file that another program changed."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PyQt5.QtWidgets import QWidget

from boxwright_labelimg.dialogs.questions import choose
from boxwright_labelimg.i18n import tr


class Choice(Enum):
    """The user's answer."""

    OVERWRITE = 1
    RELOAD = 2
    CANCEL = 3


def ask_about_changed_file(parent: QWidget, file: Path) -> Choice:
    """Ask which boxes are to be kept: those of this window, or those of the file."""
    return choose(
        parent,
        tr("The boxes changed outside"),
        tr("Another program has changed {file} since it was opened here.", file=file),
        tr("Keep the boxes of this window, or load those of the file?"),
        {tr("&Keep these boxes"): Choice.OVERWRITE, tr("&Load the file"): Choice.RELOAD},
        cancel=Choice.CANCEL,
        default=Choice.CANCEL,
    )
