"""Opening the image and the box that a finding is about."""

from __future__ import annotations

from pathlib import Path

from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.host import Host
from boxwright_labelimg.i18n import tr


class FindingsController:
    """Opens what is chosen in the dock Findings."""

    def __init__(self, host: Host, session: Session, docks: Docks) -> None:
        """Connect the dock."""
        self._host = host
        self._session = session
        docks.findings.opened.connect(self.open)

    def open(self, file: str, number: int) -> None:
        """Open the image that a finding is about, and select the box.

        Args:
            file: The image or its annotation file, relative to the workspace.
            number: The object's place in the annotation file, from 1; 0 for none.
        """
        image = self._image_of(file)
        if image is None:
            self._host.show_message(tr("{file} is not an image of this folder.", file=file))
        elif image == self._host.image or self._host.open_image(image):
            self._host.select_box(number)

    def _image_of(self, file: str) -> Path | None:
        if self._session.workspace is None:
            return None
        wanted = self._session.workspace.root / file
        same_stem = [path for path in self._host.images if path.stem == wanted.stem]
        for path in same_stem:
            if path.name == wanted.name or _are_in_one_folder(path, wanted):
                return path
        return same_stem[0] if same_stem else None


def _are_in_one_folder(one: Path, other: Path) -> bool:
    try:
        return one.parent.samefile(other.parent)
    except OSError:
        return False
