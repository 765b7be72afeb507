"""Writing files so that a reader never sees a half, and naming their contents."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO

BACKUP_SUFFIX = ".backup-"
"""Stands between a name and the number of its backup."""
_OF_THE_DISK = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT})
"""What a disk fails with that is broken or full."""
_FORMER_BACKUP_SUFFIX = ".kept-"  # of backups that an earlier Boxwright made


@contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Open `path` for binary writing; it appears whole when the block ends, or not at all.

    Temporary file in the same folder, fsync, rename, fsync of the folder: after a crash at any instant
    `path` holds its old bytes or its new ones.

    Raises:
        OSError: The folder cannot be written, or the disk is full: `path` is then unchanged. Or the disk cannot say
            that the rename is safe: `sync_folder`.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None and error.errno in _OF_THE_DISK:
            error.filename = str(path)  # write and fsync know no name
        raise
    sync_folder(path.parent)


def atomic_write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8 with Unix line ends, whole or not at all."""
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8"))


def backup(path: Path, *, copy: bool = False) -> Path:
    """Keep a user's file or folder as NAME.backup-1, or under the next free number, before another takes its place.

    Args:
        path: Is there.
        copy: Copy a file, so that one of its name is there at every instant; otherwise it is renamed.

    Returns:
        Where the backup is.

    Raises:
        OSError: It cannot be read, or the folder cannot be written.
    """
    target = backup_path(path)
    if copy:
        shutil.copy2(path, target)
    else:
        path.replace(target)
    return target


def backup_path(path: Path) -> Path:
    """Return the free path that the next backup of a file or folder gets."""
    numbered = (path.with_name(f"{path.name}{BACKUP_SUFFIX}{number}") for number in count(1))
    return next(name for name in numbered if not os.path.lexists(name))


def is_backup_name(backup: object, name: str) -> bool:
    """Return whether `backup` is the bare name of a backup of a file called `name`, in today's form or the former."""
    suffixes = [f"{name}{suffix}" for suffix in (BACKUP_SUFFIX, _FORMER_BACKUP_SUFFIX)]
    return isinstance(backup, str) and any(
        backup.startswith(suffix) and backup.removeprefix(suffix).isdecimal() for suffix in suffixes
    )


def backups(path: Path) -> list[Path]:
    """Return the backups of a file or folder, the first one first."""
    beginning = f"{path.name}{BACKUP_SUFFIX}"
    if not path.parent.is_dir():
        return []
    named = ((entry.name.removeprefix(beginning), entry) for entry in path.parent.iterdir())
    found = [(int(number), entry) for number, entry in named if entry.name.startswith(beginning) and number.isdecimal()]
    return [entry for _, entry in sorted(found)]


def sync_folder(folder: Path) -> None:
    """Make the folder's renames durable, where the system lets a folder be opened (not on Windows).

    Raises:
        OSError: The disk failed or is full: what was renamed is there, but may be gone after a power cut.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in _OF_THE_DISK:
            raise OSError(error.errno, error.strerror, str(folder)) from error
        # some network file systems refuse it; the rename itself was atomic
    finally:
        os.close(descriptor)


def sqlite_state(path: Path) -> tuple[int, bytes] | None:
    """Return what changes with each change of a SQLite file: inode and change counter (bytes 24 to 27 of its format).

    None is returned where there is no file that can be read.
    """
    try:
        with path.open("rb") as stream:
            return os.fstat(stream.fileno()).st_ino, stream.read(28)[24:]
    except OSError:
        return None


def stays_within(name: str) -> bool:
    """Return whether a relative path with forward slashes, which a stranger may have written, leads to no other place.

    Args:
        name: From a file of the workspace.
    """
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _sha256(stream)


def _sha256(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()  # Python 3.10 has no file_digest
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()
