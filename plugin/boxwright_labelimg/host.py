"""What the controllers need of an annotation program's window; labelImg's is `window/labelimg_host.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from boxwright.annotations.overlap import Edges

if TYPE_CHECKING:
    from PyQt5.QtWidgets import QWidget

    from boxwright_labelimg.client.mistake_list import OverlayBox


@dataclass(frozen=True)
class Box:
    """A box of the open image, as it is at the moment.

    Attributes:
        key: What identifies the box while its image is open; two boxes are the same when their keys are one object.
        label: The class name.
        edges: Where it is.
        is_difficult: Whether it is marked as hard to recognise.
        is_suggested: Whether it is a suggested box that is not accepted.
    """

    key: object
    label: str
    edges: Edges
    is_difficult: bool = False
    is_suggested: bool = False


class HostListener:
    """Is called when something happened in the window; override what matters."""

    def folder_opening(self, folder: Path) -> None:
        """A folder of images is about to be opened."""

    def folder_opened(self) -> None:
        """A folder of images is open; `Host.images` lists them."""

    def image_opening(self, image: Path) -> None:
        """An image is about to be opened; its annotation file is not yet searched for."""

    def image_opened(self) -> None:
        """Opening an image has ended; `Host.image` says which image is open."""

    def image_closed(self) -> None:
        """The image and its boxes are gone."""

    def boxes_edited(self) -> None:
        """Boxes were drawn, changed or deleted."""

    def boxes_restored(self) -> None:
        """An edit was undone or redone; suggested boxes may have come back, or be accepted again."""

    def boxes_saved(self) -> None:
        """The boxes of the image were saved."""


class Host(Protocol):
    """The window of an annotation program."""

    @property
    def parent(self) -> QWidget:
        """The parent of dialogs."""

    @property
    def image(self) -> Path | None:
        """The image that is open, None without one."""

    @property
    def images(self) -> Sequence[Path]:
        """The images of the open folder, in the program's order."""

    @property
    def images_folder(self) -> Path | None:
        """The folder of images that is open, absolute; None without one."""

    @property
    def save_folder(self) -> Path | None:
        """The folder for annotation files; None where the user is asked at each first save."""

    @property
    def given_classes(self) -> Sequence[str]:
        """The classes that the user gave when the program started."""

    @property
    def is_edited(self) -> bool:
        """Whether boxes differ from the saved ones."""

    def boxes(self) -> Sequence[Box]:
        """Return the boxes of the image, in the program's order."""

    def add_suggested_box(self, label: str, edges: Edges, score: float) -> Box:
        """Show a suggested box with its score, clipped to the image, in a colour of its own; no edit; can be saved."""

    def accept_box(self, box: Box) -> None:
        """Show a suggested box as one of the user's."""

    def remove_box(self, box: Box) -> None:
        """Remove a box; it counts as no edit."""

    def delete_box(self, box: Box) -> None:
        """Delete a box; it counts as an edit."""

    def save(self) -> bool:
        """Save the boxes of the open image, also when there are none; return whether they are saved."""

    def select_box(self, number: int) -> None:
        """Select a box by its place in the program's order, from 1; 0 or an unknown number selects none."""

    def mark_edited(self) -> None:
        """Note that the boxes differ from the saved ones."""

    def selected_box(self) -> Box | None:
        """Return the box that is selected, None without one."""

    def relabel_box(self, box: Box, label: str) -> None:
        """Give a box another class; it counts as an edit."""

    def draw_box(self, label: str) -> None:
        """Let the user draw a box of this class; it is not asked for."""

    def offer_classes(self, numbered: Sequence[str], recent: Sequence[str]) -> None:
        """Offer classes for new boxes.

        Args:
            numbered: All, in the order of their numbers; a menu shows the first nine with their keys.
            recent: Those that were used, the last one first: they come first where a class is asked for.
        """

    def may_close_image(self) -> bool:
        """Ask about unsaved boxes, if there are any; return whether the image may be closed."""

    def open_image(self, image: Path) -> bool:
        """Open an image of the folder; return False when the user keeps the present one, which has unsaved boxes."""

    def show_overlay(self, boxes: Sequence[OverlayBox]) -> None:
        """Show boxes over the image that are none of the user's, instead of those that were shown before."""

    def sort_images(self, images: Sequence[Path]) -> None:
        """List the images of the folder in this order."""

    def open_folder(self, folder: Path) -> None:
        """Open a folder of images; the user may keep the present one, which has unsaved boxes."""

    def users_save_folder(self, image: Path) -> Path | None:
        """Return where the user saves the annotation files of an image's folder; None without a choice."""

    def set_save_folder(self, folder: Path | None, *, is_users_choice: bool = False) -> None:
        """Save annotation files there from now on; the user's choice is remembered for the open folder of images."""

    def show_message(self, text: str, seconds: float = 5.0) -> None:
        """Show a line in the status bar; with 0 seconds until the next one."""

    def add_listener(self, listener: HostListener) -> None:
        """Call a listener from now on, after those that were added before."""
