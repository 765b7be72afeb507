"""The cache of one workspace, so that an unchanged dataset costs a stat a file and no more.

SQLite in .boxwright/manifest.sqlite. Deleted or damaged, it is built again, and nothing but time is lost.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

from boxwright.dataset.cache.rows import ANNOTATIONS, IMAGES, CacheRow, Info, RowKind
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo
from boxwright.dataset.sources.scan import FileStat
from boxwright.files import sqlite_state
from boxwright.workspace import is_output_name

LAYOUT = "4"
"""Of the tables below; another one's manifest is dropped."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER);
CREATE TABLE IF NOT EXISTS cache_rows (kind TEXT, path BLOB, stat TEXT NOT NULL, trusted INTEGER NOT NULL,
    body TEXT NOT NULL, crc INTEGER, PRIMARY KEY (kind, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS written (name TEXT PRIMARY KEY, stat TEXT NOT NULL, body TEXT NOT NULL, crc INTEGER);
DROP TABLE IF EXISTS facts; -- of older versions
"""

_Row = tuple[str | bytes | int, ...]


class _Change(NamedTuple):
    """A statement, what it is carried out for, and its values: these are made one at a time."""

    statement: str
    items: Collection[Any]
    row: Callable[[Any], _Row]


@dataclass(frozen=True)
class WrittenFile:
    """A file in annotations/ that Boxwright wrote.

    Attributes:
        size: In bytes.
        digest: Of its bytes, by tfrecord.content_digest.
        fingerprint: Of what it was made from; equal fingerprints mean equal bytes.
        index: For records: fingerprint of each record to its (offset, length) in the file, in bytes.
        stat: When it was last seen to hold these bytes; None to have it looked at.
    """

    size: int
    digest: str
    fingerprint: str
    index: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    stat: FileStat | None = None

    def to_json(self) -> dict[str, Any]:
        """Return everything but the stat, JSON-ready."""
        return {"size": self.size, "digest": self.digest, "fingerprint": self.fingerprint, "index": dict(self.index)}

    @classmethod
    def from_json(cls, content: Any, stat: FileStat | None = None) -> WrittenFile:
        """Return what to_json gave; also the list of the version before.

        Raises:
            KeyError, TypeError, ValueError: It is neither.
        """
        if isinstance(content, list):
            size, digest, fingerprint, rows = content
            index = {key: (offset, length) for key, offset, length in rows}
            return cls(size, digest, fingerprint, index, stat)
        index = {key: (offset, length) for key, (offset, length) in content["index"].items()}
        return cls(content["size"], content["digest"], content["fingerprint"], index, stat)


@dataclass
class _Rows:
    """The cache rows of each kind, by path."""

    images: dict[str, CacheRow[ImageInfo]] = field(default_factory=dict)
    annotations: dict[str, CacheRow[AnnotationInfo]] = field(default_factory=dict)

    def of(self, kind: RowKind[Info]) -> dict[str, CacheRow[Info]]:
        rows = self.images if kind.name == IMAGES.name else self.annotations
        return cast("dict[str, CacheRow[Info]]", rows)


class Manifest:
    """The cache of one workspace; opened, read whole, and written at the end of a sync.

    Attributes:
        path: Of the SQLite file; None when nothing is kept on disk.
        meta: Small texts by name.
        written: The files that Boxwright wrote into annotations/, by name.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the manifest at `path`, an empty one when it is missing or damaged; None keeps nothing on disk."""
        self.path = path
        self.meta: dict[str, str] = {}
        self.written: dict[str, WrittenFile] = {}
        self._rows = _Rows()
        self._rows_loaded = False
        self._seen: tuple[int, bytes] | None = None
        self._guarded(self._load)

    def is_current(self) -> bool:
        """Return whether the file holds what this object does: nobody else has written into it, or exchanged it."""
        return self._seen is not None and self._seen == self._state()

    def rows(self, kind: RowKind[Info]) -> Mapping[str, CacheRow[Info]]:
        """Return all rows of a kind, by path."""
        if not self._rows_loaded:
            self._rows_loaded = True
            self._guarded(self._load_rows)
        return self._rows.of(kind)

    def rows_at(self, kind: RowKind[Info], paths: Iterable[str]) -> Mapping[str, CacheRow[Info]]:
        """Return the rows of a kind that there are for `paths`; the others need not be read for that."""
        if self._rows_loaded:
            return {path: row for path in paths if (row := self._rows.of(kind).get(path)) is not None}
        found: dict[str, CacheRow[Info]] = {}

        def load(database: sqlite3.Connection) -> None:
            for path in paths:
                key = (kind.name, _blob(path))
                selected = database.execute("SELECT * FROM cache_rows WHERE kind = ? AND path = ?", key)
                for _, _, stat, trusted, body in _sound(selected):
                    _decode_into(found, path, kind, stat, trusted, body)

        self._guarded(load)
        return found

    def save_rows(self, kind: RowKind[Info], rows: Mapping[str, CacheRow[Info]]) -> None:
        """Keep rows beside the others, or in place of those of the same paths."""
        if self._rows_loaded:
            self._rows.of(kind).update(rows)
        self._write([_insert_rows(kind, rows)])

    def save(
        self,
        *,
        images: Mapping[str, CacheRow[ImageInfo]] | None = None,
        annotations: Mapping[str, CacheRow[AnnotationInfo]] | None = None,
        written: Mapping[str, WrittenFile | None] | None = None,
        meta: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what is given; what is not given stays. A failure to write is no failure of the work.

        Args:
            images: All rows of images, by path; those that are missing are forgotten.
            annotations: Likewise of annotation files.
            written: Files written, None for those deleted.
            meta: Anything else.
        """
        changes: list[_Change] = []
        if images is not None:
            changes += self._replace_rows(IMAGES, images)
        if annotations is not None:
            changes += self._replace_rows(ANNOTATIONS, annotations)
        for name, entry in (written or {}).items():
            if entry is None:
                self.written.pop(name, None)
                changes.append(_Change("DELETE FROM written WHERE name = ?", [name], _alone))
            else:
                self.written[name] = entry
                changes.append(_Change("INSERT OR REPLACE INTO written VALUES (?, ?, ?, ?)", [(name, entry)], _written))
        new_meta = [item for item in (meta or {}).items() if self.meta.get(item[0]) != item[1]]
        changes.append(_Change("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", new_meta, lambda item: _sealed(*item)))
        self.meta.update(meta or {})
        self._write(changes)

    def _replace_rows(self, kind: RowKind[Info], rows: Mapping[str, CacheRow[Info]]) -> list[_Change]:
        before = self.rows(kind)
        changed = {path: row for path, row in rows.items() if before.get(path) is not row and before.get(path) != row}
        gone = [path for path in before if path not in rows]
        delete = "DELETE FROM cache_rows WHERE kind = ? AND path = ?"
        kept = self._rows.of(kind)
        kept.clear()
        kept.update(rows)
        return [_insert_rows(kind, changed), _Change(delete, gone, lambda path: (kind.name, _blob(path)))]

    def _write(self, changes: Sequence[_Change]) -> None:
        changes = [change for change in changes if change.items]
        if changes:
            self._guarded(lambda database: _apply(database, changes))

    def _load(self, database: sqlite3.Connection) -> None:
        for (layout,) in database.execute("SELECT value FROM meta WHERE key = 'layout'"):
            if layout != LAYOUT:
                raise sqlite3.DatabaseError("another layout")
        self.meta = dict(_sound(database.execute("SELECT * FROM meta")))
        for name, stat, body in _sound(database.execute("SELECT * FROM written")):
            if is_output_name(name):  # the workspace may come from a stranger: what is written may be deleted later
                self.written[name] = WrittenFile.from_json(json.loads(body), _stat(stat))

    def _load_rows(self, database: sqlite3.Connection) -> None:
        for kind, path, stat, trusted, body in _sound(database.execute("SELECT * FROM cache_rows")):
            name = path.decode("utf-8", "surrogateescape")
            if kind == IMAGES.name:
                _decode_into(self._rows.images, name, IMAGES, stat, trusted, body)
            elif kind == ANNOTATIONS.name:
                _decode_into(self._rows.annotations, name, ANNOTATIONS, stat, trusted, body)

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
        except (sqlite3.DatabaseError, LookupError, ValueError, TypeError, AttributeError) as error:
            if isinstance(error, sqlite3.OperationalError) and not str(error).startswith(("no such", "table")):
                self.path = None  # a read-only or full disk
                return
            self.meta, self.written, self._rows = {}, {}, _Rows()
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


def read_meta(path: Path, name: str) -> str | None:
    """Return one of the small texts of a manifest, changing nothing and reading no more; None when there is none."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1)) as database:
            found = dict(_sound(database.execute("SELECT * FROM meta WHERE key = ?", (name,))))
    except (sqlite3.Error, ValueError, TypeError):
        return None  # damaged, of a later version, or busy
    return found.get(name)


def _insert_rows(kind: RowKind[Info], rows: Mapping[str, CacheRow[Info]]) -> _Change:
    def row(item: tuple[str, CacheRow[Info]]) -> _Row:
        path, read = item
        return _sealed(kind.name, _blob(path), _stat_text(read.info.stat), int(read.trusted), kind.encode(read.info))

    return _Change("INSERT OR REPLACE INTO cache_rows VALUES (?, ?, ?, ?, ?, ?)", rows.items(), row)


def _alone(name: str) -> _Row:
    return (name,)


def _written(item: tuple[str, WrittenFile]) -> _Row:
    name, entry = item
    return _sealed(name, _stat_text(entry.stat), json.dumps(entry.to_json()))


def _decode_into(
    rows: dict[str, CacheRow[Info]], path: str, kind: RowKind[Info], stat: str, trusted: int, body: str
) -> None:
    try:
        info = kind.decode(FileStat(*map(int, stat.split())), body)
    except (LookupError, TypeError, ValueError):
        return  # of another version: the file is read again
    rows[path] = CacheRow(info, bool(trusted))


def _apply(database: sqlite3.Connection, changes: Iterable[_Change]) -> None:
    database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", _sealed("layout", LAYOUT))
    for change in changes:
        database.executemany(change.statement, map(change.row, change.items))


def _sealed(*columns: str | bytes | int) -> _Row:
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


def _stat_text(stat: FileStat | None) -> str:
    return "" if stat is None else " ".join(map(str, stat))


def _stat(text: str) -> FileStat | None:
    return FileStat(*map(int, text.split())) if text else None
