"""Writing what differs under temporary names, and the list of renames that makes it the dataset."""

from __future__ import annotations

import filecmp
import hashlib
import os
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from boxwright import failpoints
from boxwright.dataset.cache.manifest import Manifest, WrittenFile
from boxwright.dataset.plan.plan import Plan
from boxwright.dataset.store.fingerprint import fingerprint_of
from boxwright.dataset.store.journal import Journal, temporary_for
from boxwright.dataset.store.shards import EarlierRecords, ShardSpec, write_shard
from boxwright.dataset.store.tables import TableCache, table_fingerprint
from boxwright.dataset.store.written_files import WrittenFiles
from boxwright.files import backup_path
from boxwright.progress import Progress, Reporter
from boxwright.workspace import SPLITS, Workspace

_REPORT_EVERY = 10  # records; a report costs as much as the copying of one
_MAX_WRITERS = 4  # threads; while one waits for the disk another serializes


def output_pattern(split: str) -> re.Pattern[str]:
    """Return what the names of a split's files in annotations/ match: records, shards, table."""
    return re.compile(rf"{split}\.record(-\d{{5}}-of-\d{{5}})?|{split}_labels\.csv")


def are_outputs_current(workspace: Workspace, manifest: Manifest, splits: Iterable[str]) -> bool:
    """Return whether the files that the last sync wrote are all there, and no other one is beside them.

    Args:
        workspace: Where annotations/ is.
        manifest: What the last sync wrote.
        splits: Those that have images.
    """
    written = WrittenFiles(manifest, workspace.annotations)
    if any(written.get(name) is None for name in written.names()):
        return False
    found = set(_names(workspace.annotations)) - set(written.names())
    return not any(output_pattern(split).fullmatch(name) for split in splits for name in found)


