"""What Boxwright adds to labelImg's menu "View": the next photo without boxes, a photo by its name, zoom to a box."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QAction

from boxwright_labelimg.client.folders import has_annotation_in
from boxwright_labelimg.i18n import tr

if TYPE_CHECKING:
    from boxwright_labelimg.window.training_window import TrainingWindow

BOX_SHARE = 0.5  # of the window, for a box that is zoomed to
LARGEST_ZOOM = 500  # in percent; labelImg's field ends there


class ViewMenu:
    """The actions, which come first in the menu.

    Attributes:
        next_unlabelled: Opens the next photo without an annotation file.
        previous_unlabelled: Opens the one before.
        jump: Asks for a name, and opens the photo.
        zoom_to_box: Shows the selected box large.
    """

    def __init__(self, window: TrainingWindow) -> None:
        """Put the actions into the menu."""
        self._window = window
        self.next_unlabelled = self._action(tr("Next image &without boxes"), "Shift+D")
        self.next_unlabelled.triggered.connect(partial(self._open_unlabelled, 1))
        self.previous_unlabelled = self._action(tr("&Previous image without boxes"), "Shift+A")
        self.previous_unlabelled.triggered.connect(partial(self._open_unlabelled, -1))
        self.jump = self._action(tr("&Go to image…"), "Ctrl+G")
        self.jump.triggered.connect(self._jump)
        self.zoom_to_box = self._action(tr("&Zoom to the box"), "Z")
        self.zoom_to_box.triggered.connect(self._zoom_to_box)
        menu = window.menus.view
        first = menu.actions()[0]
        menu.insertActions(first, [self.next_unlabelled, self.previous_unlabelled, self.jump, self.zoom_to_box])
        menu.insertSeparator(first)

    def _action(self, text: str, shortcut: str) -> QAction:
        action = QAction(text, self._window)
        action.setShortcut(shortcut)
        return action

    def _open_unlabelled(self, direction: int, *_: object) -> None:
        window = self._window
        images: list[str] = window.m_img_list
        if window.file_path not in images:
            return
        index = images.index(window.file_path)
        after = images[index + 1 :] if direction > 0 else images[:index][::-1]
        found = next((image for image in after if not self._is_labelled(image)), None)
        if found is not None:
            window.host.open_image(Path(found))
        elif direction > 0:
            window.status(tr("All images after this one have boxes."))
        else:
            window.status(tr("All images before this one have boxes."))

    def _is_labelled(self, image: str) -> bool:
        folder = self._window.annotation_folder(image)
        return has_annotation_in(Path(folder) if folder else Path(image).parent, Path(image))

    def _jump(self) -> None:
        from boxwright_labelimg.dialogs.go_to_image import GoToImageDialog  # noqa: PLC0415  # loaded when it opens

        window = self._window
        dialog = GoToImageDialog(window.host.images, window)
        image = dialog.image() if dialog.exec_() else None
        if image is not None:
            window.host.open_image(image)

    def _zoom_to_box(self) -> None:
        window, shape = self._window, self._window.canvas.selected_shape
        if shape is None:
            window.status(tr("Select a box first."))
            return
        box, area = shape.bounding_rect(), window.scroll_area.viewport().size()
        scale = BOX_SHARE * min(area.width() / max(box.width(), 1), area.height() / max(box.height(), 1))
        window.set_zoom(min(max(round(100 * scale), 1), LARGEST_ZOOM))
        window.canvas.adjustSize()
        centre = (box.center() + window.canvas.offset_to_center()) * window.canvas.scale
        for orientation, at, size in (
            (Qt.Horizontal, centre.x(), area.width()),
            (Qt.Vertical, centre.y(), area.height()),
        ):
            window.scroll_bars[orientation].setValue(round(at - size / 2))
