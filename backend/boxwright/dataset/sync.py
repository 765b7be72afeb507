"""Bringing the dataset up to date with the images and their XML.

1. Lock; finish what an interrupted sync left.
2. Scan: a stat each. Nothing changed since the last time: its report again, and that is all.
3. Read what is new or changed; decide what the records are to hold (a pure function).
4. Write what differs under temporary names, to the disk.
5. Commit by a journal of renames.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from boxwright.dataset.cache.inputs import NO_REPORT, Inputs, Options, cache_report, cached_report, small_files
from boxwright.dataset.cache.manifest import IMAGE, XML, Manifest
from boxwright.dataset.cache.rows import (
    Cached,
    ImageInfo,
    XmlInfo,
    cache_version,
    check_deep,
    read_annotation,
    read_annotations,
    read_images,
)
from boxwright.dataset.plan.plan import Plan, PlanCache, Sources, amend_plan, make_plan
from boxwright.dataset.report import DatasetReport
from boxwright.dataset.sources.matching import Pairing, pair
from boxwright.dataset.sources.scan import FileStat, Listing
from boxwright.dataset.store.journal import commit, is_interrupted, roll_forward
from boxwright.dataset.store.lock import locked
from boxwright.dataset.store.shards import ShardSpec, SourceChangedError, amend_shards, plan_shards
from boxwright.dataset.store.staging import Staging, is_standing
from boxwright.dataset.store.tables import TableCache
from boxwright.errors import BoxwrightError
from boxwright.progress import Reporter, silent
from boxwright.workspace import SPLITS, Workspace

TEST_FRACTION = 0.2
ATTEMPTS = 5  # a file that changes while it is read is read again


def _never() -> bool:
    return False


def _pass_or_give_way(give_way: Callable[[], bool]) -> None:
    if give_way():
        raise GaveWayError


def sync(
    workspace: Workspace,
    *,
    closed_label_map: bool = False,
    test_fraction: float = TEST_FRACTION,
    reporter: Reporter = silent,
) -> DatasetReport:
    """Write split, label map, tables and records, as far as they are not what they ought to be.

    Args:
        workspace: Where images/ is.
        closed_label_map: A label that label_map.pbtxt lacks is an error instead of a new class.
        test_fraction: Share of images that go to the test split as they are first seen.
        reporter: Told how far reading and writing are.

    Raises:
        BoxwrightError: label_map.pbtxt or split.csv cannot be read, or the files do not stand still.
        OSError: The workspace cannot be written.
    """
    return Session(workspace, closed_label_map=closed_label_map, test_fraction=test_fraction).sync(reporter)


def assess(
    workspace: Workspace,
    *,
    closed_label_map: bool = False,
    test_fraction: float = TEST_FRACTION,
    deep: bool = False,
    reporter: Reporter = silent,
) -> DatasetReport:
    """Return what `sync` would report, writing nothing but the memory in .boxwright/.

    Args:
        workspace: As for sync.
        closed_label_map: As for sync.
        test_fraction: As for sync.
        deep: Decode every image whole.
        reporter: Told how far reading is.
    """
    session = Session(workspace, closed_label_map=closed_label_map, test_fraction=test_fraction)
    report, images = session.assess(reporter)
    if deep:
        report = report.with_findings(tuple(check_deep(workspace.root, images, reporter)))
    return report


class GaveWayError(Exception):
    """A sync ended before it wrote anything, because there was something more urgent."""


class Session:
    """Syncs of one workspace by one process, which remembers between them what it need not work out twice.

    What is remembered is used as long as nobody else writes the manifest, and changes no result.
    """

    def __init__(
        self, workspace: Workspace, *, closed_label_map: bool = False, test_fraction: float = TEST_FRACTION
    ) -> None:
        """Remember nothing yet; arguments as for sync."""
        self.workspace = workspace
        self._options = Options(closed_label_map, test_fraction)
        self._manifest = Manifest(None)
        self._images: dict[str, Cached[ImageInfo]] = {}
        self._annotations: dict[str, Cached[XmlInfo]] = {}
        self._pairing: tuple[set[str], dict[str, str], Pairing] | None = None
        self._memory = PlanCache()
        self._tables = TableCache()
        self._last: _Written | None = None

    def can_amend(self) -> bool:
        """Return whether `amend` can do anything.

        It cannot when the first sync found that nothing had changed, and looked no further.
        """
        return self._last is not None

    def sync(
        self, reporter: Reporter = silent, *, give_way: Callable[[], bool] = _never, thorough: bool = False
    ) -> DatasetReport:
        """Bring everything up to date; see the function of this name.

        Args:
            reporter: As there.
            give_way: Asked a few times before anything is written whether to end for something more urgent.
            thorough: Work everything out also when nothing changed, so that `amend` can follow.

        Raises:
            GaveWayError: `give_way` said so; `amend` goes on from what the last sync wrote.
        """
        self.workspace.annotations.mkdir(parents=True, exist_ok=True)
        with locked(self.workspace, reporter):
            is_news = not self._manifest.is_current()  # another program's sync
            self._open_manifest()
            if roll_forward(self.workspace, self._manifest) or is_news:
                self._last = None
            last, self._last = self._last, None
            for _ in range(ATTEMPTS):
                try:
                    report = self._sync_once(reporter, give_way, thorough)
                    self._last = self._last or last  # nothing changed: the records are as that sync left them
                    return report
                except GaveWayError:
                    self._last = last  # nothing was written: the records are as that sync left them
                    raise
                except SourceChangedError as error:
                    last = None
                    changed = error
        raise BoxwrightError(
            f"{changed}: the file changed each time it was read. Wait until the program that writes it is done, "
            "then run `boxwright dataset` again."
        )

    def amend(self, xmls: Collection[str]) -> bool:
        """Bring records and tables up to date with a few XML files that changed, looking at nothing else.

        This is a shortcut to what `sync` would write now, for files that it has seen before. Findings, and whatever
        else may have changed, are for a `sync` soon after.

        Args:
            xmls: Paths relative to the workspace, with forward slashes.

        Returns:
            False when nothing was done, because only a whole `sync` can say what the records are to hold.

        Raises:
            BoxwrightError, OSError: As for sync.
        """
        if self._last is None:
            return False
        with locked(self.workspace):
            if not self._manifest.is_current() or is_interrupted(self.workspace):
                self._last = None
                return False
            amended = self._amended(self._last, xmls)
            self._last = amended and self._write_amended(amended)
            return self._last is not None

    def assess(self, reporter: Reporter = silent) -> tuple[DatasetReport, list[str]]:
        """Return the report that `sync` would give and the labelled images' paths, writing only what is remembered."""
        try:
            with locked(self.workspace, reporter):
                self._open_manifest()
                return self._assess(reporter)
        except OSError:  # a workspace that cannot be written can still be looked at
            self._manifest = Manifest(None)
            return self._assess(reporter)

    def _open_manifest(self) -> None:
        if not self._manifest.is_current():
            self._manifest = Manifest(self.workspace.state / "manifest.sqlite")

    def _sync_once(self, reporter: Reporter, give_way: Callable[[], bool], thorough: bool) -> DatasetReport:
        workspace, manifest = self.workspace, self._manifest
        inputs = Inputs.of(workspace)
        _pass_or_give_way(give_way)
        report = None if thorough else cached_report(workspace, manifest, inputs, self._options)
        if report is not None and is_standing(workspace, manifest, [split for split in SPLITS if report.images[split]]):
            return report
        sources, plan, still = self._plan(inputs, reporter, give_way)
        _pass_or_give_way(give_way)
        shards = {split: plan_shards(split, plan.entries[split]) for split in SPLITS}
        with Staging(workspace, manifest, plan, shards, self._tables, reporter) as staging:
            staging.write()
            if thorough:
                for split in SPLITS:
                    self._tables.text(
                        split, plan.entries[split]
                    )  # remembered now, so that the first amend need not wait
            if small_files(workspace) != (inputs.label_map, inputs.split):
                raise SourceChangedError(str(workspace.annotations))
            changed = not staging.journal.is_empty()
            if changed:
                commit(workspace, manifest, staging.journal)
            else:
                manifest.save(written=staging.journal.written)
        report = replace(_report(plan), records=staging.records(), fingerprint=staging.fingerprint())
        now = replace(inputs, label_map=plan.label_map_data or inputs.label_map, split=plan.split_data or inputs.split)
        digest = now.digest(self._options) if still else ""
        cache_report(manifest, report, digest, self._annotations, self._images)
        self._last = _Written(sources, plan, shards, (now.label_map, now.split))
        return replace(
            report.with_findings(plan.passing),
            changed=changed,
            new_labels=plan.new_labels,
            kept_aside=tuple(workspace.annotations / kept_as for _, kept_as in staging.journal.kept),
        )

    def _amended(self, last: _Written, xmls: Collection[str]) -> _Written | None:
        plan, shards = last.plan, dict(last.shards)
        for xml in xmls:
            try:
                said = read_annotation(self.workspace.root, xml) if xml in last.sources.annotations else None
            except FileNotFoundError:
                return None
            amended = said and amend_plan(plan, last.sources, xml, said, self._memory)
            if not amended:
                return None
            split, entry, plan = amended
            shards[split] = amend_shards(shards[split], entry)
        return replace(last, plan=replace(plan, label_map_data=None, split_data=None), shards=shards)

    def _write_amended(self, amended: _Written) -> _Written | None:
        try:
            with Staging(self.workspace, self._manifest, amended.plan, amended.shards, self._tables, silent) as staging:
                staging.write()
                if small_files(self.workspace) != amended.small_files:
                    return None
                if not staging.journal.is_empty():
                    self._manifest.save(meta=NO_REPORT)
                    commit(self.workspace, self._manifest, staging.journal)
        except SourceChangedError:
            return None
        return amended

    def _assess(self, reporter: Reporter) -> tuple[DatasetReport, list[str]]:
        _, plan, _ = self._plan(Inputs.of(self.workspace), reporter)
        report = replace(_report(plan).with_findings(plan.passing), new_labels=plan.new_labels)
        return report, [f"images/{entry.key}" for split in SPLITS for entry in plan.entries[split]]

    def _plan(
        self, inputs: Inputs, reporter: Reporter, give_way: Callable[[], bool] = _never
    ) -> tuple[Sources, Plan, bool]:
        """Read what is new or changed; return the plan, and whether all was as the scan had found it."""
        root, manifest, listing = self.workspace.root, self._manifest, inputs.listing
        manifest.facts(IMAGE)  # loaded here, because two threads ask for them next
        with ThreadPoolExecutor(1) as pool:
            # parsing needs the interpreter and reading images mostly does not: side by side, on the likely images
            early = pool.submit(read_images, root, _beside_xml(listing), manifest, reporter, self._images)
            xmls = read_annotations(root, listing.annotations, manifest, silent, self._annotations)
            annotations = {path: known.value for path, known in xmls.items()}
            pairing = self._pair(listing, annotations)
            labelled = {image: listing.images[image] for image in pairing.xml_of}
            early_images = early.result()
        others = {image: status for image, status in labelled.items() if image not in early_images}
        late_images = read_images(root, others, manifest, reporter, self._images)
        images = {image: known for image, known in {**early_images, **late_images}.items() if image in labelled}
        self._images, self._annotations = images, xmls
        # kept, because a check, or a sync that fails, must not make a renamed image a new one
        gone = {
            path: replace(fact, trusted=False)
            for path, fact in manifest.facts(IMAGE).items()
            if path not in listing.images
        }
        former = {path.removeprefix("images/"): json.loads(fact.body)[0] for path, fact in gone.items()}
        manifest.save(
            facts={
                XML: {path: known.remembered for path, known in xmls.items()},
                IMAGE: {**gone, **{path: known.remembered for path, known in images.items()}},
            },
            # what was read is no longer what the remembered report was made of; the end of a sync remembers anew
            meta={"cache_version": cache_version(), **NO_REPORT},
        )
        sources = Sources(
            pairing=pairing,
            images={path: known.value for path, known in images.items()},
            annotations=annotations,
            all_images=sorted(listing.images),
            label_map=inputs.label_map,
            split=inputs.split,
            former=former,
            findings=listing.findings,
        )
        _pass_or_give_way(give_way)
        plan = make_plan(
            sources,
            closed_label_map=self._options.closed_label_map,
            test_fraction=self._options.test_fraction,
            memory=self._memory,
        )
        same = all(
            known.remembered.stat == stats[path]
            for files, stats in ((xmls, listing.annotations), (images, listing.images))
            for path, known in files.items()
        )
        complete = len(xmls) == len(listing.annotations) and len(images) == len(labelled)
        return sources, plan, same and complete

    def _pair(self, listing: Listing, annotations: Mapping[str, XmlInfo]) -> Pairing:
        names = {path: _filename(said) for path, said in annotations.items()}
        images = set(listing.images)
        if self._pairing is None or self._pairing[:2] != (images, names):
            self._pairing = (images, names, pair(images, names))
        return self._pairing[2]


