"""Keeping a process small and quick that holds much in memory for days."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

_M_ARENA_MAX = -8  # malloc.h of glibc
_ARENAS = 1


def share_heap() -> None:
    """Let threads share one heap; by its own choice glibc gives each reading thread one, which it keeps for good."""
    _ask_glibc("mallopt", _M_ARENA_MAX, _ARENAS)


def settle_heap() -> None:
    """Take what is in memory out of later collections: walking through a dataset costs as much as an edit.

    What is free goes back to the system: after thousands of new files that is several megabytes.
    """
    gc.collect()
    gc.freeze()
    _ask_glibc("malloc_trim", 0)


def _ask_glibc(function: str, *arguments: int) -> None:
    """Call a function of the C library; another system, or another library, goes without."""
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            getattr(ctypes.CDLL(None), function)(*arguments)
