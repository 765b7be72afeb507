"""Who submitted a job: a mark that only this user can make, so that a stranger's workspace cannot bring jobs that run.

The mark is a keyed hash of what the job does. The key is a file of the user's own, outside of every workspace: who
sends a workspace away sends the marks, but not the key, and no row can be changed and keep its mark.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from boxwright.user_folder import shared_folder

_KEY_BYTES = 32
_KEY_NAME = "submitter.key"


def sign(kind: str, options: str, created: float) -> str:
    """Return the mark of a job that this user submits.

    Args:
        kind: Of the job.
        options: As they are stored.
        created: When it was submitted, in seconds since 1970.

    Raises:
        OSError: The user's folder has no key, and cannot be written.
    """
    return _mark(_make_key(), kind, options, created)


def is_own(mark: str, kind: str, options: str, created: float) -> bool:
    """Return whether `sign` made the mark for this job, with the key of this user."""
    key = _read_key(_key_file())
    return key is not None and hmac.compare_digest(_mark(key, kind, options, created).encode(), mark.encode())


def _mark(key: bytes, kind: str, options: str, created: float) -> str:
    return hmac.new(key, json.dumps([kind, options, float(created).hex()]).encode(), "sha256").hexdigest()


def _key_file() -> Path:
    return shared_folder() / _KEY_NAME


def _read_key(path: Path) -> bytes | None:
    try:
        status = path.stat()
        return _read_key_of(path, status.st_mtime_ns, status.st_ino)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=4)
def _read_key_of(path: Path, changed: int, inode: int) -> bytes:
    """Return the key; the interface asks several times a second."""
    key = bytes.fromhex(path.read_text("ascii").strip())
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path}: no key")
    return key


def _make_key() -> bytes:
    """Return the key; the first time it is made, by one of those who make it at the same time."""
    path = _key_file()
    if (key := _read_key(path)) is not None:
        return key
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists() and _read_key(path) is None:  # damaged: nobody could use it
            temporary.replace(path)
        else:
            with suppress(FileExistsError):  # another process was quicker
                _publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    key = _read_key(path)
    if key is None:
        raise OSError(f"{path}: the key that marks your jobs cannot be read")
    return key


def _publish(temporary: Path, path: Path) -> None:
    """Give the file its name unless there is one; where links are not known, the later of two writers wins."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        temporary.replace(path)
