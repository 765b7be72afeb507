"""Which image an annotation file speaks of, decided from names alone.

<path> is never looked at, because it is of another machine. <filename> only chooses among the images that the scan
found below images/, so that no value of it reaches any other file.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from boxwright.annotations.labels import shortened
from boxwright.annotations.model import Annotation
from boxwright.annotations.readers import CREATE_ML, FORMATS, PASCAL_VOC, format_of
from boxwright.findings import Finding, Severity

EXAMPLES = 3  # files named in a finding about many


class Reference(NamedTuple):
    """What an annotation file tells about the image that it is of.

    Attributes:
        filename: The image's name, as far as the file has it with its folder: "<folder>/<filename>"; "" without.
        order: Of its format: where labelImg looks first. Files of one format have the same.
        is_usable: It could be read.
        is_by_name: The filename counts before the file's own stem: CreateML's reader looks for it alone.
        has_stem: The file's own stem counts; it does not in a file of several images.
        needs_image: Without an image the file is a finding; other files may be anything.
    """

    filename: str = ""
    order: int = 0
    is_usable: bool = True
    is_by_name: bool = False
    has_stem: bool = True
    needs_image: bool = True


_UNUSABLE = Reference(is_usable=False)
"""Of every XML file that cannot be read: there may be 100,000."""


@dataclass(frozen=True)
class Pairing:
    """Annotation files and their images.

    Attributes:
        annotation_of: Image path to annotation file, both relative to the workspace; an image has one at most.
        findings: Annotation files without an image, and images that more than one claims.
        is_mixed: Images have files of several formats, so that it depends on the times of these.
    """

    annotation_of: dict[str, str]
    findings: tuple[Finding, ...]
    is_mixed: bool = False


def pair(
    images: Iterable[str], references: Mapping[str, Reference], modified: Callable[[str], int] = lambda _: 0
) -> Pairing:
    """Match annotation files with images.

    In this order: the image beside the file with its stem; for a file in another folder the image with its stem in
    the folder of the same place (annotations/train/x.xml, images/train/x.jpg; labels/x.txt, images/x.jpg); the image
    named <filename> beside the file; a stem, then a <filename>, that only one image below images/ has. Of several
    images the one in a folder called <folder> counts. Case of names and of suffixes, and the Unicode form of accents,
    do not matter. Of files of several formats for one image, that which was saved last counts.

    Args:
        images: Image paths relative to the workspace, with forward slashes.
        references: Annotation file, likewise, to what it tells.
        modified: Takes an annotation file and returns the time of its last change.
    """
    index = _Index(images)
    claims: dict[str, list[_Claim]] = defaultdict(list)
    findings: list[Finding] = []
    for file, reference in references.items():
        found = index.find(file, reference)
        if isinstance(found, Finding):
            if reference.needs_image and reference.is_usable:  # one that cannot be read has its finding
                findings.append(found)
        else:
            rank, image = found
            claims[image].append((rank, file, reference))

    annotation_of: dict[str, str] = {}
    mixed: dict[str, str] = {}
    is_mixed = False
    for image, claimants in claims.items():
        chosen = claimants[0][1]
        if len(claimants) > 1:
            of_formats = _best_of_formats(claimants, image, findings)
            is_mixed = is_mixed or len(of_formats) > 1
            of_formats.sort(key=lambda claim: (not claim[2].is_usable, -modified(claim[1]), claim[2].order))
            chosen = of_formats[0][1]
            mixed |= {file: chosen for _, file, reference in of_formats[1:] if reference.is_usable}
        annotation_of[image] = chosen
    if mixed:
        findings.append(_mixed_formats(mixed))
    return Pairing(annotation_of, tuple(sorted(findings)), is_mixed)


_Claim = tuple[int, str, Reference]


def _best_of_formats(claimants: list[_Claim], image: str, findings: list[Finding]) -> list[_Claim]:
    """Return for each format the file that fits an image best; the other files that can be read are findings."""
    best: dict[int, _Claim] = {}
    for claim in sorted(claimants, key=lambda claim: (not (claim[2].is_usable or claim[2].needs_image), *claim[:2])):
        _, file, reference = claim
        first = best.setdefault(reference.order, claim)
        if first is not claim and reference.needs_image:
            findings.append(
                Finding(
                    file=file,
                    rule="second-xml-for-image",
                    value=image,
                    message=f"The image has its annotation in {first[1]} already, so this file is left out",
                    advice=f"Keep {first[1]}. If the boxes of this file are the right ones, copy it over that one "
                    "first. Then delete this file.",
                )
            )
    return list(best.values())


def _mixed_formats(mixed: Mapping[str, str]) -> Finding:
    """Return the finding about files that are left out for newer ones of another format."""
    shown = [f"{newer} instead of {older}" for older, newer in sorted(mixed.items())]
    return Finding(
        rule="mixed-formats",
        value=f"{len(mixed)} files",
        message="Images have annotation files of several formats. Those that were saved last are used: "
        f"{', '.join(shown[:EXAMPLES])}{', ...' if len(shown) > EXAMPLES else ''}",
        advice="Keep the files that are used, and delete the others. "
        "labelImg itself opens PascalVOC before YOLO before CreateML.",
        severity=Severity.WARNING,
    )


def reference_of(file: str, annotation: Annotation | None, *, is_part: bool = False) -> Reference:
    """Return what an annotation file tells about its image.

    Args:
        file: Its path; the suffix chooses the format.
        annotation: What it says; None when it could not be read.
        is_part: It speaks of several images, and this is what it says of one.
    """
    if annotation is None:
        filename = ""
    else:
        filename = f"{annotation.folder}/{annotation.filename}" if annotation.folder else annotation.filename
    annotation_format = format_of(file) or PASCAL_VOC
    if annotation_format is PASCAL_VOC:
        return _UNUSABLE if annotation is None else Reference(filename)
    has_objects = annotation is not None and bool(annotation.boxes or annotation.findings)
    return Reference(
        filename,
        order=list(FORMATS).index(annotation_format.suffix),
        is_usable=annotation is not None,
        is_by_name=annotation_format is CREATE_ML,
        has_stem=not is_part,
        needs_image=has_objects,
    )


def normal_name(name: str) -> str:
    """Return the name in the form in which names are compared."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