class Staging:
    """The temporary files of one sync; what was not committed when the block ends is deleted.

    Attributes:
        journal: What `commit` is to do, complete after `write`.
    """

    def __init__(
        self,
        workspace: Workspace,
        manifest: Manifest,
        plan: Plan,
        shards: Mapping[str, Sequence[ShardSpec]],
        tables: TableCache,
        reporter: Reporter,
    ) -> None:
        """Write nothing yet.

        Args:
            workspace: Where annotations/ is.
            manifest: What is there.
            plan: What is to be there.
            shards: The plan's record files, per split.
            tables: Of earlier syncs, or an empty one.
            reporter: Told how many records are written.
        """
        self.journal = Journal()
        self._workspace = workspace
        self._folder = workspace.annotations
        self._written = WrittenFiles(manifest, workspace.annotations)
        self._plan = plan
        self._reporter = reporter
        self._shards = shards
        self._tables = tables
        self._record_digests: dict[str, str] = {}
        self._temporaries: list[str] = []

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or not (self._workspace.state / "journal.json").exists():
            for temporary in self._temporaries:
                (self._folder / temporary).unlink(missing_ok=True)

    def records(self) -> dict[str, tuple[Path, ...]]:
        """Return the record files of each split."""
        return {split: tuple(self._folder / shard.name for shard in self._shards[split]) for split in SPLITS}

    def fingerprint(self) -> str:
        """Return the fingerprint of all record files."""
        return fingerprint_of(self._record_digests)

    def write(self) -> None:
        """Write every file that is not up to date under a temporary name, and fill the journal."""
        for path, data in (
            (self._workspace.label_map, self._plan.label_map_data),
            (self._workspace.split_csv, self._plan.split_data),
        ):
            if data is not None:
                self.journal.moves.append((self._write_temporary(path.name, data), path.name))
        with ThreadPoolExecutor(1) as pool:
            # beside the records, which wait for the disk: pandas takes 0.3 s to import
            entries = self._plan.entries
            tables = {split: pool.submit(self._tables.text, split, entries[split]) for split in self._stale_tables()}
            self._write_shards()
        for split, text in tables.items():
            self._write_table(split, text.result().encode("utf-8", "surrogateescape"))
        self._clear_away()
        failpoints.reach("after-staging")

    def _stale_tables(self) -> list[str]:
        stale = []
        for split in SPLITS:
            entries = self._plan.entries[split]
            known = self._written.get(f"{split}_labels.csv")
            if entries and (known is None or known.fingerprint != table_fingerprint(split, entries)):
                stale.append(split)
        return stale

    def _write_shards(self) -> None:
        stale: list[ShardSpec] = []
        for shard in (shard for split in SPLITS for shard in self._shards[split]):
            known = self._written.get(shard.name)
            if known is not None and known.fingerprint == shard.fingerprint:
                self._record_digests[shard.name] = known.digest
            else:
                stale.append(shard)
        if not stale:
            return
        earlier = self._earlier_records()
        temporaries = {shard.name: self._new_temporary(shard.name) for shard in stale}
        tick = _Ticker("writing records", sum(len(shard.entries) for shard in stale), self._reporter)

        def write(shard: ShardSpec) -> tuple[ShardSpec, WrittenFile]:
            target = self._folder / temporaries[shard.name]
            content = write_shard(shard, target, root=self._workspace.root, earlier=earlier, tick=tick)
            return shard, WrittenFile(content.size, content.digest, shard.fingerprint, content.index)

        with ThreadPoolExecutor(min(_MAX_WRITERS, (os.cpu_count() or 1) + 1)) as pool:
            for shard, written in pool.map(write, stale):
                self._record_digests[shard.name] = written.digest
                self._place(temporaries[shard.name], shard.name, written)
                failpoints.reach("after-shard")

    def _earlier_records(self) -> EarlierRecords:
        earlier = EarlierRecords()
        for name in self._written.names():
            known = self._written.get(name)
            if known is not None:
                earlier.add(self._folder / name, known.index)
        return earlier

    def _write_table(self, split: str, data: bytes) -> None:
        entries = self._plan.entries[split]
        name = f"{split}_labels.csv"
        temporary = self._write_temporary(name, data)
        written = WrittenFile(len(data), hashlib.sha256(data).hexdigest(), table_fingerprint(split, entries))
        self._place(temporary, name, written)

    def _place(self, temporary: str, name: str, written: WrittenFile) -> None:
        """Have the journal put a file that was written in its place, and back up a user's file that is there."""
        target = self._folder / name
        self.journal.written[name] = written
        if target.exists() and self._written.get(name) is None:
            if target.is_file() and filecmp.cmp(target, self._folder / temporary, shallow=False):
                return  # the same bytes are there: ours, written before .boxwright/ was deleted
            self._back_up(name)
        self.journal.moves.append((temporary, name))

    def _clear_away(self) -> None:
        """Find files of ours that are no longer part of the dataset, and others that would be taken for it."""
        wanted = {shard.name for split in SPLITS for shard in self._shards[split]}
        wanted |= {f"{split}_labels.csv" for split in SPLITS if self._plan.entries[split]}
        ours = set(self._written.names())
        self.journal.deletes += sorted(ours - wanted)
        for split in SPLITS:
            pattern = output_pattern(split)
            for name in sorted(_names(self._folder)):
                if name in wanted or not pattern.fullmatch(name):
                    continue
                if self._written.get(name) is not None:
                    continue  # deleted, see above
                if name in self.journal.deletes:
                    self.journal.deletes.remove(name)  # it was ours once; what is there now is not
                if self._plan.entries[split]:
                    self._back_up(name)

    def _back_up(self, name: str) -> None:
        self.journal.backups.append((name, backup_path(self._folder / name).name))

    def _new_temporary(self, name: str) -> str:
        self._temporaries.append(temporary_for(name))
        return self._temporaries[-1]

    def _write_temporary(self, name: str, data: bytes) -> str:
        temporary = self._new_temporary(name)
        with (self._folder / temporary).open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        return temporary


class _Ticker:
    """Counts images written by several threads."""

    def __init__(self, stage: str, total: int, reporter: Reporter) -> None:
        self._stage, self._total, self._reporter = stage, total, reporter
        self._done = 0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self._done += 1
            if self._done % _REPORT_EVERY == 0 or self._done == self._total:
                self._reporter(Progress(self._stage, self._done, self._total))


def _names(folder: Path) -> list[str]:
    return os.listdir(folder)  # noqa: PTH208 - names, not paths