@dataclass(frozen=True)
class _Written:
    """What the last sync made, and of what: the ground for `Session.amend`.

    Attributes:
        sources, plan, shards: As they went into the records.
        small_files: Bytes of label map and split when that was done.
    """

    sources: Sources
    plan: Plan
    shards: Mapping[str, Sequence[ShardSpec]]
    small_files: tuple[bytes | None, bytes]


def _beside_xml(listing: Listing) -> dict[str, FileStat]:
    """Return the images that have an XML of their stem beside them."""
    stems = {path.rpartition(".")[0] for path in listing.annotations}
    return {path: status for path, status in listing.images.items() if path.rpartition(".")[0] in stems}


def _filename(said: XmlInfo) -> str:
    return said.annotation.filename if said.annotation is not None else ""


def _report(plan: Plan) -> DatasetReport:
    objects: dict[str, dict[str, int]] = {label: dict.fromkeys(SPLITS, 0) for label in plan.label_map}
    for split in SPLITS:
        for entry in plan.entries[split]:
            for box in entry.boxes:
                objects[box.label][split] += 1
    return DatasetReport(
        images={split: len(plan.entries[split]) for split in SPLITS},
        objects={label: splits for label, splits in objects.items() if any(splits.values())},
        findings=plan.findings,
        label_map=plan.label_map,
        records=dict.fromkeys(SPLITS, ()),
        fingerprint="",
        unlabelled=plan.unlabelled,
    )
