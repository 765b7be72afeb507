"""The three standard streams, as whoever started the program left them: closed, full, or of another code page."""

from __future__ import annotations

import os
import sys


def prepare_streams() -> None:
    """Open closed streams on nothing, and let no character stop the work.

    A closed stream's number would go to the next file that is opened: what TensorFlow writes to stderr, 2, would then
    go into that file.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        # a console of another code page, or a file name that is no Unicode, must not stop the work
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def drop_stdout() -> None:
    """Send what is left to be written to nowhere: the reader is gone, or the disk is full."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
