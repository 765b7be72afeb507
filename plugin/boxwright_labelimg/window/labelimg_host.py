"""labelImg's window as a Host: the only module that knows how labelImg holds images and boxes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QPointF
from PyQt5.QtWidgets import QWidget

from boxwright.annotations.overlap import Edges
from boxwright_labelimg.client.memory import SAVE_FOLDERS, key, recall, remember
from boxwright_labelimg.host import Box, HostListener
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.history import BoxHistory, BoxStates, apply_state, state_of
from boxwright_labelimg.window.overlay import paint_overlay
from boxwright_labelimg.window.patched_window import labelimg
from boxwright_labelimg.window.suggested_shape import SUGGESTED_FILL, SUGGESTED_LINE, SuggestedShape

if TYPE_CHECKING:
    from boxwright_labelimg.client.mistake_list import OverlayBox
    from boxwright_labelimg.window.patched_window import PatchedMainWindow

LOOKED_AT = 2000  # files of a folder; more would be felt when an image opens


class LabelImgHost:
    """Implements Host. A box's key is its labelImg Shape.

    Attributes:
        listeners: In the order in which they are called.
        history: The edits of the open image.
    """

    def __init__(self, window: PatchedMainWindow, given_save_folder: str | None) -> None:
        """Adapt a window that is built.

        Args:
            window: Which one.
            given_save_folder: The user gave it when the program started, for the folder that is opened first.
        """
        self._window = window
        self._given_classes = tuple(label for label in window.label_hist if label)
        self._given_save_folder = given_save_folder
        self._suggested: dict[int, Any] = {}  # shapes that were suggested, by id
        self._unaccepted: set[int] = set()  # ids of those that are still suggestions
        self.listeners: list[HostListener] = []
        self.history = BoxHistory(window, self.states, self.show_states)

    @property
    def parent(self) -> QWidget:
        """The window."""
        return self._window

    @property
    def image(self) -> Path | None:
        """The image that is open."""
        return Path(self._window.file_path) if self._window.file_path else None

    @property
    def images(self) -> Sequence[Path]:
        """The images of the open folder."""
        return [Path(path) for path in self._window.m_img_list]

    @property
    def images_folder(self) -> Path | None:
        """The folder that is open, or that of the open image."""
        if self.image is not None:
            return self._folder_of(self.image)
        return Path(self._window.dir_name).absolute() if self._window.dir_name else None

    @property
    def save_folder(self) -> Path | None:
        """labelImg's save directory, None where it asks."""
        folder = self._window.default_save_dir
        return Path(folder) if folder else None

    @property
    def given_classes(self) -> Sequence[str]:
        """Those of the class file."""
        return self._given_classes

    @property
    def is_edited(self) -> bool:
        """Whether there is something to save."""
        return bool(self._window.dirty)

    # boxes
    def boxes(self) -> Sequence[Box]:
        """Return the shapes of the canvas."""
        return [self._box(shape) for shape in self._window.canvas.shapes]

    def states(self) -> BoxStates:
        """Return the shapes of the canvas as they are at the moment."""
        shapes = self._window.canvas.shapes
        return tuple(state_of(shape, is_suggested=id(shape) in self._unaccepted) for shape in shapes)

    def show_states(self, states: BoxStates) -> None:
        """Show these boxes instead of those of the canvas."""
        window, canvas = self._window, self._window.canvas
        selected = canvas.selected_shape
        self._unaccepted = {id(state.shape) for state in states if state.is_suggested}
        canvas.un_highlight()
        canvas.visible = {}  # labelImg shows all boxes whenever its list changes
        canvas.shapes = [state.shape for state in states]
        if selected is not None and selected not in canvas.shapes:
            canvas.de_select_shape()
            selected = None
        window.label_list.blockSignals(True)  # it would take each box for edited
        window.items_to_shapes.clear()
        window.shapes_to_items.clear()
        window.label_list.clear()
        for state in states:
            apply_state(state)
            _colour_by_class(state.shape)
            window.add_label(state.shape)
            if state.is_suggested:
                self._show_as_suggested(state.shape)
        if selected is not None:
            window.shapes_to_items[selected].setSelected(True)
        window.label_list.blockSignals(False)
        for action in window.actions.onShapesPresent:
            action.setEnabled(bool(states))
        canvas.update()

    def add_suggested_box(self, label: str, edges: Edges, score: float) -> Box:
        """Add a shape in orange, within the image."""
        window = self._window
        shape = SuggestedShape(label, score)
        width, height = window.canvas.pixmap.width(), window.canvas.pixmap.height()
        xmin, xmax = (min(max(x, 0.0), width) for x in edges[0::2])
        ymin, ymax = (min(max(y, 0.0), height) for y in edges[1::2])
        for x, y in ((xmin, ymin), (xmax, ymin), (xmax, ymax), (xmin, ymax)):
            shape.add_point(QPointF(x, y))
        shape.close()
        self._suggested[id(shape)] = shape
        self._unaccepted.add(id(shape))
        window.canvas.shapes.append(shape)
        window.add_label(shape)
        self._show_as_suggested(shape)
        window.canvas.update()
        self.history.refresh()
        return self._box(shape)

    def accept_box(self, box: Box) -> None:
        """Give the shape the colour of its class."""
        window, shape = self._window, box.key
        self._unaccepted.discard(id(shape))
        _colour_by_class(shape)
        item = window.shapes_to_items[shape]
        item.setBackground(labelimg.generate_color_by_text(item.text()))
        item.setToolTip("")
        window.canvas.update()

    def remove_box(self, box: Box) -> None:
        """Remove the shape, and every trace of it on the canvas."""
        window, shape = self._window, box.key
        canvas = window.canvas
        if canvas.selected_shape is shape:
            canvas.de_select_shape()
        if canvas.h_shape is shape:
            canvas.h_shape = canvas.h_vertex = None
        canvas.shapes.remove(shape)
        window.remove_label(shape)
        canvas.update()
        self.history.refresh()

    def delete_box(self, box: Box) -> None:
        """Delete the shape as the user does."""
        self._window.canvas.select_shape(box.key)
        self._window.delete_selected_shape()

    def save(self) -> bool:
        """Save as Ctrl+S does."""
        self._window.save_file()
        return not self._window.dirty and self._window.annotation_file() is not None

    def select_box(self, number: int) -> None:
        """Select a row of the list, which selects the shape."""
        if 0 < number <= self._window.label_list.count():
            self._window.label_list.setCurrentRow(number - 1)
        self._window.canvas.setFocus()

    def mark_edited(self) -> None:
        """Make labelImg ask before the boxes are lost."""
        self._window.set_dirty()

    def selected_box(self) -> Box | None:
        """Return the selected shape."""
        shape = self._window.canvas.selected_shape
        return None if shape is None else self._box(shape)

    def relabel_box(self, box: Box, label: str) -> None:
        """Change the text in the list, which changes the shape."""
        item = self._window.shapes_to_items[box.key]
        item.setText(label)
        item.setBackground(labelimg.generate_color_by_text(label))
        self._window.update_combo_box()

    def draw_box(self, label: str) -> None:
        """Begin to draw, without the label dialog at the end."""
        self._window.draw_next(label)

    def offer_classes(self, numbered: Sequence[str], recent: Sequence[str]) -> None:
        """Show the classes in the label dialog and in the menu."""
        window = self._window
        window.label_hist[:] = numbered  # labelImg writes YOLO's numbers in this order
        window.dialog_classes = [*recent, *(label for label in numbered if label not in recent)]
        window.prev_label_text = window.dialog_classes[0] if recent or len(numbered) == 1 else ""
        window.show_class_keys(numbered)

    def adding(self, shape: Any) -> None:
        """Colour a copy of a suggested box: the user made it."""
        if shape.line_color == SUGGESTED_LINE and id(shape) not in self._unaccepted:
            _colour_by_class(shape)

    # images, folders, format
    def may_close_image(self) -> bool:
        """Ask labelImg's question."""
        return bool(self._window.may_continue())

    def open_image(self, image: Path) -> bool:
        """Open an image; in the list of files it is the current one."""
        window = self._window
        if not window.may_continue():
            return False
        if str(image) in window.m_img_list:
            window.cur_img_idx = window.m_img_list.index(str(image))
            window.file_list_widget.setCurrentRow(window.cur_img_idx)
        window.load_file(str(image))
        return True

    def show_overlay(self, boxes: Sequence[OverlayBox]) -> None:
        """Paint boxes over labelImg's."""
        canvas = self._window.canvas
        if boxes or canvas.overlay is not None:
            canvas.overlay = partial(paint_overlay, boxes=tuple(boxes)) if boxes else None
            canvas.update()

    def sort_images(self, images: Sequence[Path]) -> None:
        """Sort labelImg's list, by which its keys for the next and the previous image go, too."""
        window = self._window
        window.m_img_list = [str(image) for image in images]
        window.file_list_widget.clear()
        window.file_list_widget.addItems(window.m_img_list)
        if window.file_path in window.m_img_list:
            window.cur_img_idx = window.m_img_list.index(window.file_path)
            window.file_list_widget.setCurrentRow(window.cur_img_idx)

    def open_folder(self, folder: Path) -> None:
        """Open a folder."""
        self._window.import_dir_images(str(folder))

    def users_save_folder(self, image: Path) -> Path | None:
        """Return the save directory of the user's choice; one that was given is that of the folder of now."""
        folder = self._folder_of(image)
        if self._given_save_folder:
            remember(SAVE_FOLDERS, folder, Path(self._given_save_folder).absolute())
            self._given_save_folder = None
        elif self._chosen(folder) is None:
            self._take_labelimgs_save_folder(folder)
        return self._chosen(folder)

    def set_save_folder(self, folder: Path | None, *, is_users_choice: bool = False) -> None:
        """Set labelImg's save directory."""
        self._window.default_save_dir = None if folder is None else str(folder)
        images = self.images_folder
        if is_users_choice and folder is not None and images is not None:
            remember(SAVE_FOLDERS, images, folder.absolute())

    def restore_users_save_folder(self) -> None:
        """Set labelImg's save directory to the user's choice, for labelImg's settings."""
        images = self.images_folder
        if images is not None:
            self.set_save_folder(self._chosen(images))

    def _take_labelimgs_save_folder(self, folder: Path) -> None:
        """Take the save directory of labelImg's settings for that of a folder, if images of it have their boxes there.

        labelImg remembers one for all folders; it belongs to the one that it had open last.
        """
        last, saved = (self._window.settings.get(name) for name in ("lastOpenDir", "savedir"))
        if not last or not saved or Path(last).absolute() != folder:
            return
        stems = {Path(image).stem for image in self._window.m_img_list}
        with contextlib.suppress(OSError), os.scandir(saved) as entries:
            if any(Path(entry.name).stem in stems for entry in islice(entries, LOOKED_AT)):
                remember(SAVE_FOLDERS, folder, Path(saved).absolute())

    def _chosen(self, images: Path) -> Path | None:
        chosen = recall(SAVE_FOLDERS).get(key(images))
        return Path(chosen) if chosen is not None and Path(chosen).is_dir() else None

    def _folder_of(self, image: Path) -> Path:
        """Return the folder of images that is open with an image in it."""
        image, opened = image.absolute(), self._window.dir_name
        if opened and image.is_relative_to(Path(opened).absolute()):
            return Path(opened).absolute()
        return image.parent

    # messages
    def show_message(self, text: str, seconds: float = 5.0) -> None:
        """Show a line in labelImg's status bar."""
        self._window.status(text, round(1000 * seconds))

    def add_listener(self, listener: HostListener) -> None:
        """Call a listener from now on."""
        self.listeners.append(listener)

    def image_closed(self) -> None:
        """Forget what was suggested in the image, and call the listeners."""
        self._suggested, self._unaccepted = {}, set()
        for listener in self.listeners:
            listener.image_closed()

    def _show_as_suggested(self, shape: Any) -> None:
        shape.line_color, shape.fill_color = SUGGESTED_LINE, SUGGESTED_FILL
        item = self._window.shapes_to_items[shape]
        item.setBackground(SUGGESTED_FILL)
        item.setToolTip(tr("Suggested, score {score:.2f}", score=shape.score))
        self._window.actions.save.setEnabled(True)  # to save is to accept

    def _box(self, shape: Any) -> Box:
        xs, ys = [point.x() for point in shape.points], [point.y() for point in shape.points]
        edges = min(xs), min(ys), max(xs), max(ys)
        return Box(shape, shape.label, edges, bool(shape.difficult), id(shape) in self._unaccepted)


def _colour_by_class(shape: Any) -> None:
    shape.line_color = shape.fill_color = labelimg.generate_color_by_text(shape.label)
