"""Making the folders of a workspace, and importing images with their annotation files."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path, PurePosixPath

from boxwright.annotations.class_names import LABELIMG_NAME, parse_class_names
from boxwright.annotations.readers import FORMATS
from boxwright.dataset.import_source import ImportedAnnotation, Source
from boxwright.dataset.plan.label_map import parse_label_map
from boxwright.errors import BoxwrightError, UsageError
from boxwright.files import atomic_write, atomic_write_text, sha256_of
from boxwright.findings import Finding
from boxwright.progress import Progress, Reporter, silent
from boxwright.workspace import SPLITS, Workspace


@dataclass(frozen=True)
class ImportedClip:
    """What became of a clip.

    Attributes:
        clip: The file.
        folder: Where its frames are, relative to the workspace; all are in one split.
        frames: How many were written.
        present: How many were there already.
        near_identical: How many were left out, because a frame that shows nearly the same was written.
        finding: About its damage; None without.
    """

    clip: Path
    folder: str
    frames: int
    present: int
    near_identical: int
    finding: Finding | None = None


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
        findings: Annotation files of the source without an image and the like; these were not imported.
        clips: Clips whose frames were imported.
    """

    created: tuple[str, ...]
    images: int = 0
    annotations: int = 0
    present: int = 0
    kept: tuple[str, ...] = ()
    label_maps: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    clips: tuple[ImportedClip, ...] = ()


def lay_out(
    workspace: Workspace,
    *,
    images: Path | None = None,
    coco: Path | None = None,
    link: bool = False,
    reporter: Reporter = silent,
) -> LayoutReport:
    """Make the folders of a workspace and import images; nothing that is there is overwritten.

    Args:
        workspace: Where; it may be there already.
        images: A folder of images with their annotation files beside them or in a folder annotations/ beside it; or
            the folder above, when that has images/. Its folders train/ and test/ are kept.
        coco: A COCO file, whose boxes alone are imported, as XML. Without `images`, its images are searched for beside
            it and around its folder.
        link: Make links to the source's files instead of copies: what is edited in one place is edited in both.
        reporter: Told how many files were imported.

    Raises:
        UsageError: The folder of images is not there or has none, the COCO file cannot be used, or the workspace's path
            is a file.
        BoxwrightError: A folder that files are imported to is a link out of the workspace that was not accepted.
    """
    if workspace.root.exists() and not workspace.root.is_dir():
        raise UsageError(f"{workspace.root} is a file. Give the path of a folder, which need not exist yet.")
    source = None  # looked at before anything is made
    if coco is not None:
        source = Source.of_coco(coco, images, workspace)
    elif images is not None:
        source = Source.at(images, workspace)
    is_import = source is not None and (coco is not None or source.images != workspace.images.resolve())
    if is_import:
        workspace.refuse_links(with_images=True)
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
    if source is None or not is_import:
        return LayoutReport(names)
    return _import(source, workspace, names, link=link, reporter=reporter)


def _import(
    source: Source, workspace: Workspace, created: tuple[str, ...], *, link: bool, reporter: Reporter
) -> LayoutReport:
    images, annotations = _Placed(), _Placed()
    findings = list(source.findings)
    for number, (name, file) in enumerate(sorted(source.files.items()), start=1):
        target = workspace.root / _place(name)
        images.count(_place_file(target, file, link=link), workspace.relative(target))
        annotation = source.annotation_of.get(name)
        if annotation is not None:
            place = target.with_name(f"{target.stem}{annotation.suffix}")
            if not _same(file, target) or _has_other_annotation(place):
                annotations.kept.append(workspace.relative(place))  # beside another image its boxes would be wrong
            elif not _place_class_names(target.parent, annotation.class_names):
                findings.append(_other_class_names(workspace.relative(place), workspace.relative(target.parent)))
            else:
                done = _place_annotation(place, annotation, link=link)
                annotations.count(done, workspace.relative(place))
        reporter(Progress("linking images" if link else "copying images", number, len(source.files)))
    label_maps = () if workspace.label_map.exists() else tuple(_import_label_maps(source.label_maps, workspace))
    present = images.present + annotations.present
    kept = tuple(sorted((*images.kept, *annotations.kept)))
    return LayoutReport(created, images.new, annotations.new, present, kept, label_maps, tuple(findings))


@dataclass
class _Placed:
    """What became of files of one kind."""

    new: int = 0
    present: int = 0
    kept: list[str] = field(default_factory=list)

    def count(self, outcome: _Outcome, place: str) -> None:
        if outcome is _Outcome.NEW:
            self.new += 1
        elif outcome is _Outcome.PRESENT:
            self.present += 1
        else:
            self.kept.append(place)


class _Outcome(Enum):
    """Of putting a file at its place: it was made, was there with these bytes, or another one is there."""

    NEW = auto()
    PRESENT = auto()
    KEPT = auto()


def _place_file(place: Path, file: Path, *, link: bool) -> _Outcome:
    if not place.exists() and not place.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        _copy_or_link(file, place, link=link)
        return _Outcome.NEW
    return _Outcome.PRESENT if _same(file, place) else _Outcome.KEPT


def _place_annotation(place: Path, annotation: ImportedAnnotation, *, link: bool) -> _Outcome:
    if annotation.file is not None:
        return _place_file(place, annotation.file, link=link)
    if place.exists() or place.is_symlink():
        return _Outcome.PRESENT if _holds(place, annotation.data) else _Outcome.KEPT
    with atomic_write(place) as stream:
        stream.write(annotation.data)
    return _Outcome.NEW


def _has_other_annotation(place: Path) -> bool:
    """Return whether an image has an annotation file of another format, which a new file would replace."""
    return any(os.path.lexists(place.with_suffix(suffix)) for suffix in FORMATS if suffix != place.suffix)


def _place_class_names(folder: Path, names: Sequence[str]) -> bool:
    """Have a folder's classes.txt begin with these names; return False when it has others."""
    if not names:
        return True
    place = folder / LABELIMG_NAME
    if os.path.lexists(place):
        try:
            return parse_class_names(LABELIMG_NAME, place.read_bytes()).names[: len(names)] == tuple(names)
        except OSError:
            return False
    atomic_write_text(place, "".join(f"{name}\n" for name in names))
    return True


def _other_class_names(file: str, folder: str) -> Finding:
    return Finding(
        file=file,
        rule="classes-differ",
        value=f"{folder}/{LABELIMG_NAME}",
        message="The folder has other class names than the YOLO file, whose numbers would mean other classes there",
        advice="Import it into a workspace of its own, or into another folder.",
    )


def _holds(place: Path, data: bytes) -> bool:
    try:
        return place.read_bytes() == data
    except OSError:
        return False


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
