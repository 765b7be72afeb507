"""Bringing the dataset up to date with the images and their XML.

1. Lock; finish what an interrupted sync left.
2. Scan: a stat each. Nothing changed since the last time: its report again, and that is all.
3. Read what is new or changed; decide what the records are to hold (a pure function).
4. Write what differs under temporary names, to the disk.
5. Commit by a journal of renames.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from boxwright.dataset.facts import (
    XmlFacts,
    check_deep,
    facts_version,
    read_annotations,
    read_images,
)
from boxwright.dataset.journal import commit, roll_forward
from boxwright.dataset.label_map import LabelMap, parse_label_map
from boxwright.dataset.lock import locked
from boxwright.dataset.manifest import IMAGE, XML, Manifest
from boxwright.dataset.matching import pair
from boxwright.dataset.plan import RECORD_VERSION, Plan, Sources, make_plan
from boxwright.dataset.report import DatasetReport
from boxwright.dataset.scan import FileStat, Listing, scan
from boxwright.dataset.shards import SourceChangedError
from boxwright.dataset.staging import Staging, is_standing
from boxwright.errors import BoxwrightError
from boxwright.progress import Reporter, silent
from boxwright.workspace import SIDES, Workspace

TEST_FRACTION = 0.2
ATTEMPTS = 5  # a file that changes while it is read is read again


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
        test_fraction: Share of images that go to the test side as they are first seen.
        reporter: Told how far reading and writing are.

    Raises:
        BoxwrightError: label_map.pbtxt or split.csv cannot be read, or the files do not stand still.
        OSError: The workspace cannot be written.
    """
    options = _Options(closed_label_map, test_fraction)
    workspace.annotations.mkdir(parents=True, exist_ok=True)
    with locked(workspace, reporter):
        manifest = Manifest(workspace.state / "manifest.sqlite")
        roll_forward(workspace, manifest)
        for _ in range(ATTEMPTS):
            try:
                return _sync_once(workspace, manifest, options, reporter)
            except SourceChangedError as error:
                changed = error
    raise BoxwrightError(
        f"{changed}: the file changed each time it was read. Wait until the program that writes it is done, "
        "then run `boxwright dataset` again."
    )


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
    options = _Options(closed_label_map, test_fraction)
    try:
        with locked(workspace, reporter):
            manifest = Manifest(workspace.state / "manifest.sqlite")
            report, images = _assess(workspace, manifest, options, reporter)
    except OSError:  # a workspace that cannot be written can still be looked at
        report, images = _assess(workspace, Manifest(None), options, reporter)
    if deep:
        report = report.with_findings(tuple(check_deep(workspace.root, images, reporter)))
    return report


@dataclass(frozen=True)
class _Options:
    closed_label_map: bool
    test_fraction: float


