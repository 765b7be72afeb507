"""Command lines of the tutorials as people type them: flags with one dash, paths with backslashes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path


def with_two_dashes(arguments: Iterable[str], flags: Collection[str]) -> list[str]:
    """Return a command line in which `-label=x` is `--label=x`, as the original's absl takes both.

    Args:
        arguments: The command line without the program.
        flags: Long flags with their two dashes.
    """
    return [f"-{one}" if f"-{one.partition('=')[0]}" in flags else one for one in arguments]


def path_argument(text: str) -> Path:
    """Return a path as it is meant: on systems other than Windows, with slashes when nothing has its backslashes."""
    path = Path(text)
    if os.name == "nt" or "\\" not in text or path.exists():
        return path
    meant = Path(text.replace("\\", "/"))
    return meant if meant.exists() or meant.absolute().parent.is_dir() else path
