"""A child that ends with whoever started it: their pipe to its stdin closes, whatever ended them, on every system."""

from __future__ import annotations

import os
import threading

LIFELINE = "BOXWRIGHT_LIFELINE"
"""Set for a child: its stdin is held open by its parent, and nothing else."""


def hold_lifeline() -> None:
    """End this process when its stdin ends, if its parent wished so; children of its own are not concerned."""
    if os.environ.pop(LIFELINE, ""):
        threading.Thread(target=_end_with_stdin, name="lifeline", daemon=True).start()


def _end_with_stdin() -> None:
    try:
        while os.read(0, 1024):
            pass
    except OSError:
        pass  # closed the hard way
    os._exit(1)
