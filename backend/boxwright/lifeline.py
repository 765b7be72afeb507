"""A child that ends with whoever started it: their pipe to its stdin closes, whatever ended them, on every system."""

from __future__ import annotations

import os
import sys
import threading

LIFELINE = "BOXWRIGHT_LIFELINE"
"""Set for a child: its parent holds its stdin open for as long as it wants the child."""


def hold_lifeline() -> None:
    """End this process as soon as its stdin ends, whatever it is at, if its parent wished so.

    What the parent writes is read from sys.stdin as ever. Children of this process are not concerned.
    """
    if os.environ.pop(LIFELINE, ""):
        read_end, write_end = os.pipe()
        sys.stdin = os.fdopen(read_end, encoding="utf-8")
        threading.Thread(target=_pass_on, args=(write_end,), name="lifeline", daemon=True).start()


def _pass_on(write_end: int) -> None:
    try:
        while data := os.read(0, 1 << 16):
            os.write(write_end, data)
    finally:  # also when it is closed the hard way
        os._exit(1)
