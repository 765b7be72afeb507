"""What Boxwright remembers of a workspace, so that an unchanged dataset costs a stat a file and no more.

SQLite in .boxwright/manifest.sqlite. It is a cache: deleted or damaged, it is built anew and nothing but time is lost.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boxwright.dataset.sources.scan import FileStat
from boxwright.dataset.store.tfrecord import content_digest
from boxwright.files import sqlite_state

LAYOUT = "4"
"""Of the tables below; another one's manifest is dropped."""

IMAGE, XML = "image", "xml"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER);
CREATE TABLE IF NOT EXISTS facts (kind TEXT, path BLOB, stat TEXT NOT NULL, trusted INTEGER NOT NULL,
    body TEXT NOT NULL, crc INTEGER, PRIMARY KEY (kind, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS written (name TEXT PRIMARY KEY, stat TEXT NOT NULL, body TEXT NOT NULL, crc INTEGER);
"""


@dataclass(frozen=True, slots=True)
class CacheRow:
    """What was read from a file, and when it looked so.

    Attributes:
        stat: Of the file as it was read.
        trusted: The file was old enough when it was read that a later write must have changed its stat.
        body: JSON text of what was read.
    """

    stat: FileStat
    trusted: bool
    body: str


@dataclass(frozen=True)
class Written:
    """A file in annotations/ that Boxwright wrote.

    Attributes:
        size: In bytes.
        digest: Of its bytes, by tfrecord.content_digest.
        fingerprint: Of what it was made from; equal fingerprints mean equal bytes.
        index: For records: fingerprint of each record to its (offset, length) in the file.
        stat: When it was last seen to hold these bytes; None to have it looked at.
    """

    size: int
    digest: str
    fingerprint: str
    index: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    stat: FileStat | None = None


class Manifest:
    """The memory of one workspace; opened, read whole, and written at the end of a sync."""

    def __init__(self, path: Path | None) -> None:
        """Open the manifest at `path`, an empty one when it is missing or damaged; None keeps nothing on disk."""
        self.path = path
        self.meta: dict[str, str] = {}
        self._facts: dict[str, dict[str, CacheRow]] = {IMAGE: {}, XML: {}}
        self._written: dict[str, Written] = {}
        self._facts_loaded = False
        self._seen: tuple[int, bytes] | None = None
        self._guarded(self._load)

    def is_current(self) -> bool:
        """Return whether the file holds what this object does: nobody else has written into it, or exchanged it."""
        return self._seen is not None and self._seen == self._state()

    def facts(self, kind: str) -> dict[str, CacheRow]:
        """Return what is known of images or XML files, by path."""
        if not self._facts_loaded:
            self._facts_loaded = True
            self._guarded(self._load_facts)
        return self._facts[kind]

    def written(self, folder: Path, name: str) -> Written | None:
        """Return what Boxwright wrote as `folder`/`name`, when that is what stands there now."""
        known = self._written.get(name)
        if known is None:
            return None
        try:
            stat = output_stat(folder / name)
        except OSError:
            return None
        if stat == known.stat:
            return known
        if stat.size != known.size or content_digest(folder / name) != known.digest:
            return None
        self._written[name] = Written(known.size, known.digest, known.fingerprint, known.index, stat)
        return self._written[name]

    def names_written(self) -> tuple[str, ...]:
        """Return the names of all files that Boxwright wrote into annotations/."""
        return tuple(self._written)

    def save(
        self,
        *,
        facts: Mapping[str, Mapping[str, CacheRow]] | None = None,
        written: Mapping[str, Written | None] | None = None,
        meta: Mapping[str, str] | None = None,
    ) -> None:
        """Remember; what is not given stays. A failure to write is no failure of the work.

        Args:
            facts: All facts of a kind, by kind and path; those that are missing are forgotten.
            written: Files written, None for those deleted.
            meta: Anything else.
        """
        changes: list[tuple[str, list[tuple[Any, ...]]]] = []
        for kind, now in (facts or {}).items():
            before = self.facts(kind)
            changed = [
                _sealed(kind, _blob(path), *_row(fact)) for path, fact in now.items() if before.get(path) != fact
            ]
            changes.append(("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?, ?)", changed))
            gone = [(kind, _blob(path)) for path in before if path not in now]
            changes.append(("DELETE FROM facts WHERE kind = ? AND path = ?", gone))
            self._facts[kind] = dict(now)
        for name, entry in (written or {}).items():
            if entry is None:
                self._written.pop(name, None)
                changes.append(("DELETE FROM written WHERE name = ?", [(name,)]))
            else:
                self._written[name] = entry
                changes.append(
                    ("INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?)", [_sealed(*_written_row(name, entry))])
                )
        new_meta = [_sealed(key, value) for key, value in (meta or {}).items() if self.meta.get(key) != value]
        changes.append(("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", new_meta))
        self.meta.update(meta or {})
        changes = [change for change in changes if change[1]]
        if changes:
            self._guarded(lambda database: _apply(database, changes))

    def _load(self, database: sqlite3.Connection) -> None:
        for (layout,) in database.execute("SELECT value FROM meta WHERE key = 'layout'"):
            if layout != LAYOUT:
                raise sqlite3.DatabaseError("another layout")
        self.meta = dict(_sound(database.execute("SELECT * FROM meta")))
        for name, stat, body in _sound(database.execute("SELECT * FROM written")):
            size, digest, fingerprint, index = json.loads(body)
            places = {key: (offset, length) for key, offset, length in index}
            self._written[name] = Written(size, digest, fingerprint, places, _stat(stat))

    def _load_facts(self, database: sqlite3.Connection) -> None:
        for kind, path, stat, trusted, body in _sound(database.execute("SELECT * FROM facts")):
            known = _stat(stat)
            if known is not None and kind in self._facts:
                self._facts[kind][path.decode("utf-8", "surrogateescape")] = CacheRow(known, bool(trusted), body)

    def _guarded(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do `work` on the database; a damaged one is dropped, an unwritable one is done without."""
        if self.path is None:
            return
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as database, database:
                # a cache need not outlive a power cut; a killed process loses nothing by this
                database.execute("PRAGMA synchronous = OFF")
                database.executescript(_SCHEMA)
                work(database)
            self._seen = self._state()
        except (sqlite3.DatabaseError, ValueError, TypeError, AttributeError) as error:
            if isinstance(error, sqlite3.OperationalError) and not str(error).startswith(("no such", "table")):
                self.path = None  # a read-only or full disk
                return
            self.meta, self._written, self._facts = {}, {}, {IMAGE: {}, XML: {}}
            self._drop()

    def _state(self) -> tuple[int, bytes] | None:
        return None if self.path is None else sqlite_state(self.path)

    def _drop(self) -> None:
        self._seen = None
        if self.path is not None:
            for suffix in ("", "-journal", "-wal", "-shm"):
                try:
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
                except OSError:
                    self.path = None
                    return


def output_stat(path: Path) -> FileStat:
    """Return the stat of a file of ours, without the change time: a hard link made to it changes that."""
    return FileStat.of(path.stat())._replace(ctime_ns=0)


def _apply(database: sqlite3.Connection, changes: Iterable[tuple[str, list[tuple[Any, ...]]]]) -> None:
    database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", _sealed("layout", LAYOUT))
    for statement, rows in changes:
        database.executemany(statement, rows)


def _sealed(*columns: str | bytes | int) -> tuple[str | bytes | int, ...]:
    """Return the row with its checksum."""
    return *columns, _crc(columns)


def _sound(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that are as they were written, without their checksums; SQLite itself has none."""
    for *columns, crc in rows:
        if _crc(columns) == crc:
            yield tuple(columns)


def _crc(columns: Sequence[str | bytes | int]) -> int:
    crc = 0
    for column in columns:
        data = column if isinstance(column, bytes) else f"{column}\0".encode("utf-8", "surrogatepass")
        crc = zlib.crc32(data, crc)
    return crc


def _blob(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")  # a file's name need not be Unicode


def _row(fact: CacheRow) -> tuple[str, int, str]:
    return _stat_text(fact.stat), int(fact.trusted), fact.body


def _stat_text(stat: FileStat | None) -> str:
    return "" if stat is None else " ".join(map(str, stat))


def _stat(text: str) -> FileStat | None:
    return FileStat(*map(int, text.split())) if text else None


def _written_row(name: str, entry: Written) -> tuple[str, str, str]:
    index = [[key, offset, length] for key, (offset, length) in entry.index.items()]
    return name, _stat_text(entry.stat), json.dumps([entry.size, entry.digest, entry.fingerprint, index])
