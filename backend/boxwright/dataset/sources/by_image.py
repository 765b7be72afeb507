"""What the annotation files say, by image: files of several images taken apart, class numbers turned into names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from boxwright.annotations.class_names import CLASS_FILE_NAMES, MAX_BYTES, ClassNames, parse_class_names
from boxwright.annotations.model import Annotation
from boxwright.annotations.yolo import with_class_names
from boxwright.dataset.sources.file_info import AnnotationInfo, read_settled
from boxwright.findings import Finding, Severity

EXAMPLES = 3  # files named in a finding about many


def read_class_files(root: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """Return the bytes of files of class names that can be read, sorted by path; of one that is too large none."""
    data = {}
    for path in sorted(paths):
        try:
            data[path] = read_settled(f"{root}{os.sep}{path}", MAX_BYTES)[1]
        except OSError:
            continue  # deleted since the scan, or unreadable: as if it were not there
    return data


class ClassFiles:
    """The files of class names of a workspace, and which of them counts for an annotation file.

    Attributes:
        data: Their bytes, by path relative to the workspace.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Parse the files.

        Args:
            files: Their bytes, by path relative to the workspace, with forward slashes.
        """
        self.data = dict(files)
        self._parsed = {path: parse_class_names(PurePosixPath(path).name, data) for path, data in files.items()}
        named = sorted((path for path, parsed in self._parsed.items() if parsed.names), key=_precedence)
        self._by_folder: dict[str, str] = {}
        for path in named:
            self._by_folder.setdefault(path.rpartition("/")[0], path)
        self._only = named[0] if len(named) == 1 else None
        self._of_folder: dict[str, str | None] = {}

    def of(self, annotation_file: str) -> tuple[str, ClassNames] | None:
        """Return the file that counts and its names: that in the folder, or in the nearest one above, or the only one.

        None when there is no such file, or when none of them has names.
        """
        folder = annotation_file.rpartition("/")[0]
        if folder not in self._of_folder:
            places = [folder, *(str(parent) for parent in PurePosixPath(folder).parents)]
            found = next((self._by_folder[place] for place in places if place in self._by_folder), self._only)
            self._of_folder[folder] = found
        path = self._of_folder[folder]
        return None if path is None else (path, self._parsed[path])

    def findings(self, annotation_files: Iterable[str]) -> list[Finding]:
        """Return what is wrong with the files of class names beside these annotation files, or above them."""
        folders = {str(parent) for file in annotation_files for parent in PurePosixPath(file).parents}
        return [
            parsed.finding.in_file(path)
            for path, parsed in sorted(self._parsed.items())
            if parsed.finding is not None and path.rpartition("/")[0] in folders
        ]


def _precedence(path: str) -> tuple[int, str]:
    name = path.rpartition("/")[2].lower()
    return CLASS_FILE_NAMES.index(name) if name in CLASS_FILE_NAMES else len(CLASS_FILE_NAMES), path


class AnnotationsByImage:
    """Takes annotation files apart; what was made of one is kept for as long as file and names are the same."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[AnnotationInfo, ClassNames | None, dict[str, AnnotationInfo]]] = {}

    def of(self, infos: Mapping[str, AnnotationInfo], class_files: ClassFiles) -> dict[str, AnnotationInfo]:
        """Return what is said of each image.

        Args:
            infos: What each file says, by path relative to the workspace.
            class_files: The class names. Without any for a file, its class numbers stay.

        Returns:
            By the file's path, or for a file of several images by "folder/image in name".
        """
        result: dict[str, AnnotationInfo] = {}
        made = {}
        for path, info in infos.items():
            if info.annotation is None or not (info.further or info.annotation.has_class_numbers):
                result[path] = info
                continue
            found = class_files.of(path) if info.annotation.has_class_numbers else None
            names = found[1] if found else None
            known = self._made.get(path)
            if known is None or known[0] is not info or known[1] != names:
                known = (info, names, by_image(path, info, class_files))
            made[path] = known
            result |= known[2]
        self._made = made
        return result


def by_image(path: str, info: AnnotationInfo, class_files: ClassFiles) -> dict[str, AnnotationInfo]:
    """Return what one file says of each image; arguments and result as AnnotationsByImage.of."""
    if info.annotation is None:
        return {path: info}
    if not info.further:
        return {path: replace(info, annotation=_named(path, info.annotation, class_files))}
    folder, _, name = path.rpartition("/")
    parts: dict[str, AnnotationInfo] = {}
    for number, annotation in enumerate((info.annotation, *info.further), start=1):
        image = annotation.filename.replace("/", "_").replace("\\", "_")
        key = f"{folder}/{image} in {name}"
        key = f"{folder}/{image} ({number}) in {name}" if key in parts else key
        parts[key] = replace(info, annotation=annotation, further=())
    return parts


def _named(path: str, annotation: Annotation, class_files: ClassFiles) -> Annotation:
    found = class_files.of(path) if annotation.has_class_numbers else None
    if found is None:
        return annotation if annotation.boxes else replace(annotation, has_class_numbers=False)
    return with_class_names(annotation, found[1].names, found[0])


def missing_class_names(annotation_files: Iterable[str]) -> list[Finding]:
    """Return a finding for each folder whose class numbers have no names.

    Args:
        annotation_files: Those whose class numbers are left, of images.
    """
    by_folder: dict[str, list[str]] = {}
    for file in annotation_files:
        by_folder.setdefault(file.rpartition("/")[0], []).append(file)
    findings = []
    for folder, files in sorted(by_folder.items()):
        shown = ", ".join(sorted(files)[:EXAMPLES])
        finding = Finding(
            file=f"{folder}/{CLASS_FILE_NAMES[0]}",
            rule="classes-missing",
            value=f"{len(files)} files",
            message="There is no file of class names here or above, so the class numbers of YOLO files mean nothing "
            f"and their images are left out: {shown}{', ...' if len(files) > EXAMPLES else ''}",
            advice=f"Put the {CLASS_FILE_NAMES[0]} that the files were saved with there, one class name a line.",
            severity=Severity.ERROR,
        )
        findings.append(finding)
    return findings
