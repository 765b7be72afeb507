"""A host without a window: what the controllers do to it can be read from its attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from boxwright.annotations.overlap import Edges
from boxwright_labelimg.host import Box, HostListener


class FakeHost:
    """Implements Host; every attribute may be set by a test.

    Attributes:
        messages: Shown in the status bar, the last one last.
        suggested: Keys of boxes in the colour of suggestions.
        classes: Offered for new boxes, in the order of their numbers.
        recent: Those that were used, the last one first.
        drawing: The class of the box that the user is to draw.
        selected_key: Of the box that the user has selected.
        chosen_save_folder: By the user.
        closes_image: The user's answer to the question about unsaved boxes.
    """

    def __init__(self, parent: Any = None) -> None:
        self.parent = parent
        self.image: Path | None = None
        self.images: Sequence[Path] = ()
        self.images_folder: Path | None = None
        self.save_folder: Path | None = None
        self.chosen_save_folder: Path | None = None
        self.is_edited = False
        self.messages: list[str] = []
        self.suggested: set[object] = set()
        self.selected = 0
        self.given_classes: Sequence[str] = ()
        self.classes: Sequence[str] = ()
        self.recent: Sequence[str] = ()
        self.drawing = ""
        self.selected_key: object = None
        self.closes_image = True
        self.listeners: list[HostListener] = []
        self.shown: list[Box] = []

    # what the user does
    def draw(self, label: str, edges: Edges) -> Box:
        box = Box(object(), label, edges)
        self.shown.append(box)
        self.mark_edited()
        return box

    def change(self, box: Box, **changes: Any) -> None:
        self.shown = [replace(other, **changes) if other.key is box.key else other for other in self.shown]
        self.mark_edited()

    def delete(self, box: Box) -> None:
        self.shown = [other for other in self.shown if other.key is not box.key]
        self.mark_edited()

    # what the controllers do
    def boxes(self) -> Sequence[Box]:
        return [replace(box, is_suggested=box.key in self.suggested) for box in self.shown]

    def add_suggested_box(self, label: str, edges: Edges, score: float) -> Box:
        box = Box(object(), label, edges, is_suggested=True)
        self.shown.append(box)
        self.suggested.add(box.key)
        return box

    def accept_box(self, box: Box) -> None:
        self.suggested.discard(box.key)

    def remove_box(self, box: Box) -> None:
        self.suggested.discard(box.key)
        self.shown = [other for other in self.shown if other.key is not box.key]

    def delete_box(self, box: Box) -> None:
        self.delete(box)

    def select_box(self, number: int) -> None:
        self.selected = number

    def mark_edited(self) -> None:
        self.is_edited = True
        for listener in self.listeners:
            listener.boxes_edited()

    def selected_box(self) -> Box | None:
        return next((box for box in self.boxes() if box.key is self.selected_key), None)

    def relabel_box(self, box: Box, label: str) -> None:
        self.change(box, label=label)

    def draw_box(self, label: str) -> None:
        self.drawing = label

    def offer_classes(self, numbered: Sequence[str], recent: Sequence[str]) -> None:
        self.classes, self.recent = numbered, recent

    def may_close_image(self) -> bool:
        return self.closes_image

    def open_image(self, image: Path) -> bool:
        if not self.closes_image:
            return False
        for listener in self.listeners:
            listener.image_opening(image)
        self.image, self.shown, self.suggested, self.is_edited = image, [], set(), False
        for listener in self.listeners:
            listener.image_opened()
        return True

    def save(self) -> bool:
        self.is_edited = False
        for listener in self.listeners:
            listener.boxes_saved()
        return True

    def show_overlay(self, boxes: Sequence[Any]) -> None:
        self.overlay = boxes

    def sort_images(self, images: Sequence[Path]) -> None:
        self.images = images

    def open_folder(self, folder: Path) -> None:
        for listener in self.listeners:
            listener.folder_opening(folder)
        self.images_folder = folder
        self.images = sorted(folder.glob("*.jpg"))
        if self.images:
            self.open_image(self.images[0])
        for listener in self.listeners:
            listener.folder_opened()

    def users_save_folder(self, image: Path) -> Path | None:
        return self.chosen_save_folder

    def set_save_folder(self, folder: Path | None, *, is_users_choice: bool = False) -> None:
        self.save_folder = folder
        if is_users_choice:
            self.chosen_save_folder = folder

    def show_message(self, text: str, seconds: float = 5.0) -> None:
        self.messages.append(text)

    def add_listener(self, listener: HostListener) -> None:
        self.listeners.append(listener)
