"""Which files in annotations/ are as Boxwright wrote them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from boxwright.dataset.cache.manifest import Manifest, WrittenFile
from boxwright.dataset.sources.scan import FileStat
from boxwright.dataset.store.tfrecord import content_digest


class WrittenFiles:
    """The files that Boxwright wrote into a folder."""

    def __init__(self, manifest: Manifest, folder: Path) -> None:
        """Look at nothing yet.

        Args:
            manifest: Knows what was written.
            folder: annotations/ of the manifest's workspace.
        """
        self._manifest = manifest
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        """Return the names of all files that Boxwright wrote, those that were changed or deleted since included."""
        return tuple(self._manifest.written)

    def get(self, name: str) -> WrittenFile | None:
        """Return what Boxwright wrote under this name; None when the file is missing or holds other bytes now."""
        known = self._manifest.written.get(name)
        if known is None:
            return None
        try:
            stat = output_stat(self._folder / name)
        except OSError:
            return None
        if stat == known.stat:
            return known
        if stat.size != known.size or content_digest(self._folder / name) != known.digest:
            return None
        self._manifest.written[name] = replace(known, stat=stat)
        return self._manifest.written[name]


def output_stat(path: Path) -> FileStat:
    """Return the stat of a file of ours, without the change time: a hard link made to it changes that."""
    return FileStat.of(path.stat())._replace(ctime_ns=0)
