"""The suggestions of a workspace, in .boxwright/suggestions.sqlite: one row a photo, by the photo's content.

A photo that is moved or renamed keeps its suggestions; those of a newer model replace them. The rows of the photos'
files are a cache of what was read from them. The table of reviews counts what a person did with the boxes of a photo.
A store that is damaged, of a later version, or that somebody else's program made, is renamed to a backup and made
again: nothing but time and these counts is lost. A store of version 1, without reviews, gets their table.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import astuple
from typing import Any

from boxwright import failpoints
from boxwright.errors import BoxwrightError
from boxwright.files import backup
from boxwright.progress import Reporter, log, silent
from boxwright.sqlite_file import Value, work_on
from boxwright.suggestions.model import PhotoSuggestions
from boxwright.suggestions.review import ReviewCounts
from boxwright.workspace import Workspace

STORE_FILE = "suggestions.sqlite"
VERSION = 2
"""SQLite's user_version of the file."""
FIRST_VERSION = 1
"""It has no reviews."""
MOST = 1_000_000
"""Boxes of a photo that are counted; a stranger's store may hold anything."""
PATIENCE = 20.0  # in seconds, for a store that another process keeps locked

_TABLES = {
    "suggestions": "CREATE TABLE suggestions (photo TEXT PRIMARY KEY, model TEXT NOT NULL, body TEXT NOT NULL, "
    "crc INTEGER NOT NULL) WITHOUT ROWID",
    "files": "CREATE TABLE files (path BLOB PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID",
    "reviews": "CREATE TABLE reviews (photo TEXT PRIMARY KEY, accepted INTEGER NOT NULL, moved INTEGER NOT NULL, "
    "relabelled INTEGER NOT NULL, deleted INTEGER NOT NULL, drawn INTEGER NOT NULL) WITHOUT ROWID",
}
"""The whole schema: a file with anything else in it, such as a view or a trigger, is not Boxwright's."""


class SuggestionStore:
    """The store of one workspace; each call opens the file and closes it.

    Attributes:
        path: Of the file, which need not exist.
    """

    def __init__(self, workspace: Workspace, reporter: Reporter = silent) -> None:
        """Open nothing yet; `reporter` is told when a store that cannot be used is renamed to a backup."""
        self.path = workspace.state / STORE_FILE
        self._reporter = reporter

    def get(self, photo: str) -> PhotoSuggestions | None:
        """Return the suggestions of a photo; None when there are none, or they cannot be trusted.

        This never writes: a program with a window may call it while another process fills the store.

        Args:
            photo: SHA-256 of its file, in hexadecimal.
        """
        if not self.path.is_file():
            return None
        try:
            with closing(_connect(f"{self.path.absolute().as_uri()}?mode=ro", patience=1.0)) as database:
                _check_schema(database)
                rows = database.execute("SELECT photo, body, crc FROM suggestions WHERE photo = ?", (photo,)).fetchall()
        except sqlite3.Error:
            return None
        return next(iter(_decoded(rows).values()), None)

    def all(self) -> dict[str, PhotoSuggestions]:
        """Return the suggestions of every photo, by its SHA-256.

        Raises:
            BoxwrightError: The file cannot be used now.
        """
        rows = self._guarded(lambda database: database.execute("SELECT photo, body, crc FROM suggestions").fetchall())
        return _decoded(rows)

    def save(self, suggestions: Iterable[PhotoSuggestions]) -> None:
        """Keep the suggestions of photos, in place of those of an earlier model; on the disk when this returns.

        Raises:
            BoxwrightError: The file cannot be used now.
        """
        rows = []
        for one in suggestions:
            body = one.to_json()
            rows.append((one.photo, one.model, body, _crc(one.photo, body)))

        def work(database: sqlite3.Connection) -> None:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR REPLACE INTO suggestions VALUES (?, ?, ?, ?)", rows)
            failpoints.reach("suggestions-unsaved")
            database.execute("COMMIT")

        self._guarded(work)
        failpoints.reach("suggestions-saved")

    def files(self) -> dict[str, str]:
        """Return what was read from the photos' files, by path relative to the workspace.

        Raises:
            BoxwrightError: The file cannot be used now.
        """
        rows = self._guarded(lambda database: database.execute("SELECT path, body, crc FROM files").fetchall())
        found = {}
        for path, body, crc in rows:
            if isinstance(path, bytes) and isinstance(body, str) and crc == _crc(path, body):
                found[path.decode("utf-8", "surrogateescape")] = body
        return found

    def save_files(self, files: Mapping[str, str], *, gone: Iterable[str] = ()) -> None:
        """Keep what was read from files, and forget those that are gone.

        Raises:
            BoxwrightError: The file cannot be used now.
        """
        paths = {path: path.encode("utf-8", "surrogateescape") for path in files}
        rows = [(paths[path], body, _crc(paths[path], body)) for path, body in files.items()]
        lost = [(path.encode("utf-8", "surrogateescape"),) for path in gone]
        if not rows and not lost:
            return

        def work(database: sqlite3.Connection) -> None:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)
            database.executemany("DELETE FROM files WHERE path = ?", lost)
            database.execute("COMMIT")

        self._guarded(work)

    def add_review(self, photo: str, change: ReviewCounts) -> ReviewCounts:
        """Add to the counts of a photo, and return the sum of all photos.

        Args:
            photo: SHA-256 of its file, in hexadecimal.
            change: Is added; a count may be negative, where an edit was undone and saved again.

        Raises:
            BoxwrightError: The file cannot be used now.
        """

        def work(database: sqlite3.Connection) -> ReviewCounts:
            database.execute("BEGIN IMMEDIATE")
            now = (max(0, count) for count in astuple(_counts(database, "WHERE photo = ?", photo) + change))
            database.execute("INSERT OR REPLACE INTO reviews VALUES (?, ?, ?, ?, ?, ?)", (photo, *now))
            total = _counts(database)
            database.execute("COMMIT")
            return total

        return self._guarded(work)

    def review(self) -> ReviewCounts:
        """Return the counts of all photos; this never writes, and zeros stand for a file that cannot be used now."""
        if not self.path.is_file():
            return ReviewCounts()
        try:
            with closing(_connect(f"{self.path.absolute().as_uri()}?mode=ro", patience=1.0)) as database:
                if _check_schema(database) == FIRST_VERSION:
                    return ReviewCounts()
                return _counts(database)
        except sqlite3.Error:
            return ReviewCounts()

    def _guarded(self, work: Callable[[sqlite3.Connection], Value]) -> Value:
        def in_the_file() -> Value:
            self.path.parent.mkdir(exist_ok=True)
            with closing(_connect(self.path.absolute().as_uri(), patience=PATIENCE)) as database:
                _prepare(database)
                return work(database)

        return work_on(
            self.path,
            in_the_file,
            move_to_backup=self._move_to_backup,
            cannot_be_used="the suggestions cannot be read or written now",
            is_damaged="the suggestions are damaged",
        )

    def _move_to_backup(self, error: sqlite3.DatabaseError) -> None:
        try:
            moved = backup(self.path)
            self.path.with_name(f"{STORE_FILE}-journal").unlink(missing_ok=True)
        except FileNotFoundError:
            return  # another process was quicker
        except OSError as failure:
            raise BoxwrightError(f"{self.path}: it is damaged and cannot be renamed ({failure}).") from failure
        log(
            self._reporter,
            f"{self.path}: {error}; it was renamed to {moved.name}, and the photos are gone through again.",
        )


