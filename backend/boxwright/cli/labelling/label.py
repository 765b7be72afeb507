"""`boxwright label`: labelImg with training in its menus."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from boxwright.errors import BoxwrightError, UsageError

NEEDED = {"labelImg": "labelImg", "PyQt5": "PyQt5", "boxwright_labelimg": "boxwright"}
"""Module to the package that brings it."""


def label(
    place: Annotated[
        Path | None,
        typer.Argument(
            metavar="IMAGE_DIR_OR_WORKSPACE",
            help="What to open; else use Open Dir.",
            show_default=False,
        ),
    ] = None,
    class_file: Annotated[
        str | None,
        typer.Argument(metavar="CLASS_FILE", help="Class names to choose from, one a line.", show_default=False),
    ] = None,
    save_dir: Annotated[
        str | None,
        typer.Argument(metavar="SAVE_DIR", help="Where XML goes; by default beside the photos.", show_default=False),
    ] = None,
) -> None:
    """Draw boxes in labelImg, with Export dataset, Train and Suggest boxes in its menus.

    Starts the labelImg that is installed, unchanged on the disk, with its crashes on Python 3.10 and newer fixed.

    Example:
      boxwright label my_photos
      boxwright label training_demo
    """
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise BoxwrightError(f"labelImg is not here. Install it with: pip install {' '.join(missing)}")
    if place is not None and not place.exists():
        raise UsageError(f"{place}: there is no such file or folder.")
    if class_file and not Path(class_file).is_file():  # "" is none, as in labelImg
        raise UsageError(f"{class_file} is no file. Give a text file with class names, one a line.")
    arguments = [str(Path(given).absolute()) if given else "" for given in (place, class_file, save_dir)]
    while arguments and not arguments[-1]:
        arguments.pop()
    code = subprocess.run([sys.executable, "-m", "boxwright_labelimg", *arguments], check=False).returncode
    if code < 0 or code > 127:
        raise BoxwrightError(
            f"labelImg's window could not be opened, or the system ended it ({code}). On Linux Qt says above which "
            "library is missing; boxwright doctor names the packages."
        )
    raise typer.Exit(code)
