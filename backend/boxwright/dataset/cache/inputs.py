"""What a dataset is made of before anything is opened, and the report that was made of it the last time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxwright.dataset.cache.manifest import IMAGE, XML, Manifest
from boxwright.dataset.cache.rows import Cached, cache_version, read_annotations, read_images
from boxwright.dataset.plan.label_map import LabelMap, parse_label_map
from boxwright.dataset.plan.plan import RECORD_VERSION
from boxwright.dataset.report import DatasetReport
from boxwright.dataset.sources.scan import Listing, scan
from boxwright.progress import silent
from boxwright.workspace import Workspace

MAX_DOUBTS = 64
"""So many files that were read too soon after they were written are read again for a report to hold; not more."""

NO_REPORT = {"report_digest": ""}
"""In the manifest: no report is remembered."""


@dataclass(frozen=True)
class Options:
    """What a user may choose of a dataset; the fields are those of sync."""

    closed_label_map: bool
    test_fraction: float


@dataclass(frozen=True)
class Inputs:
    """Everything that a dataset is made of; of images and XML as far as a stat tells.

    Attributes:
        listing: Images and XML.
        listing_digest: Of all that it says.
        label_map: Bytes of label_map.pbtxt; None when there is none.
        split: Bytes of split.csv; b"" when there is none.
    """

    listing: Listing
    listing_digest: str
    label_map: bytes | None
    split: bytes

    @classmethod
    def of(cls, workspace: Workspace) -> Inputs:
        """Look at the workspace."""
        listing = scan(workspace)
        return cls(listing, _digest_of(listing), *small_files(workspace))

    def digest(self, options: Options) -> str:
        """Return what is equal for as long as nothing changes."""
        digest = hashlib.sha256(f"{RECORD_VERSION} {cache_version()} {options} {self.listing_digest}\n".encode())
        for data in (self.label_map, self.split):
            digest.update(b"none" if data is None else hashlib.sha256(data).digest())
        return digest.hexdigest()


def small_files(workspace: Workspace) -> tuple[bytes | None, bytes]:
    """Return the bytes of label map, None without one, and split."""
    return _bytes_of(workspace.label_map), _bytes_of(workspace.split_csv) or b""


def cache_report(manifest: Manifest, report: DatasetReport, digest: str, *known: Mapping[str, Cached[Any]]) -> None:
    """Keep the report for as long as the inputs stay as they are.

    Args:
        manifest: Keeps it.
        report: To be kept.
        digest: Of the inputs; "" when they were no longer what they had been as they were read.
        known: CacheRow that it was made of, of XML files and of images.
    """
    recheck = [path for files in known for path, one in files.items() if not one.remembered.trusted]
    if len(recheck) > MAX_DOUBTS:
        digest, recheck = "", []
    manifest.save(meta={"report": report.to_json(), "report_digest": digest, "report_doubts": json.dumps(recheck)})


def cached_report(workspace: Workspace, manifest: Manifest, inputs: Inputs, options: Options) -> DatasetReport | None:
    """Return the report of the last sync, None when something may have changed since."""
    if manifest.meta.get("report_digest") != inputs.digest(options):
        return None
    label_map = LabelMap() if inputs.label_map is None else parse_label_map(inputs.label_map)
    try:
        recheck = json.loads(manifest.meta["report_doubts"])
        if recheck and not _are_as_known(workspace.root, manifest, inputs.listing, recheck):
            return None
        return DatasetReport.from_json(manifest.meta["report"], folder=workspace.annotations, label_map=label_map)
    except (KeyError, TypeError, ValueError):
        return None  # a damaged memory


def _are_as_known(root: Path, manifest: Manifest, listing: Listing, recheck: Sequence[str]) -> bool:
    """Read files again that may have been written after they were read; remember that they need it no more."""
    proved = {}
    for kind, files, read in ((XML, listing.annotations, read_annotations), (IMAGE, listing.images, read_images)):
        before = manifest.facts(kind)
        known = read(root, {path: files[path] for path in recheck if path in files}, manifest, silent, {})
        now = {path: one.remembered for path, one in known.items()}
        if any((fact.stat, fact.body) != (before[path].stat, before[path].body) for path, fact in now.items()):
            return False
        proved[kind] = {**before, **now}
    left = [path for facts in proved.values() for path in recheck if path in facts and not facts[path].trusted]
    manifest.save(facts=proved, meta={"report_doubts": json.dumps(left)})
    return True


def _digest_of(listing: Listing) -> str:
    digest = hashlib.sha256()
    for files in (listing.images, listing.annotations):
        lines = ["%s\0%d %d %d %d\n" % (path, *files[path]) for path in sorted(files)]  # noqa: UP031 - half the time
        digest.update("".join(lines).encode("utf-8", "surrogateescape"))
    digest.update(repr(listing.findings).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