def _connect(uri: str, *, patience: float) -> sqlite3.Connection:
    database = sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None)
    database.execute("PRAGMA trusted_schema = OFF")
    return database


def _prepare(database: sqlite3.Connection) -> None:
    """Make the tables of a new file; refuse a file with anything else in it."""
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        database.execute("BEGIN IMMEDIATE")
        if database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
            for statement in _TABLES.values():
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    if _check_schema(database) == FIRST_VERSION:
        database.execute("BEGIN IMMEDIATE")
        if _check_schema(database) == FIRST_VERSION:  # no other process was quicker
            database.execute(_TABLES["reviews"])
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")


def _check_schema(database: sqlite3.Connection) -> int:
    """Return the version of a file; refuse one with other tables than that version's."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version not in (FIRST_VERSION, VERSION):
        raise sqlite3.DatabaseError("it is of another version of Boxwright")
    tables = [*_TABLES.items()] if version == VERSION else [item for item in _TABLES.items() if item[0] != "reviews"]
    schema = database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    if sorted(schema) != sorted(("table", name, statement) for name, statement in tables):
        raise sqlite3.DatabaseError("it holds other tables than Boxwright's")
    return int(version)


def _counts(database: sqlite3.Connection, where: str = "", *values: str) -> ReviewCounts:
    """Return the sum of the rows of reviews that hold counts; a stranger's store may hold anything."""
    columns = "accepted, moved, relabelled, deleted, drawn"
    rows = database.execute(f"SELECT {columns} FROM reviews {where}", values).fetchall()
    sound = [
        ReviewCounts(*row) for row in rows if all(isinstance(value, int) and 0 <= value < 1 << 40 for value in row)
    ]
    return sum(sound, ReviewCounts())


def _decoded(rows: Iterable[tuple[Any, ...]]) -> dict[str, PhotoSuggestions]:
    """Return the rows that are as they were written and hold what a model can have given."""
    found = {}
    for photo, body, crc in rows:
        if not isinstance(photo, str) or not isinstance(body, str) or crc != _crc(photo, body):
            continue
        try:
            suggestions = PhotoSuggestions.from_json(body)
        except (ValueError, RecursionError):
            continue
        if suggestions.photo == photo:
            found[photo] = suggestions
    return found


def _crc(key: str | bytes, body: str) -> int:
    data = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
    return zlib.crc32(body.encode("utf-8", "surrogatepass"), zlib.crc32(data))
