"""What is imported into a workspace: photos, and the annotation file of each, whatever the layout of the export.

Files are given names as they would have in a workspace, so that import and dataset pair them by the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from boxwright.annotations import coco
from boxwright.annotations.class_names import is_class_file
from boxwright.annotations.model import Annotation, AnnotationError, Frame
from boxwright.annotations.readers import CREATE_ML, FORMATS, format_of
from boxwright.annotations.voc import render_voc
from boxwright.dataset.sources.by_image import AnnotationsByImage, ClassFiles
from boxwright.dataset.sources.file_info import AnnotationInfo, read_annotation_info, read_whole
from boxwright.dataset.sources.label_maps import find_label_maps
from boxwright.dataset.sources.matching import Pairing, Reference, pair, reference_of, stem_of
from boxwright.dataset.sources.scan import (
    ANNOTATION_SUFFIXES,
    SCANNED_SUFFIXES,
    XML_SUFFIX,
    FileStat,
    is_image_without_suffix,
    walk,
)
from boxwright.errors import UsageError
from boxwright.findings import Finding
from boxwright.workspace import Workspace

_ANNOTATION_FOLDERS = ("annotations", "xml", "xmls", "labels")
"""Folders beside the images' folder, in any case, whose annotation files are taken even if few have an image's stem."""


@dataclass(frozen=True)
class ImportedAnnotation:
    """The annotation file that a photo gets.

    Attributes:
        suffix: Of its name.
        file: The file to copy or link; None where `data` is written.
        data: XML of a photo whose boxes are in a file of many photos.
        class_names: Of a YOLO file with boxes; its numbers mean these.
    """

    suffix: str
    file: Path | None = None
    data: bytes = b""
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where photos come from.

    Attributes:
        images: The folder that the images' paths are relative to.
        files: Images, by path relative to a made-up workspace ("images/train/x.jpg").
        annotation_of: The annotation file of each image that has one, by the image's path.
        label_maps: Files of the project around the images that may be label maps, by path relative to it.
        findings: Annotations without an image and the like.
    """

    images: Path
    files: Mapping[str, Path]
    annotation_of: Mapping[str, ImportedAnnotation]
    label_maps: Mapping[str, bytes]
    findings: tuple[Finding, ...]

    @classmethod
    def at(cls, folder: Path, workspace: Workspace) -> Source:
        """Look at a folder of images with their annotation files, or at a project around it.

        Raises:
            UsageError: There is no such folder, or no image in it.
        """
        folder = folder.expanduser().resolve()
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder. --images takes a folder of images and annotations.")
        images, files = _find_files(folder, workspace)
        if not any(is_image(name) for name in files):
            raise UsageError(
                f"{folder}: there is no image in it or below it "
                f"({', '.join(sorted(SCANNED_SUFFIXES))}). --images takes a folder of images and annotations."
            )
        annotation_of, findings = _annotations(files)
        return cls(images, _images(files), annotation_of, _label_maps(images, folder), findings)

    @classmethod
    def of_coco(cls, file: Path, folder: Path | None, workspace: Workspace) -> Source:
        """Look at the images that a COCO file names, and at nothing else.

        Args:
            file: The COCO file.
            folder: Where its images are; None to look beside it, then around the folder that it is in.
            workspace: Where they go.

        Raises:
            UsageError: There is no such file or folder, it is no COCO file, or none of its images is there.
        """
        file = file.expanduser().resolve()
        content = _read_coco(file)
        for place in [folder.expanduser().resolve()] if folder else [file.parent, file.parent.parent]:
            if not place.is_dir():
                raise UsageError(f"{place}: there is no such folder. --images takes the folder of the file's images.")
            images, files = _find_files(place, workspace)
            files = _images(files)
            annotation_of, findings = _annotations({**files, f"images/{file.name}": file}, content)
            if annotation_of:
                named = {name: files[name] for name in (files if folder else annotation_of)}
                return cls(images, named, annotation_of, _label_maps(images, place), findings)
        raise UsageError(
            f"{file}: none of its images is {'there' if folder else 'beside it'}. Name their folder: --images"
        )


def is_image(name: str) -> bool:
    """Return whether a file of a made-up workspace is an image."""
    return name.startswith("images/") and not (format_of(name) or is_class_file(PurePosixPath(name).name))


def _images(files: Mapping[str, Path]) -> dict[str, Path]:
    return {name: file for name, file in files.items() if is_image(name)}


def _label_maps(images: Path, folder: Path) -> dict[str, bytes]:
    return find_label_maps(images.parent if images.name.lower() == "images" else folder)


# which files there are
def _find_files(folder: Path, workspace: Workspace) -> tuple[Path, dict[str, Path]]:
    """Return the folder of images, and all files by path relative to a made-up workspace."""
    own = workspace.root.resolve()
    above = next((child for child in _subfolders(folder) if child.name.lower() == "images"), None)
    images = above or folder
    files = dict(_files(images, "images", workspace))
    if not any(is_image(name) for name in files):  # an empty images/ is no reason to ignore what is beside it
        images = folder
        files = dict(_files(images, "images", workspace))
    stems = {stem_of(PurePosixPath(name).name) for name in files if is_image(name)}
    for place in (folder, images.parent):
        for child in _subfolders(place):
            if child in (images, own) or _is_inside(child, images) or _is_inside(images, child):
                continue
            theirs = dict(_files(child, "annotations", workspace, with_images=False))
            if child.name.lower() not in _ANNOTATION_FOLDERS:
                theirs = _without_own_image(theirs)
                if not _are_of(theirs, stems):
                    continue
            files.update(theirs)
    if images.name.lower() == "images":  # class names and COCO files of the whole project
        for file in sorted(images.parent.iterdir()):
            if is_class_file(file.name) or (file.suffix.lower() == CREATE_ML.suffix and file.is_file()):
                files.setdefault(f"annotations/{file.name}", file)
    return images, files


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
    names = [PurePosixPath(name).name for name in annotations]
    names = [name for name in names if not is_class_file(name)]
    found = sum(stem_of(name) in stems for name in names)
    return found > 0 and 2 * found >= len(names)


