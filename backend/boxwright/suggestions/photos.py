"""The photos of a workspace, those with labels and those without, and what their files hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from boxwright.dataset.cache.manifest import Manifest
from boxwright.dataset.cache.reading import cache_version, read_annotations, read_images
from boxwright.dataset.cache.rows import ANNOTATIONS, IMAGES, CacheRow
from boxwright.dataset.sources.by_image import AnnotationsByImage, ClassFiles
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo
from boxwright.dataset.sources.matching import pair, reference_of
from boxwright.dataset.sources.scan import FileStat, Listing, scan
from boxwright.dataset.store.lock import locked
from boxwright.findings import Finding
from boxwright.progress import Reporter, silent
from boxwright.suggestions.model import SuggestedBox, is_digest
from boxwright.suggestions.store import SuggestionStore
from boxwright.workspace import Workspace


@dataclass(frozen=True)
class Photo:
    """A photo below images/.

    Attributes:
        path: Relative to the workspace, with forward slashes.
        info: What its file holds.
    """

    path: str
    info: ImageInfo


@dataclass(frozen=True)
class Photos:
    """The photos of a workspace that can be read, by path.

    Attributes:
        labelled: Those that have an annotation file, also one without a box.
        unlabelled: The others.
        findings: Unlabelled photos that cannot be read.
    """

    labelled: tuple[Photo, ...]
    unlabelled: tuple[Photo, ...]
    findings: tuple[Finding, ...]


def read_photos(
    workspace: Workspace, store: SuggestionStore, reporter: Reporter = silent, *, with_labelled: bool = True
) -> Photos:
    """Look at all photos; files that did not change since the last time are not read.

    Args:
        workspace: Where images/ is.
        store: Keeps what was read.
        reporter: Told how many files were read.
        with_labelled: Read the photos that have labels, too; without it `labelled` is empty.

    Raises:
        BoxwrightError: The store cannot be used now.
    """
    listing = scan(workspace)
    annotation_of = _annotation_of(workspace, listing, reporter)
    wanted = {path: stat for path, stat in listing.images.items() if with_labelled or path not in annotation_of}
    rows = _read(workspace, store, wanted, known=listing.images, reporter=reporter)
    photos = [Photo(path, row.info) for path, row in rows.items() if row.info.finding is None]
    findings = [
        row.info.finding.in_file(path)
        for path, row in rows.items()
        if row.info.finding is not None and path not in annotation_of
    ]
    return Photos(
        labelled=tuple(photo for photo in photos if photo.path in annotation_of),
        unlabelled=tuple(photo for photo in photos if photo.path not in annotation_of),
        findings=tuple(findings),
    )


def _annotation_of(workspace: Workspace, listing: Listing, reporter: Reporter) -> dict[str, str]:
    """Return the annotation file of each labelled image; those that the last dataset sync read are not read again."""
    cached: Mapping[str, CacheRow[AnnotationInfo]] = {}
    try:
        with locked(workspace, reporter):
            manifest = Manifest(workspace.state / "manifest.sqlite")
            if manifest.meta.get("cache_version") == cache_version():
                cached = manifest.rows(ANNOTATIONS)
    except OSError:  # a workspace that cannot be written can still be looked at
        pass
    rows = read_annotations(workspace.root, listing.annotations, cached, reporter)
    # which image a file is of does not depend on the names of its classes
    said = AnnotationsByImage().of({path: row.info for path, row in rows.items()}, ClassFiles({}))
    references = {path: reference_of(path, info.annotation, is_part=path not in rows) for path, info in said.items()}
    return pair(listing.images, references, lambda path: said[path].stat.mtime_ns).annotation_of


def _read(
    workspace: Workspace,
    store: SuggestionStore,
    wanted: Mapping[str, FileStat],
    *,
    known: Mapping[str, FileStat],
    reporter: Reporter,
) -> dict[str, CacheRow[ImageInfo]]:
    stored = store.files()
    cached = {path: row for path, body in stored.items() if path in wanted and (row := _decode(body)) is not None}
    rows = read_images(workspace.root, wanted, cached, reporter)
    changed = {path: _encode(row) for path, row in rows.items() if cached.get(path) is not row}
    store.save_files(changed, gone=stored.keys() - known.keys())
    return rows


def _encode(row: CacheRow[ImageInfo]) -> str:
    return json.dumps([cache_version(), list(row.info.stat), row.trusted, IMAGES.encode(row.info)])


def _decode(body: str) -> CacheRow[ImageInfo] | None:
    """Return a row; None for one of another version, and for one that Boxwright did not write."""
    try:
        version, stat, trusted, info = json.loads(body)
        if version != cache_version():
            return None
        row = CacheRow(IMAGES.decode(FileStat(*map(int, stat)), info), bool(trusted))
        is_sound = row.info.finding is not None or (
            is_digest(row.info.sha256) and min(row.info.width, row.info.height) > 0
        )
        return row if is_sound else None
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def suggested_photos(
    store: SuggestionStore, model_name: str, is_enough: Callable[[SuggestedBox], bool]
) -> frozenset[str]:
    """Return the photos for which a model suggests a box that scores enough, as far as their files were read before.

    Args:
        store: Has the suggestions and what was read.
        model_name: Name of the export.
        is_enough: Whether a box scores enough.

    Returns:
        Paths relative to the workspace, with forward slashes.

    Raises:
        BoxwrightError: The store cannot be used now.
    """
    found = {
        photo for photo, one in store.all().items() if one.model_name == model_name and any(map(is_enough, one.boxes))
    }
    rows = ((path, _decode(body)) for path, body in store.files().items())
    return frozenset(path for path, row in rows if row is not None and row.info.sha256 in found)
