"""Named instants at which a test may kill the process, to prove that nothing is half done afterwards."""

from __future__ import annotations

import os

VARIABLE = "BOXWRIGHT_FAILPOINT"
"""Holds the name of the failpoint that ends the process; unset outside of tests."""


def reach(name: str) -> None:
    """End the process here, as abruptly as kill -9, when BOXWRIGHT_FAILPOINT is `name`."""
    if os.environ.get(VARIABLE) == name:
        os._exit(137)
