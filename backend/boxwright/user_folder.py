"""The user's own folder, outside of every workspace: what all workspaces share, and what no stranger can send."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "BOXWRIGHT_CACHE"
"""Holds another folder for what a user's workspaces share."""


def shared_folder() -> Path:
    """Return the user's folder for what is shared by all workspaces."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "boxwright"
