"""Which files there are: one walk over images/ and annotations/, a stat each; opened are those without a suffix."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from boxwright.annotations.class_names import CLASS_FILE_NAMES, is_class_file
from boxwright.annotations.readers import FORMATS
from boxwright.dataset.sources.images import IMAGE_SUFFIXES, JPEG_SIGNATURE, PNG_SIGNATURE, UNREADABLE_SUFFIXES
from boxwright.findings import Finding
from boxwright.workspace import Workspace

XML_SUFFIX = ".xml"
ANNOTATION_SUFFIXES = frozenset(FORMATS)
_CLASS_SUFFIXES = frozenset(f".{name.rpartition('.')[2]}" for name in CLASS_FILE_NAMES)
SCANNED_SUFFIXES = IMAGE_SUFFIXES | UNREADABLE_SUFFIXES
"""An image that labelImg opens and that cannot be used is found too, so that a finding can say so."""


class FileStat(NamedTuple):
    """What tells a changed file from an unchanged one without opening it."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileStat:
        """Return the part of a stat result that counts."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


@dataclass
class Listing:
    """The files of a workspace that a dataset is made of.

    Attributes:
        images: Path relative to the workspace, with forward slashes, to its stat; all below images/.
        annotations: The same for annotation files, below images/ and annotations/.
        class_files: The same for files of class names, likewise.
        findings: Folders that could not be read.
    """

    images: dict[str, FileStat] = field(default_factory=dict)
    annotations: dict[str, FileStat] = field(default_factory=dict)
    class_files: dict[str, FileStat] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def scan(workspace: Workspace) -> Listing:
    """Walk images/ and annotations/; hidden files and folders are passed over.

    Links to files are followed, and images/ itself may be a link. A link to a folder is followed where it stays in the
    workspace or in that folder: a stranger's may lead to all files of the disk.
    """
    listing = Listing()
    for folder, with_images in ((workspace.images, True), (workspace.annotations, False)):
        if not _leads_out(str(workspace.root), [os.path.realpath(folder)]):
            listing.findings.append(_outside(folder.name, str(folder)))  # "images -> /"
            continue
        for path, status in walk(folder, folder.name, listing.findings, within=workspace.root):
            suffix = f".{path.rpartition('.')[2].lower()}"  # a Path per file costs more than its stat
            if suffix == XML_SUFFIX:
                listing.annotations[path] = status
            elif suffix in _CLASS_SUFFIXES and is_class_file(path.rpartition("/")[2]):
                listing.class_files[path] = status
            elif suffix in ANNOTATION_SUFFIXES:
                listing.annotations[path] = status
            elif with_images and (suffix in SCANNED_SUFFIXES or is_image_without_suffix(folder.parent / path)):
                listing.images[path] = status
    return listing


def is_image_without_suffix(file: Path) -> bool:
    """Return whether a file whose name has no suffix begins as JPEG or PNG does: some exports name photos so."""
    if "." in file.name:
        return False
    try:
        with file.open("rb") as stream:
            return stream.read(len(PNG_SIGNATURE)).startswith((JPEG_SIGNATURE, PNG_SIGNATURE))
    except OSError:
        return False


def walk(
    folder: Path, name: str, findings: list[Finding], *, within: Path | None = None
) -> Iterator[tuple[str, FileStat]]:
    """Yield the regular files below `folder` as (`name`/path with forward slashes, stat), in no order.

    Args:
        folder: Where to begin.
        name: What paths begin with.
        findings: Receives what could not be read, and links that were not followed.
        within: Links to folders that lead out of this one and of `folder` are not followed; None to follow all.
    """
    bounds = [] if within is None else [os.path.realpath(within), os.path.realpath(folder)]
    seen: set[tuple[int, int]] = set()
    pending = [(str(folder), name)]
    links: list[tuple[str, str]] = []  # looked at last, in order: which of two ways to a folder counts is then fixed
    while pending or links:
        if not pending:
            links.sort(reverse=True)
            pending += _followed(*links.pop(), bounds, findings)
            continue
        place, shown = pending.pop()
        try:
            status = os.stat(place)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in seen:
                continue  # a link back to a folder above, or a second way to one
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    child = f"{shown}/{entry.name}"
                    try:
                        if entry.is_dir():
                            (links if entry.is_symlink() else pending).append((entry.path, child))
                            continue
                        file_status = entry.stat()
                    except PermissionError as error:
                        findings.append(_unreadable(child, "file", error, rule="unreadable-file"))
                        continue
                    except OSError:
                        continue  # a link to nowhere or to itself, or deleted this instant
                    if stat.S_ISREG(file_status.st_mode):
                        yield child, FileStat.of(file_status)
        except FileNotFoundError:
            continue
        except OSError as error:
            findings.append(_unreadable(shown, "folder", error, rule="unreadable-folder"))


def _followed(path: str, shown: str, bounds: Sequence[str], findings: list[Finding]) -> list[tuple[str, str]]:
    """Return a link to a folder as a list of one, or of none with a finding."""
    if bounds and _leads_out(path, bounds):
        findings.append(_outside(shown, path))
        return []
    return [(path, shown)]


def _leads_out(path: str, folders: Sequence[str]) -> bool:
    """Return whether what a path leads to is in none of the folders, which are resolved."""
    target = os.path.realpath(path)
    return not any(target == folder or target.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def _outside(shown: str, path: str) -> Finding:
    return Finding(
        file=shown,
        rule="link-outside",
        value=os.path.realpath(path),
        message="The folder is a link that leads out of the workspace, so it is not followed",
        advice="Import what it holds with boxwright init --images, or delete the link.",
    )


def _unreadable(shown: str, what: str, error: OSError, *, rule: str) -> Finding:
    advice = "Give yourself permission to read it, or remove it."
    message = f"The {what} cannot be read"
    return Finding(file=shown, rule=rule, value=error.strerror or "", message=message, advice=advice)
