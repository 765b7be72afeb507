"""What one image file and one annotation file say, read once and whole."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import MutableMapping
from dataclasses import dataclass

from boxwright.annotations.model import Annotation, AnnotationError
from boxwright.annotations.readers import PASCAL_VOC, format_of
from boxwright.dataset.sources.appearance import appearance_of
from boxwright.dataset.sources.images import ImageError, encode_upright
from boxwright.dataset.sources.scan import FileStat
from boxwright.findings import Finding, shared

MAX_IMAGE_BYTES = 512 * 1024 * 1024
RACY_NS = 2_000_000_000
"""A file written less than this before it was read may change with the same stat: FAT keeps times to 2 s."""
EMPTY_FILE_RETRIES = 3  # labelImg truncates a file before it writes it: empty for up to 15 ms
EMPTY_FILE_WAIT = 0.02  # in seconds
_DIGEST_OF_NOTHING = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What an image file holds.

    Attributes:
        stat: Of the file as it was read.
        sha256: Of the file, in hexadecimal.
        width, height: In pixels, upright.
        format: Of the bytes that go into a record, "jpeg" or "png".
        reencoded: Why they are not the file's own; "" when they are.
        encoded_size, encoded_sha256: Of the bytes that go into a record; the size in bytes.
        finding: Why the image cannot be used, without its path; None when it can.
        orientation: EXIF orientation that makes the stored photo upright, 1 to 8; 1 for none.
        appearance: Grey values by which near-identical images are found; see appearance.appearance_of. None when they
            were not read.
    """

    stat: FileStat
    sha256: str = ""
    width: int = 0
    height: int = 0
    format: str = ""
    reencoded: str = ""
    encoded_size: int = 0
    encoded_sha256: str = ""
    finding: Finding | None = None
    orientation: int = 1
    appearance: bytes | None = None


@dataclass(frozen=True, slots=True)
class AnnotationInfo:
    """What an annotation file says, or why it says nothing.

    Attributes:
        stat: Of the file as it was read.
        annotation: None when the file cannot be used.
        finding: Why the file cannot be read now, without its path; None when it can. With an annotation beside it,
            the annotation is what the file said when it last could be read.
        further: What it says of other images, if it speaks of several.
    """

    stat: FileStat
    annotation: Annotation | None
    finding: Finding | None = None
    further: tuple[Annotation, ...] = ()


def read_image_info(
    path: str, scanned: FileStat | None = None, *, appearances: MutableMapping[str, bytes] | None
) -> ImageInfo:
    """Return what an image file holds; one that cannot be used has a finding.

    Args:
        path: Of the file.
        scanned: As for read_annotation_info.
        appearances: Grey values by SHA-256 of the record's bytes, of images that were read before: identical ones are
            decoded once, and this one's are added. None leaves them out.

    Raises:
        FileNotFoundError: It is gone.
    """
    try:
        stat, data = read_whole(path, MAX_IMAGE_BYTES, scanned)
    except FileNotFoundError:
        raise
    except OSError as error:
        return ImageInfo(_stat_of_unreadable(path), finding=shared(unreadable(error)))
    digest = hashlib.sha256(data).hexdigest() if data else _DIGEST_OF_NOTHING  # also when it is too large
    if stat.size > MAX_IMAGE_BYTES:
        finding = Finding(
            rule="image-too-large",
            value=f"{stat.size:,} bytes",
            message=f"The file is larger than {MAX_IMAGE_BYTES // 1024**2} MiB",
            advice="Save the image smaller.",
        )
        return ImageInfo(stat, digest, finding=finding)
    try:
        image = encode_upright(data)
    except ImageError as error:
        return ImageInfo(stat, digest, finding=shared(error.finding))
    encoded = hashlib.sha256(image.data).hexdigest() if image.reencoded else digest
    return ImageInfo(
        stat,
        digest,
        image.width,
        image.height,
        image.format,
        image.reencoded,
        len(image.data),
        encoded,
        orientation=image.orientation,
        appearance=None if appearances is None else _appearance(encoded, image.data, appearances),
    )


def _appearance(digest: str, data: bytes, known: MutableMapping[str, bytes]) -> bytes:
    if digest not in known:
        known[digest] = appearance_of(data)
    return known[digest]


def read_annotation_info(path: str, scanned: FileStat | None = None) -> AnnotationInfo:
    """Return what an annotation file says; one that cannot be used has a finding.

    Args:
        path: Of the file.
        scanned: Its stat as the scan found it. While it holds, this very object is the result's: one takes 200 bytes.

    Raises:
        FileNotFoundError: It is gone.
    """
    annotation_format = format_of(path) or PASCAL_VOC
    try:
        stat, data = read_settled(path, annotation_format.max_bytes, scanned)
        if stat.size > annotation_format.max_bytes:
            raise annotation_format.too_large(f"{stat.size:,} bytes")
        annotation, *further = annotation_format.parse(data)
        return AnnotationInfo(stat, annotation, further=tuple(further))
    except FileNotFoundError:
        raise
    except OSError as error:
        return AnnotationInfo(_stat_of_unreadable(path), None, shared(unreadable(error)))
    except AnnotationError as error:
        return AnnotationInfo(stat, None, shared(error.finding))


def read_settled(path: str, limit: int, scanned: FileStat | None = None) -> tuple[FileStat, bytes]:
    """Return what read_whole does, of a file that labelImg may have emptied this instant to write it."""
    stat, data = read_whole(path, limit, scanned)
    for _ in range(EMPTY_FILE_RETRIES):
        if stat.size or time.time_ns() - stat.mtime_ns > RACY_NS:
            break
        time.sleep(EMPTY_FILE_WAIT)
        stat, data = read_whole(path, limit, scanned)
    return stat, data


def read_whole(path: str, limit: int, scanned: FileStat | None = None) -> tuple[FileStat, bytes]:
    """Return stat and bytes of a file; of one that is larger than `limit` bytes no bytes.

    Args:
        path: Of the file.
        limit: In bytes.
        scanned: Returned as the stat where it is equal.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))  # a Path and a file object cost 20 us
    try:
        status = os.fstat(descriptor)
        parts = []
        left = status.st_size if status.st_size <= limit else 0
        while left > 0 and (part := os.read(descriptor, left)):  # one call but for files over 2 GiB
            parts.append(part)
            left -= len(part)
    finally:
        os.close(descriptor)
    stat = FileStat.of(status)
    return scanned if stat == scanned else stat, parts[0] if len(parts) == 1 else b"".join(parts)


def unreadable(error: OSError) -> Finding:
    """Return the finding about a file that the system does not give, without its path."""
    return Finding(
        rule="unreadable-file",
        value=error.strerror or type(error).__name__,
        message="The file cannot be read",
        advice="Give yourself permission to read it, or remove it.",
    )


def _stat_of_unreadable(path: str) -> FileStat:
    try:
        return FileStat.of(os.stat(path))  # noqa: PTH116
    except OSError:
        return FileStat(0, 1 << 62, 0, 0)  # in the future: never trusted