@dataclass(frozen=True)
class _Inputs:
    """What the dataset is made of, before anything is opened but the two small files."""

    listing: Listing
    label_map: bytes | None
    split: bytes

    @classmethod
    def of(cls, workspace: Workspace) -> _Inputs:
        return cls(scan(workspace), _bytes_of(workspace, "label_map"), _bytes_of(workspace, "split") or b"")

    def digest(self, options: _Options) -> str:
        """Return what is equal for as long as nothing changes."""
        digest = hashlib.sha256(f"{RECORD_VERSION} {facts_version()} {options}\n".encode())
        for files in (self.listing.images, self.listing.annotations):
            lines = [f"{path}\0{files[path]}\n" for path in sorted(files)]
            digest.update("".join(lines).encode("utf-8", "surrogateescape"))
        for data in (self.label_map, self.split):
            digest.update(b"none" if data is None else hashlib.sha256(data).digest())
        digest.update(repr(self.listing.findings).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()


def _bytes_of(workspace: Workspace, name: str) -> bytes | None:
    try:
        data: bytes = getattr(workspace, name).read_bytes()
    except FileNotFoundError:
        return None
    return data


def _sync_once(workspace: Workspace, manifest: Manifest, options: _Options, reporter: Reporter) -> DatasetReport:
    inputs = _Inputs.of(workspace)
    report = _remembered_report(workspace, manifest, inputs, options)
    if report is not None and is_standing(workspace, manifest, [side for side in SIDES if report.images[side]]):
        return report
    plan, trusted = _plan(workspace, manifest, inputs, options, reporter)
    with Staging(workspace, manifest, plan, reporter) as staging:
        staging.write()
        if (_bytes_of(workspace, "label_map"), _bytes_of(workspace, "split") or b"") != (
            inputs.label_map,
            inputs.split,
        ):
            raise SourceChangedError(str(workspace.annotations))
        changed = not staging.journal.is_empty()
        if changed:
            commit(workspace, manifest, staging.journal)
        else:
            manifest.save(written=staging.journal.written)
    report = replace(_report(plan), records=staging.records(), fingerprint=staging.fingerprint())
    now = _Inputs(inputs.listing, plan.label_map_data or inputs.label_map, plan.split_data or inputs.split)
    _remember_report(manifest, report, now.digest(options) if trusted else "")
    return replace(
        report.with_findings(plan.passing),
        changed=changed,
        new_labels=plan.new_labels,
        kept_aside=tuple(workspace.annotations / kept_as for _, kept_as in staging.journal.kept),
    )


def _assess(
    workspace: Workspace, manifest: Manifest, options: _Options, reporter: Reporter
) -> tuple[DatasetReport, list[str]]:
    """Return the report and the labelled images' paths."""
    inputs = _Inputs.of(workspace)
    plan, _ = _plan(workspace, manifest, inputs, options, reporter)
    report = replace(_report(plan).with_findings(plan.passing), new_labels=plan.new_labels)
    return report, [f"images/{entry.key}" for side in SIDES for entry in plan.entries[side]]


def _plan(
    workspace: Workspace, manifest: Manifest, inputs: _Inputs, options: _Options, reporter: Reporter
) -> tuple[Plan, bool]:
    """Read what is new or changed; return the plan, and whether nothing of it need be read again next time."""
    listing = inputs.listing
    manifest.facts(IMAGE)  # loaded here, because two threads ask for them next
    with ThreadPoolExecutor(1) as pool:
        # parsing needs the interpreter and reading images mostly does not: side by side, on the likely images
        early = pool.submit(read_images, workspace.root, _beside_xml(listing), manifest, reporter)
        xml_facts = read_annotations(workspace.root, listing.annotations, manifest, silent)
        annotations = {path: fact.value for path, fact in xml_facts.items()}
        pairing = pair(listing.images, {path: _filename(said) for path, said in annotations.items()})
        labelled = {image: listing.images[image] for image in pairing.xml_of}
        early_facts = early.result()
    others = {image: status for image, status in labelled.items() if image not in early_facts}
    late_facts = read_images(workspace.root, others, manifest, reporter)
    image_facts = {image: facts for image, facts in {**early_facts, **late_facts}.items() if image in labelled}
    # kept, because a check, or a sync that fails, must not make a renamed image a new one
    gone = {
        path: replace(fact, trusted=False) for path, fact in manifest.facts(IMAGE).items() if path not in listing.images
    }
    former = {path.removeprefix("images/"): json.loads(fact.body)[0] for path, fact in gone.items()}
    manifest.save(
        facts={
            XML: {path: fact.remembered for path, fact in xml_facts.items()},
            IMAGE: {**gone, **{path: fact.remembered for path, fact in image_facts.items()}},
        },
        meta={"facts_version": facts_version()},
    )
    sources = Sources(
        pairing=pairing,
        images={path: fact.value for path, fact in image_facts.items()},
        annotations=annotations,
        all_images=sorted(listing.images),
        label_map=inputs.label_map,
        split=inputs.split,
        former=former,
        findings=listing.findings,
    )
    plan = make_plan(sources, closed_label_map=options.closed_label_map, test_fraction=options.test_fraction)
    trusted = all(fact.remembered.trusted for facts in (xml_facts, image_facts) for fact in facts.values())
    same = all(
        fact.remembered.stat == files[path]
        for facts, files in ((xml_facts, listing.annotations), (image_facts, listing.images))
        for path, fact in facts.items()
    )
    return plan, trusted and same and len(xml_facts) == len(listing.annotations) and len(image_facts) == len(labelled)


def _beside_xml(listing: Listing) -> dict[str, FileStat]:
    """Return the images that have an XML of their stem beside them."""
    stems = {path.rpartition(".")[0] for path in listing.annotations}
    return {path: status for path, status in listing.images.items() if path.rpartition(".")[0] in stems}


def _filename(said: XmlFacts) -> str:
    return said.annotation.filename if said.annotation is not None else ""


def _report(plan: Plan) -> DatasetReport:
    objects: dict[str, dict[str, int]] = {label: dict.fromkeys(SIDES, 0) for label in plan.label_map}
    for side in SIDES:
        for entry in plan.entries[side]:
            for box in entry.boxes:
                objects[box.label][side] += 1
    return DatasetReport(
        images={side: len(plan.entries[side]) for side in SIDES},
        objects={label: sides for label, sides in objects.items() if any(sides.values())},
        findings=plan.findings,
        label_map=plan.label_map,
        records=dict.fromkeys(SIDES, ()),
        fingerprint="",
        unlabelled=plan.unlabelled,
    )


def _remembered_report(
    workspace: Workspace, manifest: Manifest, inputs: _Inputs, options: _Options
) -> DatasetReport | None:
    if manifest.meta.get("report_digest") != inputs.digest(options):
        return None
    label_map = LabelMap() if inputs.label_map is None else parse_label_map(inputs.label_map)
    try:
        return DatasetReport.from_json(manifest.meta["report"], folder=workspace.annotations, label_map=label_map)
    except (KeyError, TypeError, ValueError):
        return None  # a damaged memory


def _remember_report(manifest: Manifest, report: DatasetReport, digest: str) -> None:
    manifest.save(meta={"report": report.to_json(), "report_digest": digest})