_ByStem = dict[str, str | list[str]]


class _Index:
    """Looks images up by folder and by name.

    Only stems are keys, and a stem that one image has is not put into a list: of 100,000 images 15 MB in place of 90.
    """

    def __init__(self, images: Iterable[str]) -> None:
        self._images = sorted(images)
        self._beside: dict[str, _ByStem] = {}  # by folder
        self._anywhere: _ByStem | None = None  # made when the first file needs it
        for image in self._images:
            folder, _, name = image.rpartition("/")
            _add(self._beside.setdefault(folder, {}), name, image)

    def beside(self, folder: str, key: str) -> Sequence[str]:
        """Return the images in a folder whose name or stem is `key`."""
        return _lookup(self._beside.get(folder, {}), key)

    def anywhere(self, key: str) -> Sequence[str]:
        """Return all images whose name or stem is `key`."""
        if self._anywhere is None:
            self._anywhere = {}
            for image in self._images:
                _add(self._anywhere, image.rpartition("/")[2], image)
        return _lookup(self._anywhere, key)

    def _attempts(self, file: str, reference: Reference, named: str) -> Iterator[Sequence[str]]:
        """Yield the images that may be meant, the best match first; each place has its rank."""
        folder, _, name = file.rpartition("/")
        stem = stem_of(normal_name(name)) if reference.has_stem else ""
        mirrored = "/".join(("images", *folder.split("/")[1:]))
        if reference.is_by_name and named:
            yield self.beside(folder, named)
            yield self.beside(mirrored, named)
            yield self.anywhere(named)
        yield self.beside(folder, stem)
        yield self.beside(mirrored, stem)
        yield self.beside(_beside_labels(folder), stem) if folder.endswith("/labels") else ()
        yield self.beside(folder, named) if named else ()
        if reference.is_usable or reference.needs_image:  # another program's file that lies elsewhere is no annotation
            yield self.anywhere(stem)
            yield self.anywhere(named) if named else ()

    def find(self, file: str, reference: Reference) -> tuple[int, str] | Finding:
        """Return how good the match is (0 is best) and the image, or what is wrong."""
        where, _, named = normal_name(reference.filename.strip().replace("\\", "/")).rpartition("/")
        of_folder = where.rpartition("/")[2]
        ambiguous: Sequence[str] = ()
        for rank, candidates in enumerate(self._attempts(file, reference, named)):
            if not candidates:
                continue
            chosen = _choose(candidates, named, of_folder)
            if chosen is not None:
                return rank, chosen
            ambiguous = ambiguous or candidates
        if ambiguous:
            return Finding(
                file=file,
                rule="ambiguous-image",
                value=", ".join(ambiguous[:4]),
                message="More than one image could be meant, so the annotation is left out",
                advice="Put the file beside its image, or name the image in <filename> and its folder in <folder>.",
            )
        return Finding(
            file=file,
            rule="no-image-for-xml",
            value=shortened(reference.filename, quoted=False),
            message="No image below images/ has this file's stem or its <filename>, so the annotation is left out",
            advice="Put the image beside the file under the same name, or delete the file if the image is gone.",
        )


def _add(table: _ByStem, name: str, image: str) -> None:
    known = table.setdefault(stem_of(normal_name(name)), image)
    if isinstance(known, list):
        known.append(image)
    elif known is not image:
        table[stem_of(normal_name(name))] = [known, image]


def _lookup(table: _ByStem, key: str) -> Sequence[str]:
    found = _of_stem(table, key)
    if (stem := stem_of(key)) == key:  # a name without a suffix is its own stem
        return found
    named = [image for image in _of_stem(table, stem) if normal_name(image.rpartition("/")[2]) == key]
    return sorted([*found, *named]) if found else named


def _of_stem(table: _ByStem, stem: str) -> Sequence[str]:
    found = table.get(stem, ())
    return (found,) if isinstance(found, str) else found


def _beside_labels(folder: str) -> str:
    """Return the folder images/ beside a folder labels/, as YOLO's tools have them."""
    return f"{folder.rpartition('/')[0]}/images"


def _choose(candidates: Sequence[str], named: str, of_folder: str) -> str | None:
    """Return the one image that is meant; among several, the one in <folder>, then the one that <filename> names."""
    if len(candidates) == 1:
        return candidates[0]
    if of_folder:
        there = [image for image in candidates if normal_name(image.split("/")[-2]) == of_folder]
        candidates = there or candidates
    exact = [image for image in candidates if normal_name(image.rpartition("/")[2]) == named]
    if len(exact) == 1:
        return exact[0]
    folders = {image.rpartition("/")[0] for image in candidates}
    # a.jpg and a.png in one folder: the first by name, and the health rules warn of the two
    return (exact or candidates)[0] if len(folders) == 1 else None


def stem_of(name: str) -> str:
    """Return a file's name without its suffix; a dot in front is none's beginning."""
    head, dot, _ = name.rpartition(".")
    return head if dot and head else name
