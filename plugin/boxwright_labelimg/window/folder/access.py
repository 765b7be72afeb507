"""Whether the boxes of the open folder may be edited in this window: another one may have the folder open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boxwright_labelimg.client.open_folders import OpenFolder
from boxwright_labelimg.dialogs.open_folder import Choice, ask_about_open_folder
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.notice import Notice

if TYPE_CHECKING:
    from boxwright_labelimg.window.patched_window import PatchedMainWindow


class FolderAccess:
    """Holds the folder for as long as it is open.

    Attributes:
        is_read_only: Boxes are shown, and not edited.
        notice: Says so; its button tries again.
    """

    def __init__(self, window: PatchedMainWindow) -> None:
        """Hold no folder."""
        self._window = window
        self._folder: OpenFolder | None = None
        self.is_read_only = False
        self.notice = Notice(window)
        window.statusBar().addPermanentWidget(self.notice)

    def enter(self, folder: Path) -> bool:
        """Hold a folder instead of the one before; return False when the user does not want to open it."""
        held, opened = self._folder, OpenFolder(folder)
        if held is not None:
            held.release()  # it may be the same
        is_free = opened.take()
        choice = Choice.EDIT if is_free else ask_about_open_folder(self._window, folder)
        if choice is Choice.CANCEL:
            if held is not None:
                held.take()
            return False
        self._folder = opened
        self._set_read_only(choice is Choice.READ_ONLY)
        return True

    def leave(self) -> None:
        """Let another window have the folder."""
        if self._folder is not None:
            self._folder.release()
        self._folder = None

    def look_again(self) -> None:
        """Edit from now on, if the other window has left the folder."""
        if self._folder is not None and self._folder.take() and self.is_read_only:
            self._set_read_only(False)
            self._window.status(tr("The other window has left the folder: the boxes can be edited here."), 0)

    def _set_read_only(self, is_read_only: bool) -> None:
        self.is_read_only = self._window.canvas.is_read_only = is_read_only
        if is_read_only:
            tip = tr("Read-only: another window has this folder open.")
            self.notice.show_notice(tr("Read-only"), tr("&Edit here"), self._try_again, tip)
        else:
            self.notice.close_notice()

    def _try_again(self) -> None:
        self.look_again()
        if self.is_read_only:
            self._set_read_only(True)
            self._window.status(tr("The other window still has the folder open."))
