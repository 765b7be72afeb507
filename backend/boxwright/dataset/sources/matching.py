"""Which image an XML file speaks of, decided from names alone.

<path> is never looked at, because it is of another machine. <filename> only chooses among the images that the scan
found below images/, so that no value of it reaches any other file.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from boxwright.annotations.model import Annotation
from boxwright.findings import Finding


@dataclass(frozen=True)
class Pairing:
    """XML files and their images.

    Attributes:
        annotation_of: Image path to XML path, both relative to the workspace; an image has one XML at most.
        findings: XML files without an image, and images that more than one XML claims.
    """

    annotation_of: dict[str, str]
    findings: tuple[Finding, ...]


def pair(images: Iterable[str], filenames: Mapping[str, str]) -> Pairing:
    """Match XML files with images.

    In this order: the image beside the XML with its stem; for an XML in another folder the image with its stem in
    the folder of the same place (annotations/train/x.xml, images/train/x.jpg); the image named <filename> beside the
    XML; a stem, then a <filename>, that only one image below images/ has. Of several images the one in a folder called
    <folder> counts. Case of names and of suffixes, and the Unicode form of accents, do not matter.

    Args:
        images: Image paths relative to the workspace, with forward slashes.
        filenames: XML path, likewise, to what image_reference says; "" when it says nothing.
    """
    index = _Index(images)
    claims: dict[str, list[tuple[int, str]]] = defaultdict(list)
    findings: list[Finding] = []
    for xml, filename in filenames.items():
        found = index.find(xml, filename)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            rank, image = found
            claims[image].append((rank, xml))

    annotation_of: dict[str, str] = {}
    for image, claimants in claims.items():
        claimants.sort()
        annotation_of[image] = claimants[0][1]
        for _, xml in claimants[1:]:
            findings.append(
                Finding(
                    file=xml,
                    rule="second-xml-for-image",
                    value=image,
                    message=f"The image has its annotation in {claimants[0][1]} already, so this file is left out",
                    advice="Delete or rename one of the two XML files.",
                )
            )
    return Pairing(annotation_of, tuple(sorted(findings)))


def image_reference(annotation: Annotation | None) -> str:
    """Return what an annotation says of its image: "<folder>/<filename>", as far as it has them."""
    if annotation is None:
        return ""
    return f"{annotation.folder}/{annotation.filename}" if annotation.folder else annotation.filename


def normal_name(name: str) -> str:
    """Return the name in the form in which names are compared."""
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


class _Index:
    """Looks images up by folder and by name."""

    def __init__(self, images: Iterable[str]) -> None:
        self.beside: dict[tuple[str, str], list[str]] = defaultdict(list)  # by folder and by stem or name
        self.anywhere: dict[str, list[str]] = defaultdict(list)  # by stem or name
        for image in sorted(images):
            folder, _, name = image.rpartition("/")
            name = normal_name(name)
            for key in {name, stem_of(name)}:
                self.beside[folder, key].append(image)
                self.anywhere[key].append(image)

    def find(self, xml: str, filename: str) -> tuple[int, str] | Finding:
        """Return how good the match is (0 is best) and the image, or what is wrong."""
        folder, _, name = xml.rpartition("/")
        stem = stem_of(normal_name(name))
        where, _, named = normal_name(filename.strip().replace("\\", "/")).rpartition("/")
        of_folder = where.rpartition("/")[2]
        mirrored = "/".join(("images", *folder.split("/")[1:]))
        attempts = (
            self.beside.get((folder, stem)),
            self.beside.get((mirrored, stem)),
            self.beside.get((folder, named)) if named else None,
            self.anywhere.get(stem),
            self.anywhere.get(named) if named else None,
        )
        ambiguous: Sequence[str] = ()
        for rank, candidates in enumerate(attempts):
            if not candidates:
                continue
            chosen = _choose(candidates, named, of_folder)
            if chosen is not None:
                return rank, chosen
            ambiguous = ambiguous or candidates
        if ambiguous:
            return Finding(
                file=xml,
                rule="ambiguous-image",
                value=", ".join(ambiguous[:4]),
                message="More than one image could be meant, so the annotation is left out",
                advice="Put the XML beside its image, or name the image in <filename> and its folder in <folder>.",
            )
        return Finding(
            file=xml,
            rule="no-image-for-xml",
            value=filename if len(filename) <= 100 else f"{filename[:99]}…",
            message="No image below images/ has this XML's stem or its <filename>, so the annotation is left out",
            advice="Put the image beside the XML under the same name, or delete the XML if the image is gone.",
        )


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
