"""Opening the image and the box that a finding is about."""

from __future__ import annotations

from pathlib import Path

from boxwright.findings import Finding
from boxwright_labelimg.client.finding_list import Fix, fix_of
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Box, Host
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.opening import open_path


class FindingsController:
    """Opens what is chosen in the dock Findings."""

    def __init__(self, host: Host, session: Session, docks: Docks) -> None:
        """Connect the dock."""
        self._host = host
        self._session = session
        docks.findings.opened.connect(self.open)
        docks.findings.fix_wanted.connect(self.fix)

    def open(self, file: str, number: int) -> None:
        """Open the image that a finding is about, and select the box; without an image the file, or its folder.

        Args:
            file: The image or its annotation file, relative to the workspace.
            number: The object's place in the annotation file, from 1; 0 for none.
        """
        image = self.image_of(file)
        if image is None:
            self._open_file(file)
        elif image == self._host.image or self._host.open_image(image):
            self._host.select_box(number)

    def fix(self, finding: Finding) -> None:
        """Do what a finding leaves no choice about, and save; Ctrl+Z undoes it."""
        image = self.image_of(finding.file)
        if image is None or not (image == self._host.image or self._host.open_image(image)):
            return
        boxes, number = self._host.boxes(), finding.object_number or 0
        box = boxes[number - 1] if 0 < number <= len(boxes) else None
        if box is None or box.label != finding.label:
            self._host.show_message(tr("The boxes have changed since: nothing is fixed."), 0)
            return
        if fix_of(finding) is Fix.REMOVE:
            if not any(other.label == box.label and _same(other, box) for other in boxes[: number - 1]):
                self._host.show_message(tr("The boxes have changed since: nothing is fixed."), 0)
                return
            self._host.delete_box(box)
        else:
            self._host.select_box(number)  # the window clips boxes as it opens an image
            self._host.mark_edited()
        if any(each.is_suggested for each in boxes):
            return  # saving would accept the suggestions
        if self._host.save():
            self._host.show_message(tr("Fixed and saved."))

    def _open_file(self, file: str) -> None:
        """Open a file that is no image, or the folder that it was in."""
        workspace = self._session.workspace
        if workspace is None:
            return
        wanted = workspace.root / file
        path = next((each for each in (wanted, *wanted.parents) if each.exists()), workspace.root)
        self._host.show_message(tr("{file} is not an image of this folder.", file=file or workspace.root))
        open_path(path if path.is_relative_to(workspace.root) else workspace.root, self._host.parent)

    def image_of(self, file: str) -> Path | None:
        """Return the image of the open folder that a file relative to the workspace is, or belongs to."""
        if self._session.workspace is None:
            return None
        wanted = self._session.workspace.root / file
        same_stem = [path for path in self._host.images if path.stem == wanted.stem]
        for path in same_stem:
            if path.name == wanted.name or _are_in_one_folder(path, wanted):
                return path
        return same_stem[0] if same_stem else None


def _same(one: Box, other: Box) -> bool:
    return all(round(a) == round(b) for a, b in zip(one.edges, other.edges, strict=True))


def _are_in_one_folder(one: Path, other: Path) -> bool:
    try:
        return one.parent.samefile(other.parent)
    except OSError:
        return False
