"""Records that do not change while a training reads them, whatever is saved in labelImg meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from boxwright import failpoints
from boxwright.dataset.cache.manifest import Manifest
from boxwright.dataset.store.fingerprint import fingerprint_of
from boxwright.dataset.store.journal import roll_forward
from boxwright.dataset.store.lock import locked
from boxwright.dataset.store.tfrecord import content_digest
from boxwright.dataset.store.written_files import WrittenFiles
from boxwright.errors import BoxwrightError
from boxwright.workspace import Workspace

CHEAP_BYTES = 256 * 1024 * 1024
"""Of all the records: so much is copied in about a second, whoever wrote it."""

FREE_SPACE_FACTOR = 4
"""So many times the size of a copy must be free: checkpoints need the rest."""


@dataclass(frozen=True)
class Snapshot:
    """Record files that nobody changes.

    Attributes:
        paths: In the order in which they were given.
        fingerprint: Of names and bytes; DatasetReport.fingerprint when they are all the records of a workspace.
    """

    paths: tuple[Path, ...]
    fingerprint: str


def snapshot(paths: Sequence[Path], into: Path) -> Snapshot:
    """Keep the record files in a folder: copies, or hard links of large files.

    A sync replaces files and never writes into one, so a link keeps the old bytes. Another program may write into its
    own: files that Boxwright did not write are copied whatever their size, where there is room. The whole set is of one
    sync: none runs meanwhile, and an interrupted one is finished first.

    Args:
        paths: As resolve_records gives them.
        into: A folder, made if need be; files of the same names in it are replaced.

    Raises:
        BoxwrightError: A file is gone: resolve the records again.
        OSError: `into` cannot be written.
    """
    into.mkdir(parents=True, exist_ok=True)
    with _without_syncs(paths) as is_ours:
        is_cheap = sum(map(_size, paths)) <= CHEAP_BYTES
        taken: dict[str, Path] = {}
        for path in paths:
            name = path.name if path.name not in taken else f"{len(taken)}-{path.name}"
            taken[name] = path
            _hold(path, into / name, copy=is_cheap or not is_ours(path))
            failpoints.reach("snapshot-hold")
    failpoints.reach("snapshot-held")
    held = [into / name for name in taken]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        hashes = dict(zip(taken, pool.map(content_digest, held), strict=True))
    return Snapshot(tuple(held), fingerprint_of(hashes))


@contextmanager
def _without_syncs(paths: Sequence[Path]) -> Iterator[Callable[[Path], bool]]:
    """Keep syncs out of the workspace that the records are of, if any; yield whether Boxwright wrote a file."""
    roots = {path.absolute().parent.parent for path in paths}
    root = next((root for root in sorted(roots) if (root / ".boxwright").is_dir()), None)
    if root is None:
        yield lambda path: False
        return
    workspace = Workspace.at(root)
    manifest = Manifest(workspace.state / "manifest.sqlite")
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(workspace))
        except OSError:
            pass  # someone else's workspace, readable only: nobody can sync it from here
        else:
            roll_forward(workspace, manifest)
        written = WrittenFiles(manifest, workspace.annotations)
        yield lambda path: path.parent.absolute() == workspace.annotations and written.get(path.name) is not None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # `_hold` says what it is
        return 0


def _hold(path: Path, target: Path, *, copy: bool) -> None:
    target.unlink(missing_ok=True)
    try:
        if not (copy and shutil.disk_usage(target.parent).free > FREE_SPACE_FACTOR * _size(path)):
            try:
                os.link(path.resolve(), target)
                return
            except FileNotFoundError:
                raise
            except OSError:
                pass  # a file system without links
        shutil.copyfile(path, target)
    except FileNotFoundError as error:
        raise BoxwrightError(
            f"{path}: the record is gone; the dataset was probably just written again. Run the command again."
        ) from error