def _subfolders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir())
    except OSError:
        return []


def _is_inside(path: Path, folder: Path) -> bool:
    return folder in path.parents


def _files(folder: Path, name: str, workspace: Workspace, *, with_images: bool = True) -> Iterator[tuple[str, Path]]:
    own = workspace.root.resolve()
    for path, _ in walk(folder, name, []):
        suffix = PurePosixPath(path).suffix.lower()
        file = folder / path.removeprefix(f"{name}/")
        # a workspace made inside the folder of images must not swallow itself
        inside_own = own in file.parents and own not in (folder, *folder.parents)
        if inside_own:
            continue
        image = with_images and (suffix in SCANNED_SUFFIXES or is_image_without_suffix(file))
        if suffix in ANNOTATION_SUFFIXES or is_class_file(file.name) or image:
            yield path, file


# which annotation each image gets
@dataclass(frozen=True)
class _Said:
    """What one annotation file says of one image."""

    file: str
    annotation: Annotation | None
    reference: Reference
    is_part: bool


def _annotations(
    files: Mapping[str, Path], explicit: coco.CocoFile | None = None
) -> tuple[dict[str, ImportedAnnotation], tuple[Finding, ...]]:
    """Return the annotation file of each image, and what is wrong with others.

    Args:
        files: Images, annotation files and class names.
        explicit: What the only annotation file says, if it is a COCO file.
    """
    said, findings = _read_all(files, explicit)
    class_files = ClassFiles(
        {name: _bytes_of(file) for name, file in sorted(files.items()) if is_class_file(PurePosixPath(name).name)}
    )
    times = {key: files[one.file].stat().st_mtime_ns for key, one in said.items()}
    pairing: Pairing = pair(_images(files), {key: one.reference for key, one in said.items()}, times.__getitem__)
    imported: dict[str, ImportedAnnotation] = {}
    for image, key in pairing.annotation_of.items():
        one = said[key]
        if one.is_part and one.annotation is not None:
            name = PurePosixPath(image).name
            try:
                xml = render_voc(replace(one.annotation, filename=name), folder="images", path=name, exact=True)
            except AnnotationError as error:
                findings.append(error.finding.in_file(key))
                continue
            imported[image] = ImportedAnnotation(XML_SUFFIX, data=xml)
            continue
        names: tuple[str, ...] = ()
        if one.annotation is not None and one.annotation.frame is Frame.FRACTIONS and one.annotation.boxes:
            found = class_files.of(one.file)
            names = found[1].names if found else ()
        imported[image] = ImportedAnnotation(PurePosixPath(one.file).suffix.lower(), files[one.file], class_names=names)
    return imported, (*findings, *pairing.findings)


def _read_all(files: Mapping[str, Path], explicit: coco.CocoFile | None) -> tuple[dict[str, _Said], list[Finding]]:
    """Return what the annotation files say of each image, by a name of its own, and what is wrong with COCO files."""
    said: dict[str, _Said] = {}
    findings: list[Finding] = []
    infos: dict[str, AnnotationInfo] = {}
    for name, file in files.items():
        if is_image(name) or is_class_file(file.name):
            continue
        info = AnnotationInfo(FileStat(0, 0, 0, 0), None) if explicit else read_annotation_info(str(file))
        content = explicit
        if info.annotation is None and explicit is None and file.suffix.lower() == CREATE_ML.suffix:
            content = _coco_in(file)
        if content is not None:
            findings += [finding.in_file(name) for finding in content.findings]
            for annotation in content.annotations:
                reference = Reference(annotation.filename, order=len(FORMATS), is_by_name=True, has_stem=False)
                folder, _, short = name.rpartition("/")
                key = f"{folder}/{annotation.filename.replace('/', '_')} in {short}"
                said[key] = _Said(name, annotation, reference, is_part=True)
        else:
            infos[name] = info
    for name, info in infos.items():
        for key, part in AnnotationsByImage().of({name: info}, ClassFiles({})).items():
            reference = reference_of(key, part.annotation, is_part=key != name)
            said[key] = _Said(name, part.annotation, reference, is_part=key != name)
    return said, findings


def _coco_in(file: Path) -> coco.CocoFile | None:
    """Return what a COCO file says, None when it is none."""
    data = _bytes_of(file)
    if not coco.looks_like_coco(data):
        return None
    try:
        return coco.parse_coco(data)
    except AnnotationError:
        return None


def _read_coco(file: Path) -> coco.CocoFile:
    try:
        data = read_whole(str(file), coco.MAX_BYTES)[1]
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}. --coco takes a COCO file of boxes.") from error
    try:
        return coco.parse_coco(data)
    except AnnotationError as error:
        raise UsageError(str(error.finding.in_file(str(file)))) from error


def _bytes_of(file: Path) -> bytes:
    try:
        return read_whole(str(file), coco.MAX_BYTES)[1]
    except OSError:
        return b""
