"""What the window remembers of folders of images, for all its windows and for the next time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from boxwright.files import atomic_write_text
from boxwright.user_folder import shared_folder

WORKSPACES = "workspaces"  # the workspace that the user gave a folder
SAVE_FOLDERS = "save_folders"  # where the user saves the annotations of a folder


def recall(section: str) -> dict[str, str]:
    """Return what is remembered: a folder's `key` to a path. Nothing where the file is damaged."""
    return _read().get(section, {})


def remember(section: str, folder: Path, path: Path) -> None:
    """Remember a path for a folder. Where nothing can be written, the user is asked again the next time."""
    memory = _read()
    memory[section] = {**memory.get(section, {}), key(folder): str(path)}
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(_file(), json.dumps(memory, indent=1))


def key(folder: Path) -> str:
    """Return what identifies an absolute folder."""
    return os.path.normcase(folder)


def file_of(folder: Path, kind: str, suffix: str) -> Path:
    """Return the file that holds something of a folder; the same however the user's path leads there."""
    name = hashlib.blake2b(key(Path(os.path.realpath(folder))).encode(), digest_size=12).hexdigest()
    return shared_folder() / kind / f"{name}{suffix}"


def _file() -> Path:
    return shared_folder() / "labelimg.json"


def _read() -> dict[str, dict[str, str]]:
    try:
        memory = json.loads(_file().read_text("utf-8"))
        return {
            section: {str(folder): str(path) for folder, path in memory[section].items()}
            for section in (WORKSPACES, SAVE_FOLDERS)
            if isinstance(memory.get(section), dict)
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
