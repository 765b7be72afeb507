"""Changing several files as one: a list of renames, written ahead, that is carried out to its end after any crash.

All new files are complete and on the disk under temporary names before the journal is written; from then on the
change has happened, and whoever looks next finishes the renaming. A crash before leaves the old files and some
temporary ones, which the next sync deletes.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from boxwright import failpoints
from boxwright.dataset.cache.manifest import Manifest, WrittenFile
from boxwright.dataset.sources.scan import FileStat
from boxwright.dataset.store.written_files import output_stat
from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write_text, is_backup_name, sync_folder
from boxwright.workspace import Workspace, is_output_name

TEMPORARY_SUFFIX = ".boxwright-tmp"
JOURNAL_VERSION = 1  # version 0 had no version, and `backups` was called `kept`


@dataclass
class Journal:
    """A change of annotations/; all names are names of files in it.

    Attributes:
        backups: A user's files and the names that they get, which are free.
        moves: Temporary files and their names.
        deletes: Files of ours that are no longer part of the dataset.
        written: What the files of ours are after the change, by name.
    """

    backups: list[tuple[str, str]] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)
    deletes: list[str] = field(default_factory=list)
    written: dict[str, WrittenFile] = field(default_factory=dict)

    def is_empty(self) -> bool:
        """Return whether there is nothing to do."""
        return not (self.backups or self.moves or self.deletes)


def temporary_for(name: str) -> str:
    """Return a name for a file that will be renamed to `name`."""
    return f".{name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"


def commit(workspace: Workspace, manifest: Manifest, journal: Journal) -> None:
    """Carry the change out, whole, also if this process dies on the way."""
    sync_folder(workspace.annotations)
    failpoints.reach("before-journal")
    atomic_write_text(_path(workspace), json.dumps(_to_json(journal)))
    failpoints.reach("after-journal")
    _carry_out(workspace, manifest, journal)


def roll_forward(workspace: Workspace, manifest: Manifest) -> bool:
    """Finish an interrupted change and delete what a crash before it left; return whether there was one.

    Only for holders of the workspace's lock.
    """
    found = is_interrupted(workspace)
    if found:
        _carry_out(workspace, manifest, _read(_path(workspace)))
    if workspace.annotations.is_dir():
        for leftover in workspace.annotations.glob(f".*{TEMPORARY_SUFFIX}"):
            leftover.unlink(missing_ok=True)
    return found


def is_interrupted(workspace: Workspace) -> bool:
    """Return whether a change was started and not finished, or is in progress."""
    return _path(workspace).exists()


def _carry_out(workspace: Workspace, manifest: Manifest, journal: Journal) -> None:
    folder = workspace.annotations
    try:
        for name, backup in journal.backups:
            # the name was free: if it is taken, this step was done, and `name` may be a file of ours already
            if not (folder / backup).exists() and (folder / name).exists():
                (folder / name).rename(folder / backup)
                failpoints.reach("after-keep")
        for temporary, name in journal.moves:
            if (folder / temporary).exists():
                (folder / temporary).replace(folder / name)
                failpoints.reach("after-move")
        failpoints.reach("before-delete")
        for name in journal.deletes:
            (folder / name).unlink(missing_ok=True)
            failpoints.reach("after-delete")
    except PermissionError as error:
        raise BoxwrightError(
            f"{error.filename}: the file cannot be replaced ({error.strerror}). "
            "Close the program that has it open and run `boxwright dataset` again; it resumes from here."
        ) from error
    sync_folder(folder)
    failpoints.reach("before-manifest")
    written: dict[str, WrittenFile | None] = dict.fromkeys(journal.deletes)
    for name, entry in journal.written.items():
        written[name] = replace(entry, stat=_stat(folder / name))
    manifest.save(written=written)
    failpoints.reach("before-journal-end")
    _path(workspace).unlink(missing_ok=True)
    failpoints.reach("after-journal-end")


def _path(workspace: Workspace) -> Path:
    return workspace.state / "journal.json"


def _stat(path: Path) -> FileStat | None:
    try:
        return output_stat(path)
    except OSError:
        return None


def _to_json(journal: Journal) -> dict[str, Any]:
    return {
        "version": JOURNAL_VERSION,
        "backups": journal.backups,
        "moves": journal.moves,
        "deletes": journal.deletes,
        "written": {name: entry.to_json() for name, entry in journal.written.items()},
    }


def _read(path: Path) -> Journal:
    """Return the journal; an empty one when the file is not of our writing, which is whole or absent.

    A workspace may come from a stranger: only names that a sync writes, in annotations/ itself, are renamed or deleted.
    """
    try:
        journal = _from_json(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Journal()
    return journal if _is_ours(journal) else Journal()


def _is_ours(journal: Journal) -> bool:
    names = [*journal.deletes, *journal.written, *(name for _, name in journal.moves)]
    return (
        all(is_output_name(name) for name in names)
        and all(_is_temporary_of(temporary, name) for temporary, name in journal.moves)
        and all(is_output_name(name) and is_backup_name(backup, name) for name, backup in journal.backups)
    )


def _is_temporary_of(temporary: object, name: str) -> bool:
    pattern = rf"\.{re.escape(name)}\.[0-9a-f]{{8}}{re.escape(TEMPORARY_SUFFIX)}"
    return isinstance(temporary, str) and re.fullmatch(pattern, temporary) is not None


def _from_json(content: Mapping[str, Any]) -> Journal:
    return Journal(
        backups=[(name, backup) for name, backup in content["backups" if "version" in content else "kept"]],
        moves=[(temporary, name) for temporary, name in content["moves"]],
        deletes=list(content["deletes"]),
        written={name: WrittenFile.from_json(entry) for name, entry in content["written"].items()},
    )
