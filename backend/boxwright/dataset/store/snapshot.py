"""Records that do not change while a training reads them, whatever is saved in labelImg meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
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
from boxwright.errors import BoxwrightError
from boxwright.workspace import Workspace


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
    """Keep the record files in a folder: hard links, copies where the file system has none.

    A sync replaces files and never writes into one, so a link keeps the old bytes. The whole set is of one sync:
    none runs meanwhile, and an interrupted one is finished first.

    Args:
        paths: As resolve_records gives them.
        into: A folder, made if need be; files of the same names in it are replaced.

    Raises:
        BoxwrightError: A file is gone: resolve the records again.
        OSError: `into` cannot be written.
    """
    into.mkdir(parents=True, exist_ok=True)
    with _without_syncs(paths):
        taken: dict[str, Path] = {}
        for path in paths:
            name = path.name if path.name not in taken else f"{len(taken)}-{path.name}"
            taken[name] = path
            _link_or_copy(path, into / name)
            failpoints.reach("snapshot-hold")
    failpoints.reach("snapshot-held")
    held = [into / name for name in taken]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        hashes = dict(zip(taken, pool.map(content_digest, held), strict=True))
    return Snapshot(tuple(held), fingerprint_of(hashes))


@contextmanager
def _without_syncs(paths: Sequence[Path]) -> Iterator[None]:
    """Keep syncs out of the workspace that the records are of, if they are of one."""
    roots = {path.absolute().parent.parent for path in paths}
    root = next((root for root in sorted(roots) if (root / ".boxwright").is_dir()), None)
    if root is None:
        yield
        return
    workspace = Workspace.at(root)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(workspace))
        except OSError:
            pass  # someone else's workspace, readable only: nobody can sync it from here
        else:
            roll_forward(workspace, Manifest(workspace.state / "manifest.sqlite"))
        yield


def _link_or_copy(path: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        try:
            os.link(path.resolve(), target)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(path, target)
    except FileNotFoundError as error:
        raise BoxwrightError(
            f"{path}: the record is gone; the dataset was probably just written again. Run the command again."
        ) from error
