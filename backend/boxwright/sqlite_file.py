"""Work on an SQLite file of the workspace, whose failures are said so that a user can act on them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from boxwright.errors import BoxwrightError

Value = TypeVar("Value")


def work_on(
    path: Path,
    work: Callable[[], Value],
    *,
    move_to_backup: Callable[[sqlite3.DatabaseError], None],
    cannot_be_used: str,
    is_damaged: str,
) -> Value:
    """Return what the work on a file returns; after damage it is tried once more, on a new file.

    Args:
        path: Of the file, for messages.
        work: Opens the file and closes it.
        move_to_backup: Renames a damaged file.
        cannot_be_used: What is wrong while the file is locked or the disk full, for example "the list of jobs cannot be
            used now".
        is_damaged: What is wrong when the new file is damaged as well.

    Raises:
        BoxwrightError: The file cannot be used now.
    """
    for attempt in (1, 2):
        try:
            return work()
        except OSError as error:
            raise BoxwrightError(f"{error.filename or path}: {error.strerror or error}.") from error
        except sqlite3.OperationalError as error:
            raise BoxwrightError(
                f"{path}: {cannot_be_used} ({error}). "
                "Free some disk space or give yourself permission to write there, then try again."
            ) from error
        except sqlite3.DatabaseError as error:
            if attempt == 2:
                raise BoxwrightError(f"{path}: {is_damaged} ({error}).") from error
            move_to_backup(error)
    raise AssertionError("not reached")
