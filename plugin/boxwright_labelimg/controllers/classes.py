"""The classes of the open folder: offered for new boxes, and given to a box by a number key."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from boxwright_labelimg.client.classes import ClassList, FoundClasses, find_classes
from boxwright_labelimg.client.folders import annotation_folders
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.host import Box, Host, HostListener
from boxwright_labelimg.i18n import tr


class ClassController(HostListener):
    """Follows which classes the annotation files and the boxes of the open image have, and offers them."""

    def __init__(self, host: Host, session: Session) -> None:
        """Listen to the host."""
        self._host = host
        self._session = session
        self._classes = ClassList()
        self._folder: Path | None = None
        self._file: Path | None = None  # the annotation file of the open image, without its suffix
        self._saved: frozenset[str] = frozenset()  # its labels
        self._boxes: dict[int, Box] = {}  # the user's, by the identity of their keys
        self._offered: tuple[tuple[str, ...], tuple[str, ...]] = (), ()
        host.add_listener(self)
        session.status_changed.connect(self._take_status)

    # actions
    def use_number(self, number: int) -> None:
        """Give the selected box the class of a number from 1; without one, let a box of that class be drawn."""
        if self._host.image is None or number > len(self._classes.numbered):
            return
        label = self._classes.numbered[number - 1]
        box = self._host.selected_box()
        if box is not None:
            self._host.relabel_box(box, label)
            if box.is_suggested and box.label == label:  # no other class, but a person said so
                self._host.accept_box(box)
                self._host.mark_edited()
            self._host.show_message(tr("The box is {label}.", label=label))
        else:
            self._host.draw_box(label)
            self._host.show_message(tr("Draw a box around {label}.", label=label), 0)

    # the host's events
    def folder_opening(self, folder: Path) -> None:
        """Look for the classes of the folder."""
        self._begin(folder.absolute())

    def image_opening(self, image: Path) -> None:
        """Forget what was drawn and not saved in the last image."""
        self.image_closed()
        if self._folder is None or not image.absolute().is_relative_to(self._folder):
            self._begin(image.absolute().parent)

    def image_opened(self) -> None:
        """Take the labels of the image."""
        image = self._host.image
        if image is not None:
            self._file = (self._host.save_folder or image.parent).absolute() / image.stem
            self._boxes = self._users_boxes()
            self._take_saved()

    def image_closed(self) -> None:
        """Forget what was drawn and not saved."""
        if self._file is not None:
            self._classes.set_labels(self._file, self._saved)
            self._file, self._boxes = None, {}
            self._offer()

    def boxes_edited(self) -> None:
        """Take the labels of the boxes; those of new and of relabelled boxes are the last ones that were used."""
        for box in self._follow():
            self._classes.use(box.label)
        self._offer()

    def boxes_restored(self) -> None:
        """Take the labels of the boxes."""
        self._follow()
        self._offer()

    def boxes_saved(self) -> None:
        """Take the labels of the boxes as those of the file."""
        self.boxes_edited()
        self._take_saved()

    def _follow(self) -> list[Box]:
        """Take the labels of the boxes as they are now; return the boxes that are new or relabelled.

        The class of a deleted box stays until the boxes are saved: the box may be drawn again. The class that a box
        had before is not offered any more, if nothing else has it.
        """
        before, self._boxes = self._boxes, self._users_boxes()
        changed = [box for key, box in self._boxes.items() if key not in before or before[key].label != box.label]
        if changed and self._file is not None:
            labels = {box.label for box in self._boxes.values()}
            relabelled = {before[id(box.key)].label for box in changed if id(box.key) in before}
            self._classes.set_labels(self._file, (self._classes.labels_of(self._file) - relabelled) | labels)
        return changed

    def _users_boxes(self) -> dict[int, Box]:
        return {id(box.key): box for box in self._host.boxes() if not box.is_suggested}

    def _take_saved(self) -> None:
        if self._file is not None:
            self._saved = frozenset(box.label for box in self._boxes.values())
            self._classes.set_labels(self._file, self._saved)
            self._offer()

    def _begin(self, folder: Path) -> None:
        self._folder, self._file = folder, None
        self._classes = ClassList(self._host.given_classes)
        self._offer()
        self._session.do(partial(find_classes, annotation_folders(folder)), partial(self._take_found, folder))

    def _take_found(self, folder: Path, found: FoundClasses) -> None:
        if folder == self._folder:
            self._classes.take_found(found)
            self._offer()

    def _take_status(self, status: WorkspaceStatus) -> None:
        if status.daemon_status is not None and status.daemon_status.dataset is not None:
            self._classes.take_dataset(status.daemon_status.dataset.classes)
            self._offer()

    def _offer(self) -> None:
        offered = self._classes.numbered, self._classes.recent
        if offered != self._offered:
            self._offered = offered
            self._host.offer_classes(*offered)
