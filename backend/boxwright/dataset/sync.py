"""Bringing the dataset up to date with the images and their annotation files.

1. Lock; finish what an interrupted sync left.
2. Scan: a stat each. Nothing changed since the last time: its report again, and that is all.
3. Read what is new or changed; decide what the records are to hold (a pure function).
4. Write what differs under temporary names, to the disk.
5. Commit by a journal of renames.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from boxwright.dataset.amend import SyncedState, amended
from boxwright.dataset.cache.inputs import NO_REPORT, Inputs, Options, cache_report, cached_report, small_files
from boxwright.dataset.cache.manifest import Manifest
from boxwright.dataset.cache.reading import cache_version, check_deep, read_annotations, read_images
from boxwright.dataset.cache.rows import ANNOTATIONS, IMAGES, CacheRow
from boxwright.dataset.cache.untrained_labels import set_untrained_labels, untrained_labels
from boxwright.dataset.garbage_collection import paused_garbage_collection
from boxwright.dataset.plan.plan import Plan, PlanCache, Sources, make_plan
from boxwright.dataset.report import DatasetReport
from boxwright.dataset.sources.by_image import AnnotationsByImage, ClassFiles
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo
from boxwright.dataset.sources.matching import Pairing, Reference, pair, reference_of
from boxwright.dataset.sources.scan import FileStat, Listing
from boxwright.dataset.store.journal import commit, is_interrupted, roll_forward
from boxwright.dataset.store.lock import locked
from boxwright.dataset.store.shards import SourceChangedError, plan_shards
from boxwright.dataset.store.staging import Staging, are_outputs_current
from boxwright.dataset.store.tables import TableCache
from boxwright.errors import BoxwrightError
from boxwright.progress import Reporter, silent
from boxwright.workspace import SPLITS, Workspace

TEST_FRACTION = 0.2
ATTEMPTS = 5  # a file that changes while it is read is read again


def _never() -> bool:
    return False


def sync(
    workspace: Workspace,
    *,
    closed_label_map: bool = False,
    test_fraction: float = TEST_FRACTION,
    near_identical: bool = True,
    reporter: Reporter = silent,
) -> DatasetReport:
    """Write split, label map, tables and records, as far as they are not up to date.

    Args:
        workspace: Where images/ is.
        closed_label_map: A label that label_map.pbtxt lacks is an error instead of a new class.
        test_fraction: Share of the images that belongs in the test split.
        near_identical: Near-identical images share a split, not only identical ones.
        reporter: Told how far reading and writing are.

    Raises:
        BoxwrightError: label_map.pbtxt or split.csv cannot be read, or the files keep changing.
        OSError: The workspace cannot be written.
    """
    options = Options(closed_label_map, test_fraction, near_identical)
    return Session(workspace, options).sync(reporter)


def mark_labels_trained(workspace: Workspace) -> None:
    """Note that a model is trained with the label map as it is: none of its ids is dropped from now on."""
    if workspace.state.is_dir():
        with locked(workspace):
            set_untrained_labels(Manifest(workspace.state / "manifest.sqlite"), small_files(workspace)[0], frozenset())


def assess(
    workspace: Workspace,
    *,
    closed_label_map: bool = False,
    test_fraction: float = TEST_FRACTION,
    near_identical: bool = True,
    deep: bool = False,
    reporter: Reporter = silent,
) -> DatasetReport:
    """Return what `sync` would report, writing nothing but the cache in .boxwright/.

    Args:
        workspace: As for sync.
        closed_label_map: As for sync.
        test_fraction: As for sync.
        near_identical: As for sync.
        deep: Decode every image whole.
        reporter: Told how far reading is.
    """
    session = Session(workspace, Options(closed_label_map, test_fraction, near_identical))
    report, images = session.assess(reporter)
    if deep:
        report = report.with_findings(tuple(check_deep(workspace.root, images, reporter)))
    return report


class SyncPostponedError(Exception):
    """A sync ended before it wrote anything, because there was something more urgent."""


class Session:
    """Syncs of one workspace by one process, which keeps between them what it need not work out twice.

    What is kept is used as long as nobody else writes the manifest, and changes no result.
    """

    def __init__(self, workspace: Workspace, options: Options | None = None) -> None:
        """Look at nothing yet; without options, those of sync."""
        self.workspace = workspace
        self._options = options or Options(closed_label_map=False, test_fraction=TEST_FRACTION)
        self._manifest = Manifest(None)
        self._pairing: tuple[set[str], dict[str, Reference], Pairing] | None = None
        self._by_image = AnnotationsByImage()
        self._plan_cache = PlanCache()
        self._tables = TableCache()
        self._state: SyncedState | None = None

    def can_amend(self) -> bool:
        """Return whether `amend` can do anything.

        It cannot when the first sync found that nothing had changed, and looked no further.
        """
        return self._state is not None

    def sync(
        self, reporter: Reporter = silent, *, postpone: Callable[[], bool] = _never, thorough: bool = False
    ) -> DatasetReport:
        """Bring everything up to date; see the function of this name.

        Args:
            reporter: As there.
            postpone: Asked a few times, before anything is written, whether to end for something more urgent.
            thorough: Work everything out also when nothing changed, so that `amend` can follow.

        Raises:
            SyncPostponedError: `postpone` returned true; `amend` continues from what the last sync wrote.
        """
        self.workspace.annotations.mkdir(parents=True, exist_ok=True)
        with locked(self.workspace, reporter):
            is_news = not self._manifest.is_current()  # another program's sync
            self._open_manifest()
            if roll_forward(self.workspace, self._manifest) or is_news:
                self._state = None
            before, self._state = self._state, None
            for _ in range(ATTEMPTS):
                try:
                    report = self._sync_once(reporter, postpone, thorough)
                    self._state = self._state or before  # nothing changed: the records are as that sync left them
                    return report
                except SyncPostponedError:
                    self._state = before  # nothing was written: the records are as that sync left them
                    raise
                except SourceChangedError as error:
                    before = None
                    changed = error
        raise BoxwrightError(
            f"{changed}: the file changed each time it was read. Wait until the program that writes it is done, "
            "then run `boxwright dataset` again."
        )

    def amend(self, files: Collection[str]) -> bool:
        """Bring records and tables up to date with a few annotation files that changed, looking at nothing else.

        This is a shortcut to what `sync` would write now, for files that it has seen before. Findings, and whatever
        else may have changed, are for a `sync` soon after.

        Args:
            files: Paths relative to the workspace, with forward slashes.

        Returns:
            False when nothing was done, because only a whole `sync` can say what the records are to hold.

        Raises:
            BoxwrightError, OSError: As for sync.
        """
        if self._state is None:
            return False
        with locked(self.workspace):
            if not self._manifest.is_current() or is_interrupted(self.workspace):
                self._state = None
                return False
            state = amended(self._state, self.workspace.root, files, self._plan_cache)
            self._state = state if state is not None and self._write_amended(state) else None
            return self._state is not None

    def assess(self, reporter: Reporter = silent) -> tuple[DatasetReport, list[str]]:
        """Return the report that `sync` would give and the labelled images' paths, writing only the cache."""
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

    @paused_garbage_collection()
    def _sync_once(self, reporter: Reporter, postpone: Callable[[], bool], thorough: bool) -> DatasetReport:
        workspace, manifest = self.workspace, self._manifest
        inputs = Inputs.of(workspace)
        _check_postponed(postpone)
        report = None if thorough else cached_report(workspace, manifest, inputs, self._options)
        if report is not None:
            filled = [split for split in SPLITS if report.images[split]]
            if are_outputs_current(workspace, manifest, filled):
                return report
        read = self._read(inputs, reporter)
        _check_postponed(postpone)
        plan = self._make_plan(read.sources)
        _check_postponed(postpone)
        shards = {split: plan_shards(split, plan.entries[split]) for split in SPLITS}
        with Staging(workspace, manifest, plan, shards, self._tables, reporter) as staging:
            staging.write()
            if thorough:
                for split in SPLITS:  # now, so that the first amend need not wait for it
                    self._tables.text(split, plan.entries[split])
            if small_files(workspace) != (inputs.label_map, inputs.split):
                raise SourceChangedError(str(workspace.annotations))
            changed = not staging.journal.is_empty()
            if changed:
                commit(workspace, manifest, staging.journal)
            else:
                manifest.save(written=staging.journal.written)
        report = replace(_report(plan), records=staging.records(), fingerprint=staging.fingerprint())
        now = replace(inputs, label_map=plan.label_map_data or inputs.label_map, split=plan.split_data or inputs.split)
        untrained = (read.sources.untrained_labels | set(plan.new_labels)) & set(plan.label_map)
        set_untrained_labels(manifest, now.label_map, untrained)
        digest = now.digest(self._options) if read.is_as_scanned else ""
        cache_report(
            manifest, report, digest, images=read.images, annotations=read.annotations, placements=plan.placements
        )
        sources = replace(read.sources, untrained_labels=untrained)
        self._state = SyncedState(sources, plan, shards, (now.label_map, now.split))
        return replace(
            report.with_findings(plan.label_map_findings),
            changed=changed,
            new_labels=plan.new_labels,
            backups=tuple(workspace.annotations / backup for _, backup in staging.journal.backups),
        )

    def _write_amended(self, state: SyncedState) -> bool:
        """Write what differs; return False when a source changed meanwhile, and nothing was written."""
        try:
            with Staging(self.workspace, self._manifest, state.plan, state.shards, self._tables, silent) as staging:
                staging.write()
                if small_files(self.workspace) != state.small_files:
                    return False
                if not staging.journal.is_empty():
                    self._manifest.save(meta=NO_REPORT)
                    commit(self.workspace, self._manifest, staging.journal)
        except SourceChangedError:
            return False
        return True

    @paused_garbage_collection()
    def _assess(self, reporter: Reporter) -> tuple[DatasetReport, list[str]]:
        plan = self._make_plan(self._read(Inputs.of(self.workspace), reporter).sources)
        report = replace(_report(plan).with_findings(plan.label_map_findings), new_labels=plan.new_labels)
        return report, [f"images/{entry.key}" for split in SPLITS for entry in plan.entries[split]]

    def _make_plan(self, sources: Sources) -> Plan:
        return make_plan(
            sources,
            closed_label_map=self._options.closed_label_map,
            test_fraction=self._options.test_fraction,
            near_identical=self._options.near_identical,
            cache=self._plan_cache,
        )

    def _read(self, inputs: Inputs, reporter: Reporter) -> _Read:
        """Read what is new or changed, and keep it in the manifest."""
        listing, manifest = inputs.listing, self._manifest
        class_files = ClassFiles(inputs.class_files)
        images, annotations, by_image, pairing = self._read_files(listing, class_files, reporter)
        # kept, because a check, or a sync that fails, must not make a renamed image a new one
        gone = {
            path: replace(row, trusted=False)
            for path, row in manifest.rows(IMAGES).items()
            if path not in listing.images
        }
        manifest.save(
            images={**gone, **images},
            annotations=annotations,
            # what was read is no longer what the cached report was made of; the end of a sync caches a new one
            meta={"cache_version": cache_version(), **NO_REPORT},
        )
        sources = Sources(
            pairing=pairing,
            images={path: row.info for path, row in images.items()},
            annotations=by_image,
            all_images=sorted(listing.images),
            label_map=inputs.label_map,
            other_label_maps=inputs.other_label_maps,
            split=inputs.split,
            former={path.removeprefix("images/"): row.info.sha256 for path, row in gone.items()},
            findings=listing.findings,
            class_files=class_files,
            untrained_labels=untrained_labels(manifest, inputs.label_map),
        )
        stats = {**listing.images, **listing.annotations}
        is_complete = len(annotations) == len(listing.annotations) and len(images) == len(pairing.annotation_of)
        is_as_scanned = (
            is_complete
            and all(row.info.stat == stats[path] for path, row in images.items())
            and all(row.info.stat == stats[path] for path, row in annotations.items())
        )
        return _Read(sources, images, annotations, is_as_scanned)

    def _read_files(
        self, listing: Listing, class_files: ClassFiles, reporter: Reporter
    ) -> tuple[dict[str, CacheRow[ImageInfo]], dict[str, CacheRow[AnnotationInfo]], dict[str, AnnotationInfo], Pairing]:
        """Return the rows of labelled images and of all annotation files, what they say, and which belong together."""
        root = self.workspace.root
        is_usable = self._manifest.meta.get("cache_version") == cache_version()
        cached_images = self._manifest.rows(IMAGES) if is_usable else {}
        cached_annotations = self._manifest.rows(ANNOTATIONS) if is_usable else {}
        images_of = partial(read_images, with_appearance=self._options.near_identical)
        with ThreadPoolExecutor(1) as pool:
            # parsing needs the interpreter and reading images mostly does not: side by side, on the likely images
            early = pool.submit(images_of, root, _beside_annotation(listing), cached_images, reporter)
            annotations = read_annotations(root, listing.annotations, cached_annotations, silent)
            by_image, pairing = self._pair(listing, annotations, class_files)
            early_images = early.result()
        late = {image: listing.images[image] for image in pairing.annotation_of if image not in early_images}
        late_images = images_of(root, late, cached_images, reporter)
        images = {path: row for path, row in {**early_images, **late_images}.items() if path in pairing.annotation_of}
        return images, annotations, by_image, pairing

    def _pair(
        self, listing: Listing, rows: Mapping[str, CacheRow[AnnotationInfo]], class_files: ClassFiles
    ) -> tuple[dict[str, AnnotationInfo], Pairing]:
        """Return what the annotation files say, without those that are none, and which image each belongs to."""
        said = self._by_image.of({path: row.info for path, row in rows.items()}, class_files)
        references = {
            path: reference_of(path, info.annotation, is_part=path not in rows) for path, info in said.items()
        }
        images = set(listing.images)
        known = self._pairing
        if known is None or known[2].is_mixed or known[:2] != (images, references):
            pairing = pair(images, references, lambda path: said[path].stat.mtime_ns)
            self._pairing = known = (images, references, pairing)
        pairing = known[2]
        paired = set(pairing.annotation_of.values())
        return {path: info for path, info in said.items() if path in paired or references[path].needs_image}, pairing


@dataclass(frozen=True)
class _Read:
    """What the files say.

    Attributes:
        sources: What the plan is made of.
        images: Rows of the labelled images, by path.
        annotations: Rows of all annotation files, by path.
        is_as_scanned: All files were as the scan had found them.
    """

    sources: Sources
    images: dict[str, CacheRow[ImageInfo]]
    annotations: dict[str, CacheRow[AnnotationInfo]]
    is_as_scanned: bool


def _check_postponed(postpone: Callable[[], bool]) -> None:
    if postpone():
        raise SyncPostponedError


def _beside_annotation(listing: Listing) -> dict[str, FileStat]:
    """Return the images that have an annotation file of their stem beside them."""
    stems = {path.rpartition(".")[0] for path in listing.annotations}
    return {path: status for path, status in listing.images.items() if path.rpartition(".")[0] in stems}


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
