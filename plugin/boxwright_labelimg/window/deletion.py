"""Deleting the open photo: asked for, into the system's trash, and undone from a notice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtWidgets import QListWidgetItem

from boxwright_labelimg.dialogs.questions import confirm
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.notice import Notice
from boxwright_labelimg.window.trash import TrashedFiles

if TYPE_CHECKING:
    from boxwright_labelimg.window.patched_window import PatchedMainWindow

INSTALL = "pip install Send2Trash"


class ImageDeletion:
    """Moves the open photo and its annotation file to the trash.

    Attributes:
        notice: Says what was deleted; its button brings it back.
    """

    def __init__(self, window: PatchedMainWindow) -> None:
        """Have deleted nothing."""
        self._window = window
        self._trashed: TrashedFiles | None = None
        self.notice = Notice(window)
        window.statusBar().addPermanentWidget(self.notice)

    def delete(self) -> None:
        """Ask, move the photo and its annotation file to the trash, and open the next photo."""
        window = self._window
        if not window.file_path or not self._is_wanted():
            return
        if window.dirty and window.canvas.shapes:
            window.save_file()  # what is drawn comes back with the photo
            if window.dirty:
                return
        image = Path(window.file_path)
        annotation = self._own_annotation()
        self.forget()
        try:
            self._trashed = TrashedFiles([image, *([annotation] if annotation else [])])
        except ImportError:
            self._refuse(tr("Send2Trash is not installed. Install it with: {command}", command=INSTALL))
        except OSError as error:
            self._refuse(tr("{file} cannot be moved to the trash: {error}", file=image, error=error.strerror or error))
        else:
            index = self._leave()
            text = tr("{image} is in the trash.", image=image.name)
            self.notice.show_notice(text, tr("&Undo"), lambda: self._bring_back(image, index))

    def forget(self) -> None:
        """Leave what was deleted in the trash."""
        self.notice.close_notice()
        if self._trashed is not None:
            self._trashed.forget()
            self._trashed = None

    def _is_wanted(self) -> bool:
        window = self._window
        name = Path(window.file_path).name
        has_boxes = bool(window.canvas.shapes) or self._own_annotation() is not None
        question = tr("Move {image} and its boxes to the trash?", image=name)
        return confirm(
            window,
            tr("Delete image"),
            question if has_boxes else tr("Move {image} to the trash?", image=name),
        )

    def _own_annotation(self) -> Path | None:
        """Return the annotation file, None without one or when it belongs to another photo of that name, too."""
        image, annotation = Path(self._window.file_path), self._window.annotation_file()
        others = (Path(path) for path in self._window.m_img_list if path != str(image))
        is_shared = any(other.stem == image.stem and other.parent == image.parent for other in others)
        return None if is_shared or annotation is None or not annotation.exists() else annotation

    def _refuse(self, reason: str) -> None:
        self._window.error_message(tr("The image is not deleted"), reason)

    def _leave(self) -> int | None:
        """Open the photo that takes the place of the deleted one; return its place in the list, None without one."""
        window = self._window
        window.dirty = False
        if window.file_path not in window.m_img_list:
            window.close_file()
            return None
        index: int = window.m_img_list.index(window.file_path)
        del window.m_img_list[index]
        window.file_list_widget.takeItem(index)
        window.img_count = len(window.m_img_list)
        window.cur_img_idx = max(0, min(index, window.img_count - 1))
        if window.m_img_list:
            window.load_file(window.m_img_list[window.cur_img_idx])
        else:
            window.close_file()
        return index

    def _bring_back(self, image: Path, index: int | None) -> None:
        window = self._window
        if self._trashed is None:
            return
        trashed, self._trashed = self._trashed, None
        try:
            trashed.bring_back()
        except OSError as error:
            text = tr("{file} cannot be brought back: {error}", file=image, error=error.strerror or error)
            window.error_message(tr("The image is still in the trash"), text)
            return
        if not window.may_continue():
            return
        if index is not None:
            window.m_img_list.insert(index, str(image))
            window.file_list_widget.insertItem(index, QListWidgetItem(str(image)))
            window.cur_img_idx, window.img_count = index, len(window.m_img_list)
        window.load_file(str(image))
