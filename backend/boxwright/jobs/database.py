"""The file .boxwright/jobs.sqlite, opened for one transaction at a time.

One of an earlier Boxwright gets the columns that it lacks; of a damaged one a backup is made.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from boxwright import failpoints
from boxwright.errors import BoxwrightError
from boxwright.files import backup
from boxwright.sqlite_file import Value, work_on

PATIENCE = 20.0  # in seconds, for a list that another program keeps locked

_NEEDED = (
    "id INTEGER PRIMARY KEY AUTOINCREMENT",
    "kind TEXT NOT NULL",
    "params TEXT NOT NULL",
    "state TEXT NOT NULL",
    "created REAL NOT NULL",
)
_ADDED = (  # an earlier Boxwright's list may lack some, and gets them
    "stage TEXT NOT NULL DEFAULT ''",
    "finished TEXT NOT NULL DEFAULT '[]'",
    "doing TEXT NOT NULL DEFAULT ''",
    "done INTEGER NOT NULL DEFAULT 0",
    "total INTEGER",
    "metrics TEXT NOT NULL DEFAULT '{}'",
    "rate REAL",
    "eta REAL",
    "message TEXT NOT NULL DEFAULT ''",
    "waits_for TEXT NOT NULL DEFAULT ''",
    "error TEXT NOT NULL DEFAULT ''",
    "result TEXT NOT NULL DEFAULT '{}'",
    "attempts INTEGER NOT NULL DEFAULT 0",
    "pid INTEGER",
    "request TEXT NOT NULL DEFAULT ''",
    "started REAL",
    "ended REAL",
    "asked REAL",
    "furthest TEXT NOT NULL DEFAULT '[0, 0]'",
    "fruitless INTEGER NOT NULL DEFAULT 0",
    "submitter TEXT NOT NULL DEFAULT ''",
)

_CARRY_REQUESTS_OVER = (  # earlier versions called the column "ask", and two of its values otherwise
    "UPDATE jobs SET request = CASE ask WHEN 'hold' THEN 'pause' WHEN 'pause' THEN 'requeue' ELSE ask END"
)


class JobsFile:
    """The file, which need not exist yet."""

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        """Open nothing yet.

        Args:
            path: In a folder that may be missing, of a folder that exists.
            patience: Seconds to wait for another program that keeps the file locked.
        """
        self.path = path
        self._patience = patience

    def read(self, work: Callable[[sqlite3.Connection], Value]) -> Value:
        """Do `work`, which reads.

        Raises:
            BoxwrightError: The file cannot be used now.
        """
        return self._guarded(work)

    def write(self, name: str, work: Callable[[sqlite3.Connection], Value]) -> Value:
        """Do `work` as one transaction, which is on the disk when this returns.

        Args:
            name: Of the transaction, for the failpoints job-NAME-before, job-NAME-unsaved and job-NAME-saved.
            work: Reads and writes.

        Raises:
            BoxwrightError: The file cannot be used now.
        """

        def transaction(database: sqlite3.Connection) -> Value:
            database.execute("BEGIN IMMEDIATE")
            value = work(database)
            failpoints.reach(f"job-{name}-unsaved")
            database.execute("COMMIT")
            return value

        failpoints.reach(f"job-{name}-before")
        value = self._guarded(transaction)
        failpoints.reach(f"job-{name}-saved")
        return value

    def _guarded(self, work: Callable[[sqlite3.Connection], Value]) -> Value:
        def in_the_file() -> Value:
            with self._open() as database:
                return work(database)

        return work_on(
            self.path,
            in_the_file,
            move_to_backup=self._move_to_backup,
            cannot_be_used="the list of jobs cannot be used now",
            is_damaged="the list of jobs is damaged",
        )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(exist_ok=True)  # but never the workspace, which may have been taken away
        database = sqlite3.connect(self.path, timeout=self._patience, isolation_level=None)
        try:
            database.execute("PRAGMA synchronous = FULL")
            _complete(database)
            yield database
        finally:
            database.close()

    def _move_to_backup(self, _: sqlite3.DatabaseError) -> None:
        """Rename the damaged file, unless another process was quicker and a sound one stands here by now."""
        try:
            with FileLock(f"{self.path}.lock", timeout=self._patience):
                if self._is_sound():
                    return
                backup(self.path)
                self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
        except OSError as error:
            raise BoxwrightError(f"{self.path}: it is damaged and cannot be renamed ({error}).") from error

    def _is_sound(self) -> bool:
        try:
            with self._open() as database:
                return bool(database.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)])
        except sqlite3.OperationalError:
            return True  # busy: the next attempt tells
        except sqlite3.DatabaseError:
            return False


def _complete(database: sqlite3.Connection) -> None:
    """Make the table, or the columns that an earlier Boxwright did not know."""
    names = _names(database)
    if names >= {column.split()[0] for column in (*_NEEDED, *_ADDED)}:
        return
    if names and not names >= {column.split()[0] for column in _NEEDED}:
        raise sqlite3.DatabaseError("it holds another table of this name")
    database.execute("BEGIN IMMEDIATE")
    names = _names(database)  # another process may have done it meanwhile
    if not names:
        database.execute(f"CREATE TABLE jobs ({', '.join((*_NEEDED, *_ADDED))})")
    else:
        for column in _ADDED:
            if column.split()[0] not in names:
                database.execute(f"ALTER TABLE jobs ADD COLUMN {column}")
        if "ask" in names and "request" not in names:
            database.execute(_CARRY_REQUESTS_OVER)
    database.execute("COMMIT")


def _names(database: sqlite3.Connection) -> set[str]:
    return {row[1] for row in database.execute("PRAGMA table_info(jobs)")}
