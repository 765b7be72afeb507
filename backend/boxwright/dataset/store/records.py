"""Which record files a pipeline.config's input_path means, and whose they are."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from boxwright.dataset.cache.manifest import Manifest
from boxwright.dataset.store.journal import TEMPORARY_SUFFIX, is_interrupted, roll_forward
from boxwright.dataset.store.lock import locked
from boxwright.dataset.store.staging import output_pattern
from boxwright.dataset.store.written_files import WrittenFiles
from boxwright.errors import BoxwrightError
from boxwright.files import BACKUP_SUFFIX
from boxwright.workspace import Workspace

_SHARD = re.compile(r"-(\d{5})-of-(\d{5})$")
_SHARD_GLOB = re.compile(r"-[\d?*]+-of-[\d?*]+$")
_BACKUP = re.compile(rf"({re.escape(BACKUP_SUFFIX)}|\.kept-)\d+$")  # .kept- in older versions


def resolve_records(patterns: Sequence[str], root: Path) -> list[Path]:
    """Return the record files that the patterns mean, in their order and sorted within each, none twice.

    A pattern is a path, a glob, or the stem of shards (`train.record` for `train.record-00000-of-00004` ...). The
    other way round, a glob of shards also finds the one file that a small dataset is. Backups and temporary files are
    never meant. A sync of the workspace that was interrupted is finished first.

    Args:
        patterns: Relative ones are looked for below `root`.
        root: The workspace.

    Raises:
        BoxwrightError: A pattern means no file, or some of a set of shards are missing.
    """
    workspace = Workspace.at(root)
    if is_interrupted(workspace):
        with locked(workspace):
            roll_forward(workspace, Manifest(workspace.state / "manifest.sqlite"))
    found: dict[Path, None] = {}
    for pattern in patterns:
        paths = _resolve(str(root / pattern))
        if not paths:
            raise BoxwrightError(
                f"{pattern}: there is no record of this name (looked in {root}). "
                "Make the records with `boxwright dataset`, or fix input_path in the pipeline.config."
            )
        found.update(dict.fromkeys(paths))
    return list(found)


def is_ours(workspace: Workspace, split: str) -> bool:
    """Return whether Boxwright wrote the records of the split that are in annotations/ now.

    Args:
        workspace: The training folder.
        split: "train" or "test".
    """
    if not workspace.annotations.is_dir():
        return False
    names = [path.name for path in workspace.annotations.iterdir() if output_pattern(split).fullmatch(path.name)]
    records = [name for name in names if not name.endswith(".csv")]
    manifest = Manifest(workspace.state / "manifest.sqlite" if workspace.state.is_dir() else None)
    written = WrittenFiles(manifest, workspace.annotations)
    return bool(records) and all(written.get(name) is not None for name in records)


def _resolve(pattern: str) -> list[Path]:
    if Path(pattern).is_file():
        return [Path(pattern)]
    # a name may hold characters that mean something to glob; a glob seldom exists as a file
    shards = _files(glob.escape(pattern) + "-*-of-*", only_shards=True)
    if shards:
        return _complete(shards)
    files = _files(pattern)
    if files or not _SHARD_GLOB.search(pattern):
        return files
    stem = Path(_SHARD_GLOB.sub("", pattern))
    return [stem] if stem.is_file() else _complete(_files(glob.escape(str(stem)) + "-*-of-*", only_shards=True))


def _files(pattern: str, *, only_shards: bool = False) -> list[Path]:
    paths = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - it may be absolute
    return [
        path
        for path in paths
        if path.is_file()
        and not _BACKUP.search(path.name)
        and not path.name.endswith(TEMPORARY_SUFFIX)
        and (not only_shards or _SHARD.search(path.name))
    ]


def _complete(shards: Sequence[Path]) -> list[Path]:
    """Return the shards, if they are all of one set.

    Raises:
        BoxwrightError: They are not.
    """
    if not shards:
        return []
    places = [_SHARD.search(path.name) for path in shards]
    counts = {int(place[2]) for place in places if place}
    numbers = [int(place[1]) for place in places if place]
    if len(counts) != 1 or numbers != list(range(next(iter(counts)))):
        raise BoxwrightError(
            f"{shards[0].parent}: of the shards {_SHARD.sub('', shards[0].name)}-*-of-* some are missing or are of "
            f"another set (found {len(shards)}, of {' and '.join(str(count) for count in sorted(counts))}). "
            "Run `boxwright dataset`, or delete the old ones."
        )
    return list(shards)
