"""Reading the images and annotation files that are new or changed; the rows of the others come from the cache."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from boxwright.dataset.cache.rows import ROW_VERSION, CacheRow, Info
from boxwright.dataset.sources import file_info
from boxwright.dataset.sources.file_info import AnnotationInfo, ImageInfo, read_annotation_info, read_image_info
from boxwright.dataset.sources.images import ImageError, decode_check
from boxwright.dataset.sources.scan import FileStat
from boxwright.findings import Finding
from boxwright.progress import Progress, Reporter

MAX_DECODERS = 8  # threads; decoding lets go of the interpreter
READERS = 2  # threads for annotations, as many for images; a third only competes for the interpreter
BATCH = 64  # files a task, because a task costs as much as a small file


def cache_version() -> str:
    """Return what must be equal for cache rows to hold: re-encoded bytes depend on Pillow."""
    return f"{ROW_VERSION} pillow-{version('pillow')}"


def read_images(
    root: Path,
    listing: Mapping[str, FileStat],
    cached: Mapping[str, CacheRow[ImageInfo]],
    reporter: Reporter,
    *,
    with_appearance: bool = True,
) -> dict[str, CacheRow[ImageInfo]]:
    """Return a row for each image, in the paths' order; new and changed images are read.

    Args:
        root: The workspace.
        listing: Paths relative to it, and their stats.
        cached: Rows of earlier calls; those that still hold are returned, the same objects.
        reporter: Told how many images were read.
        with_appearance: Also the grey values; a usable image whose row lacks them is read again.
    """
    if with_appearance:
        cached = {path: row for path, row in cached.items() if row.info.finding or row.info.appearance is not None}
    read = partial(read_image_info, appearances={} if with_appearance else None)
    return _rows(root, listing, cached, read, "reading images", reporter)


def read_annotations(
    root: Path, listing: Mapping[str, FileStat], cached: Mapping[str, CacheRow[AnnotationInfo]], reporter: Reporter
) -> dict[str, CacheRow[AnnotationInfo]]:
    """Return a row for each annotation file; arguments as read_images.

    A file that cannot be read any more keeps what it said before, with a finding that says so.
    """
    rows = _rows(root, listing, cached, read_annotation_info, "reading annotations", reporter)
    return {path: _or_last_good(row, cached.get(path)) for path, row in rows.items()}


def _or_last_good(row: CacheRow[AnnotationInfo], earlier: CacheRow[AnnotationInfo] | None) -> CacheRow[AnnotationInfo]:
    if earlier is None or row is earlier or row.info.annotation is not None or earlier.info.annotation is None:
        return row
    finding = row.info.finding
    if finding is not None:
        message = f"{finding.message}; the boxes that it held before are kept until it can be read again"
        finding = replace(finding, message=message)
    info = replace(row.info, annotation=earlier.info.annotation, further=earlier.info.further, finding=finding)
    return CacheRow(info, row.trusted)


def check_deep(root: Path, images: Sequence[str], reporter: Reporter) -> list[Finding]:
    """Decode the images whole and return what cannot be decoded.

    Args:
        root: The workspace.
        images: Paths relative to it.
        reporter: Told how many images were decoded.
    """

    def check(path: str) -> Finding | None:
        try:
            decode_check((root / path).read_bytes())
        except ImageError as error:
            return error.finding.in_file(path)
        except OSError as error:
            return file_info.unreadable(error).in_file(path)
        return None

    findings = []
    with ThreadPoolExecutor(min(MAX_DECODERS, os.cpu_count() or 1)) as pool:
        for done, finding in enumerate(pool.map(check, images), start=1):
            reporter(Progress("decoding images", done, len(images)))
            if finding is not None:
                findings.append(finding)
    return findings


def _rows(
    root: Path,
    listing: Mapping[str, FileStat],
    cached: Mapping[str, CacheRow[Info]],
    read: Callable[[str, FileStat], Info],
    stage: str,
    reporter: Reporter,
) -> dict[str, CacheRow[Info]]:
    rows: dict[str, CacheRow[Info]] = {}
    unknown = []
    for path in sorted(listing):
        row = cached.get(path)
        if row is not None and row.trusted and row.info.stat == listing[path]:
            rows[path] = row
        else:
            unknown.append(path)
    if not unknown:
        return rows
    rows.update(_read_all(unknown, lambda path: read(f"{root}{os.sep}{path}", listing[path]), stage, reporter))
    return {path: rows[path] for path in sorted(rows)}


def _read_all(
    paths: Sequence[str], read: Callable[[str], Info], stage: str, reporter: Reporter
) -> Iterator[tuple[str, CacheRow[Info]]]:
    def read_batch(batch: Sequence[str]) -> list[tuple[str, CacheRow[Info]]]:
        now = time.time_ns()
        rows = []
        for path in batch:
            try:
                info = read(path)
            except FileNotFoundError:
                continue  # deleted since the scan
            rows.append((path, CacheRow(info, now - info.stat.mtime_ns > file_info.RACY_NS)))
        return rows

    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    done = 0
    with ThreadPoolExecutor(READERS) as pool:
        for batch, rows in zip(batches, pool.map(read_batch, batches), strict=True):
            yield from rows
            done += len(batch)
            reporter(Progress(stage, done, len(paths)))
