"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="The workspace.", show_default="the current directory"),
]
"""The workspace of a command: `folder: Folder = Path()`."""
