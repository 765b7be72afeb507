"""What a dataset is made of before any image is opened, and the cached report of the last sync."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from boxwright.dataset.cache.manifest import Manifest, read_meta
from boxwright.dataset.cache.reading import cache_version, read_annotations, read_images
from boxwright.dataset.cache.rows import ANNOTATIONS, IMAGES, CacheRow, Info, RowKind
from boxwright.dataset.plan.entry import RECORD_VERSION
from boxwright.dataset.plan.label_map import LabelMap, parse_label_map
from boxwright.dataset.plan.placement import Placements
from boxwright.dataset.report import DatasetReport
from boxwright.dataset.sources.by_image import read_class_files
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo
from boxwright.dataset.sources.label_maps import find_label_maps
from boxwright.dataset.sources.scan import FileStat, Listing, scan
from boxwright.progress import Reporter, silent
from boxwright.workspace import Workspace

MAX_RECHECKS = 64
"""So many files that were read too soon after they were written are read again for a report to hold; not more."""

MAX_FINDINGS = 10_000
"""A report with more is made again by each sync: as text 100,000 take 100 MB."""

_DIGEST_BATCH = 1000  # lines; of 100,000 at once they take 30 MB
_UNCLEAR_ARE_STORED = "unclear_are_stored"  # in the manifest's meta

NO_REPORT = {"report_digest": ""}
"""In the manifest's meta: no report is cached."""


@dataclass(frozen=True)
class Options:
    """What a user may choose of a dataset; the fields are those of sync."""

    closed_label_map: bool
    test_fraction: float
    near_identical: bool = True


@dataclass(frozen=True)
class Inputs:
    """Everything that a dataset is made of; of images and annotation files as far as a stat tells.

    Attributes:
        listing: Images and annotation files.
        listing_digest: Of the whole listing.
        label_map: Bytes of label_map.pbtxt; None when there is none.
        split: Bytes of split.csv; b"" when there is none.
        other_label_maps: Where there is no label_map.pbtxt, the files that may be one; see find_label_maps.
        class_files: Bytes of the files of class names, by path.
    """

    listing: Listing
    listing_digest: str
    label_map: bytes | None
    split: bytes
    other_label_maps: Mapping[str, bytes]
    class_files: Mapping[str, bytes]

    @classmethod
    def of(cls, workspace: Workspace) -> Inputs:
        """Look at the workspace."""
        listing = scan(workspace)
        label_map, split = small_files(workspace)
        others = find_label_maps(workspace.root) if label_map is None else {}
        class_files = read_class_files(workspace.root, listing.class_files)
        return cls(listing, _digest_of(listing), label_map, split, others, class_files)

    def digest(self, options: Options) -> str:
        """Return what is equal for as long as nothing changes."""
        digest = hashlib.sha256(f"{RECORD_VERSION} {cache_version()} {options} {self.listing_digest}\n".encode())
        for data in (self.label_map, self.split, *self.other_label_maps.values()):
            digest.update(b"none" if data is None else hashlib.sha256(data).digest())
        for path, data in self.class_files.items():
            digest.update(f"{path}\0".encode("utf-8", "surrogateescape") + hashlib.sha256(data).digest())
        return digest.hexdigest()


def small_files(workspace: Workspace) -> tuple[bytes | None, bytes]:
    """Return the bytes of label map, None without one, and split."""
    return _bytes_of(workspace.label_map), _bytes_of(workspace.split_csv) or b""


def cache_report(
    manifest: Manifest,
    report: DatasetReport,
    digest: str,
    *,
    images: Mapping[str, CacheRow[ImageInfo]],
    annotations: Mapping[str, CacheRow[AnnotationInfo]],
    placements: Placements,
) -> None:
    """Keep the report for as long as the inputs stay as they are.

    Args:
        manifest: Keeps it.
        report: To be kept.
        digest: Of the inputs; "" when they were no longer what they had been as they were read.
        images, annotations: Rows that the report was made of.
        placements: Of the boxes of the set.
    """
    recheck = [path for path, row in annotations.items() if not row.trusted]
    recheck += [path for path, row in images.items() if not row.trusted]
    if len(recheck) > MAX_RECHECKS:
        digest, recheck = "", []
    if len(report.findings) > MAX_FINDINGS:
        digest, report = "", replace(report, findings=())
    manifest.save(
        meta={
            "report": json.dumps(report.to_json()),
            "report_digest": digest,
            "report_recheck": json.dumps(recheck),
            _UNCLEAR_ARE_STORED: json.dumps(placements.unclear_are_stored),
        }
    )


def are_unclear_frames_stored(workspace: Workspace) -> bool:
    """Return what the last sync found out about photos whose own file leaves both frames possible; see Placements."""
    return read_meta(workspace.state / "manifest.sqlite", _UNCLEAR_ARE_STORED) == json.dumps(True)


def cached_report(workspace: Workspace, manifest: Manifest, inputs: Inputs, options: Options) -> DatasetReport | None:
    """Return the report of the last sync, None when something may have changed since."""
    if manifest.meta.get("report_digest") != inputs.digest(options):
        return None
    label_map = LabelMap() if inputs.label_map is None else parse_label_map(inputs.label_map)
    try:
        recheck = json.loads(manifest.meta["report_recheck"])
        if recheck and not _is_unchanged(workspace.root, manifest, inputs.listing, recheck, options):
            return None
        content = json.loads(manifest.meta["report"])
        return DatasetReport.from_json(content, folder=workspace.annotations, label_map=label_map)
    except (KeyError, TypeError, ValueError):
        return None  # a damaged cache


def _is_unchanged(root: Path, manifest: Manifest, listing: Listing, recheck: Sequence[str], options: Options) -> bool:
    """Read files again that may have been written after they were read; note those that need it no more."""
    left: list[str] = []
    images = partial(read_images, with_appearance=options.near_identical)
    for still_unsure in (
        _recheck(root, manifest, ANNOTATIONS, listing.annotations, read_annotations, recheck),
        _recheck(root, manifest, IMAGES, listing.images, images, recheck),
    ):
        if still_unsure is None:
            return False
        left += still_unsure
    manifest.save(meta={"report_recheck": json.dumps(left)})
    return True


def _recheck(
    root: Path,
    manifest: Manifest,
    kind: RowKind[Info],
    files: Mapping[str, FileStat],
    read: Callable[[Path, Mapping[str, FileStat], Mapping[str, CacheRow[Info]], Reporter], dict[str, CacheRow[Info]]],
    recheck: Sequence[str],
) -> list[str] | None:
    """Return the paths that must be read again next time too; None when a file changed."""
    chosen = {path: files[path] for path in recheck if path in files}
    before = manifest.rows_at(kind, chosen)
    now = read(root, chosen, before, silent)
    if any(path not in before or row.info != before[path].info for path, row in now.items()):
        return None
    manifest.save_rows(kind, {path: CacheRow(before[path].info, row.trusted) for path, row in now.items()})
    return [path for path, row in now.items() if not row.trusted]


def _digest_of(listing: Listing) -> str:
    digest = hashlib.sha256()
    for files in (listing.images, listing.annotations):
        paths = sorted(files)
        for start in range(0, len(paths), _DIGEST_BATCH):
            batch = paths[start : start + _DIGEST_BATCH]
            lines = ["%s\0%d %d %d %d\n" % (path, *files[path]) for path in batch]  # noqa: UP031 - half the time
            digest.update("".join(lines).encode("utf-8", "surrogateescape"))
    digest.update(repr(listing.findings).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
