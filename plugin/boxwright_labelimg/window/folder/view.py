"""Shows a folder of images as it was seen last: the image, the zoom, and the first time the window's layout."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QByteArray, Qt

from boxwright_labelimg.client.folder_view import FIT_WIDTH, FIT_WINDOW, MANUAL, FolderView

if TYPE_CHECKING:
    from boxwright_labelimg.window.patched_window import PatchedMainWindow

LARGEST_SHARE = 0.45  # of the window's width, for the docks: the image needs the rest


class ViewMemory:
    """Remembers how the open folder is seen.

    Attributes:
        image: What is opened first; "" for the first image of the folder.
    """

    def __init__(self, window: PatchedMainWindow) -> None:
        """Remember nothing yet."""
        self._window = window
        self._folder: Path | None = None
        self._view = FolderView()
        self.image = ""

    def enter(self, folder: Path) -> None:
        """Recall how a folder was seen, before its images are listed."""
        is_first, self._folder = self._folder is None, folder.absolute()
        self._view = FolderView.of(self._folder) or FolderView()
        self.image = str(self._folder / self._view.image) if self._view.image else ""
        modes = {FIT_WINDOW: self._window.FIT_WINDOW, FIT_WIDTH: self._window.FIT_WIDTH}
        self._window.zoom_mode = modes.get(self._view.zoom_mode, self._window.MANUAL_ZOOM)
        if is_first:  # a window that the user has placed since stays as it is
            self._lay_out()

    def show(self) -> None:
        """Zoom the first image as the last time, and show it in the list."""
        window, mode = self._window, self._view.zoom_mode
        window.actions.fitWindow.setChecked(mode == FIT_WINDOW)
        window.actions.fitWidth.setChecked(mode == FIT_WIDTH)
        if mode == MANUAL and window.file_path and window.file_path == self.image:
            window.set_zoom(self._view.zoom)
        if window.file_path in window.m_img_list:
            window.file_list_widget.setCurrentRow(window.m_img_list.index(window.file_path))

    def leave(self) -> None:
        """Remember how the folder is seen now."""
        window, folder = self._window, self._folder
        if folder is None:
            return
        image = Path(window.file_path) if window.file_path else None
        modes = {window.FIT_WINDOW: FIT_WINDOW, window.FIT_WIDTH: FIT_WIDTH}
        FolderView(
            image=image.relative_to(folder).as_posix() if image is not None and image.is_relative_to(folder) else "",
            zoom_mode=modes.get(window.zoom_mode, MANUAL),
            zoom=window.zoom_widget.value(),
            is_maximized=window.isMaximized(),
            layout=base64.b64encode(bytes(window.saveState())).decode("ascii"),
        ).keep(folder)

    def _lay_out(self) -> None:
        window = self._window
        if self._view.is_maximized:
            window.setWindowState(window.windowState() | Qt.WindowMaximized)
        try:
            layout = base64.b64decode(self._view.layout, validate=True)
        except (binascii.Error, ValueError):
            return
        if layout and window.restoreState(QByteArray(layout)):
            widest = round(window.width() * LARGEST_SHARE)
            if window.dock.width() > widest:  # it was laid out in a larger window
                window.resizeDocks([window.dock], [widest], Qt.Horizontal)
