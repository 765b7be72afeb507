"""Command lines of the tutorials as people type them: flags with one dash, paths with backslashes."""

from __future__ import annotations

import argparse
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


def flags_of(parser: argparse.ArgumentParser) -> tuple[str, ...]:
    """Return the long flags of a parser."""
    return tuple(flag for flag in parser._option_string_actions if flag.startswith("--"))


def path_argument(text: str) -> Path:
    """Return a path as it is meant: on systems other than Windows with slashes, unless its backslashes are there."""
    path = Path(text)
    return path if os.name == "nt" or path.exists() else Path(text.replace("\\", "/"))
