"""Making the folders of a workspace, and importing images with their annotation files."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from boxwright.annotations.model import AnnotationError
from boxwright.annotations.readers import read_annotation
from boxwright.dataset.plan.label_map import parse_label_map
from boxwright.dataset.sources.label_maps import find_label_maps
from boxwright.dataset.sources.matching import Reference, pair, reference_of, stem_of
from boxwright.dataset.sources.scan import SCANNED_SUFFIXES, XML_SUFFIX, is_image_without_suffix, walk
from boxwright.errors import BoxwrightError, UsageError
from boxwright.files import atomic_write, sha256_of
from boxwright.findings import Finding
from boxwright.progress import Progress, Reporter, silent
from boxwright.workspace import SPLITS, Workspace

_XML_FOLDERS = ("annotations", "xml", "xmls", "labels")
"""Folders beside the images' folder, in any case, whose annotation files are taken even if few have an image's stem."""


@dataclass(frozen=True)
class LayoutReport:
    """What init did.

    Attributes:
        created: Folders that were made, relative to the workspace.
        images: Images imported.
        annotations: Annotation files imported.
        present: Files that were in the workspace already, with the same bytes.
        kept: Files, relative to the workspace, that it has with other bytes than the source's; they are left as they
            are. The annotation file of such an image is not imported either.
        label_maps: Label maps imported to annotations/, relative to the workspace.
        findings: XML files of the source without an image and the like; these were not imported.
    """

    created: tuple[str, ...]
    images: int = 0
    annotations: int = 0
    present: int = 0
    kept: tuple[str, ...] = ()
    label_maps: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def lay_out(
    workspace: Workspace, *, images: Path | None = None, link: bool = False, reporter: Reporter = silent
) -> LayoutReport:
    """Make the folders of a workspace and import images; nothing that is there is overwritten.

    Args:
        workspace: Where; it may be there already.
        images: A folder of images with their XML beside them or in a folder annotations/ beside it; or the
            folder above, when that has images/. Its folders train/ and test/ are kept.
        link: Make links to the source's files instead of copies: what is edited in one place is edited in both.
        reporter: Told how many files were imported.

    Raises:
        UsageError: The folder of images is not there or has none, or the workspace's path is a file.
    """
    if workspace.root.exists() and not workspace.root.is_dir():
        raise UsageError(f"{workspace.root} is a file. Give the path of a folder, which need not exist yet.")
    source = None if images is None else _Source.at(images, workspace)  # before anything is made
    folders = (
        workspace.annotations,
        workspace.images,
        workspace.pretrained,
        workspace.training,
        workspace.exports,
    )
    created = [folder for folder in folders if not folder.is_dir()]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    names = tuple(f"{workspace.relative(folder)}/" for folder in created)
    if source is None or source.images == workspace.images.resolve():
        return LayoutReport(names)
    return _import(source, workspace, names, link=link, reporter=reporter)


@dataclass(frozen=True)
class _Source:
    """Where images come from.

    Attributes:
        images: The folder that the images' paths are relative to.
        files: Path relative to a made-up workspace ("images/train/x.jpg", "annotations/x.xml") to the file.
        label_maps: Files of the project around the images that may be label maps, by path relative to it.
    """

    images: Path
    files: Mapping[str, Path]
    label_maps: Mapping[str, bytes]

    @classmethod
    def at(cls, folder: Path, workspace: Workspace) -> _Source:
        folder, own = folder.expanduser().resolve(), workspace.root.resolve()
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder. --images takes a folder of images and XML.")
        above = next((child for child in _subfolders(folder) if child.name.lower() == "images"), None)
        images = above or folder
        files = dict(_files(images, "images", workspace))
        if not any(_is_image(name) for name in files):  # an empty images/ is no reason to ignore what is beside it
            images = folder
            files = dict(_files(images, "images", workspace))
        stems = {stem_of(PurePosixPath(name).name) for name in files if _is_image(name)}
        for place in (folder, images.parent):
            for child in _subfolders(place):
                if child in (images, own) or _is_inside(child, images) or _is_inside(images, child):
                    continue
                theirs = dict(_files(child, "annotations", workspace, only_xml=True))
                if child.name.lower() not in _XML_FOLDERS:
                    theirs = _without_own_image(theirs)
                    if not _are_of(theirs, stems):
                        continue
                files.update(theirs)
        if not any(_is_image(name) for name in files):
            raise UsageError(
                f"{folder}: there is no image in it or below it "
                f"({', '.join(sorted(SCANNED_SUFFIXES))}). --images takes a folder of images and XML."
            )
        return cls(images, files, find_label_maps(images.parent if images.name.lower() == "images" else folder))


def _without_own_image(annotations: Mapping[str, Path]) -> dict[str, Path]:
    """Return those annotation files that have no image of their stem beside them, whose they would be."""
    images = {
        (folder, stem_of(entry.name))
        for folder in {file.parent for file in annotations.values()}
        for entry in folder.iterdir()
        if entry.suffix.lower() in SCANNED_SUFFIXES
    }
    return {name: file for name, file in annotations.items() if (file.parent, stem_of(file.name)) not in images}


def _are_of(annotations: Mapping[str, Path], stems: Collection[str]) -> bool:
    """Return whether most annotation files of a folder have the stem of an image, whatever the folder is called."""
    found = sum(stem_of(PurePosixPath(name).name) in stems for name in annotations)
    return found > 0 and 2 * found >= len(annotations)


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir())
    except OSError:
        return []


def _is_inside(path: Path, folder: Path) -> bool:
    return folder in path.parents


def _is_image(name: str) -> bool:
    """Return whether a file that `_files` yields is an image, not an annotation."""
    return name.startswith("images/") and not name.lower().endswith(XML_SUFFIX)


def _files(folder: Path, name: str, workspace: Workspace, *, only_xml: bool = False) -> Iterator[tuple[str, Path]]:
    own = workspace.root.resolve()
    for path, _ in walk(folder, name, []):
        suffix = PurePosixPath(path).suffix.lower()
        file = folder / path.removeprefix(f"{name}/")
        # a workspace made inside the folder of images must not swallow itself
        inside_own = own in file.parents and own not in (folder, *folder.parents)
        if inside_own:
            continue
        is_image = not only_xml and (suffix in SCANNED_SUFFIXES or is_image_without_suffix(file))
        if suffix == XML_SUFFIX or is_image:
            yield path, file


def _import(
    source: _Source, workspace: Workspace, created: tuple[str, ...], *, link: bool, reporter: Reporter
) -> LayoutReport:
    images = [name for name in source.files if _is_image(name)]
    xmls = [name for name in source.files if name.lower().endswith(XML_SUFFIX)]
    pairing = pair(images, {name: _filename_in(source.files[name]) for name in xmls})
    done = {"image": 0, "xml": 0, "present": 0}
    kept: list[str] = []
    for number, name in enumerate(sorted(images), start=1):
        target = workspace.root / _place(name)
        moves = [("image", source.files[name], target)]
        if name in pairing.annotation_of:
            moves.append(
                ("xml", source.files[pairing.annotation_of[name]], target.with_name(f"{target.stem}{XML_SUFFIX}"))
            )
        for kind, file, place in moves:
            if kind == "xml" and not _same(source.files[name], target):
                kept.append(workspace.relative(place))  # beside another image its boxes would be wrong
            elif not place.exists() and not place.is_symlink():
                place.parent.mkdir(parents=True, exist_ok=True)
                _copy_or_link(file, place, link=link)
                done[kind] += 1
            elif _same(file, place):
                done["present"] += 1
            else:
                kept.append(workspace.relative(place))
        reporter(Progress("linking images" if link else "copying images", number, len(images)))
    label_maps = () if workspace.label_map.exists() else tuple(_import_label_maps(source.label_maps, workspace))
    return LayoutReport(created, done["image"], done["xml"], done["present"], tuple(kept), label_maps, pairing.findings)


def _import_label_maps(label_maps: Mapping[str, bytes], workspace: Workspace) -> Iterator[str]:
    """Copy what may be label maps to annotations/, where the next sync adopts the one that has the labels in use."""
    for path, data in label_maps.items():
        try:
            parse_label_map(data, source=path)
        except BoxwrightError:
            continue  # a graph or a configuration as text
        place = workspace.annotations / PurePosixPath(path).name
        if not place.exists():
            with atomic_write(place) as stream:
                stream.write(data)
            yield workspace.relative(place)


def _place(name: str) -> str:
    """Return where an image goes: its path from train/ or test/ on if it is below one, else unchanged."""
    parts = PurePosixPath(name).parts
    for number, part in enumerate(parts[1:-1], start=1):
        if part.lower() in SPLITS:
            return str(PurePosixPath("images", part.lower(), *parts[number + 1 :]))
    return name


def _filename_in(xml: Path) -> Reference:
    try:
        return reference_of(xml.name, read_annotation(xml))
    except AnnotationError:
        return Reference()  # it may still have an image of its stem; `boxwright check` says what is wrong with it


def _same(file: Path, place: Path) -> bool:
    try:
        return place.samefile(file) or (
            place.stat().st_size == file.stat().st_size and sha256_of(place) == sha256_of(file)
        )
    except OSError:
        return False


def _copy_or_link(file: Path, place: Path, *, link: bool) -> None:
    """Copy or link a file; `place` appears whole or not at all."""
    if link:
        for make in (_symlink, os.link):
            try:
                make(file, place)
                return
            except OSError:
                continue  # Windows gives symbolic links to few, and other disks have no hard links to here
    temporary = place.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        shutil.copyfile(file, temporary)  # not its mode: labelImg must be able to save a copied XML
        status = file.stat()
        os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns))
        temporary.replace(place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _symlink(file: Path, place: Path) -> None:
    place.symlink_to(file)
