"""How a folder of images was seen last: which image, which zoom, and how the window was laid out."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from boxwright.files import atomic_write_text
from boxwright.typed_json import from_json_value, to_json_value
from boxwright_labelimg.client.memory import file_of

VERSION = 1
FIT_WINDOW, FIT_WIDTH, MANUAL = "fit-window", "fit-width", "manual"


@dataclass(frozen=True)
class FolderView:
    """A folder of images as the window showed it.

    Attributes:
        image: The open image, relative to the folder, with forward slashes; "" for none.
        zoom_mode: FIT_WINDOW, FIT_WIDTH or MANUAL.
        zoom: In percent, where the mode is MANUAL.
        is_maximized: The window filled the screen.
        layout: Docks and splitters as QMainWindow.saveState returns them, in Base64; "" for none.
        version: Of the file's form.
    """

    image: str = ""
    zoom_mode: str = FIT_WINDOW
    zoom: int = 100
    is_maximized: bool = False
    layout: str = ""
    version: int = VERSION

    def to_json(self) -> str:
        """Return the text of its file."""
        return json.dumps(to_json_value(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> FolderView:
        """Return the view that a file holds.

        Raises:
            ValueError: It holds something else.
        """
        return from_json_value(cls, json.loads(text))

    @classmethod
    def of(cls, folder: Path) -> FolderView | None:
        """Return how a folder was seen last, None before the first time or where that cannot be read."""
        try:
            return cls.from_json(_file(folder).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def keep(self, folder: Path) -> None:
        """Remember it for the next time; where nothing can be written it is forgotten."""
        with contextlib.suppress(OSError):
            _file(folder).parent.mkdir(parents=True, exist_ok=True)
            atomic_write_text(_file(folder), self.to_json())


def _file(folder: Path) -> Path:
    return file_of(folder, "views", ".json")
