"""Photos of the open folder that labelImg cannot open: said in the status bar, and converted when the user says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.workflow.converted_photos import ConvertedPhotos, convert_photos, convertible
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.notice import Notice

if TYPE_CHECKING:
    from boxwright_labelimg.window.patched_window import PatchedMainWindow

NAMED = 5  # photos in the tip


class OtherFormats:
    """Looks for such photos in each folder that is opened.

    Attributes:
        notice: How many there are; its button converts them.
    """

    def __init__(self, window: PatchedMainWindow, session: Session) -> None:
        """Know of no photos."""
        self._window = window
        self._session = session
        self._folder: Path | None = None
        self.notice = Notice(window)
        window.statusBar().addPermanentWidget(self.notice)

    def enter(self, folder: Path) -> None:
        """Look through a folder, in a thread: it may hold many files."""
        self._folder = folder
        self.notice.close_notice()
        self._session.do(partial(_look_through, folder), partial(self._show, folder))

    def _show(self, folder: Path, photos: tuple[Path, ...]) -> None:
        if folder != self._folder or not photos:
            return
        formats = ", ".join(sorted({photo.suffix[1:].upper() for photo in photos}))
        text = tr("Not shown: {count:,} {formats}", count=len(photos), formats=formats)
        tip = tr(
            "labelImg cannot open {photos}. Convert writes a JPEG file beside each; the photos stay as they are.",
            photos=", ".join(photo.name for photo in photos[:NAMED]) + (" …" if len(photos) > NAMED else ""),
        )
        self.notice.show_notice(text, tr("&Convert to JPEG"), partial(self._convert, folder, photos), tip)

    def _convert(self, folder: Path, photos: tuple[Path, ...]) -> None:
        self._window.status(tr("Converting {count:,} photos …", count=len(photos)), 0)
        self._session.do(partial(convert_photos, photos), partial(self._show_converted, folder))

    def _show_converted(self, folder: Path, converted: ConvertedPhotos) -> None:
        if converted.written and folder == self._folder:
            self._window.import_dir_images(str(folder))
        if converted.failed:
            photo, reason = converted.failed[0]
            self._window.status(tr("{photo} cannot be converted: {reason}", photo=photo.name, reason=reason), 0)


def _look_through(folder: Path) -> tuple[Path, ...]:
    return convertible(_files(folder))


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in sorted(names))
