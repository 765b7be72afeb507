"""The tutorial's record: written from a table, or straight from XML as later tutorials do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from boxwright.annotations.model import Annotation
from boxwright.dataset.plan.health import check_boxes
from boxwright.dataset.plan.label_map import LabelMap, read_label_map
from boxwright.dataset.plan.placement import AnnotatedImage, Placement, placed
from boxwright.dataset.plan.placement_evidence import find_placements
from boxwright.dataset.sources.file_info import ImageInfo
from boxwright.dataset.sources.images import ImageError, encode_upright, upright_size
from boxwright.dataset.sources.matching import Reference, pair
from boxwright.dataset.sources.scan import SCANNED_SUFFIXES, FileStat
from boxwright.dataset.store.tf_example import ExampleImage, encode_example
from boxwright.dataset.store.tfrecord import frame
from boxwright.dataset.tutorial.tables import (
    Classes,
    TableImage,
    images_of_xml,
    read_table,
    read_xml_folder,
    write_table,
    written,
)
from boxwright.errors import BoxwrightError
from boxwright.findings import Finding


def read_classes(path: Path) -> Classes:
    """Read a label map of which every item can be used.

    Raises:
        BoxwrightError: There is none, or it has a defect, which is named.
    """
    label_map: LabelMap = read_label_map(path)
    if label_map.findings:
        defects = " ".join(str(finding.in_file(str(path))) for finding in label_map.findings)
        raise BoxwrightError(f"{defects} No record was written.")
    if not label_map:
        raise BoxwrightError(f"{path}: the label map has no class. Write one item for each: item {{ id: 1 name: 'x' }}")
    return Classes(label_map, path)


def csv_to_record(table: Path, images: Path, output: Path, *, classes: Classes) -> tuple[int, tuple[Finding, ...]]:
    """Write the record that the tutorial's script makes of a table, with all of the original's feature keys.

    Width and height in the table tell whether the boxes of a photo with an EXIF orientation lie in the stored or in
    the upright frame, whether it was scaled since, and more: see plan.placement_evidence.

    Args:
        table: CSV with the tutorial's columns.
        images: The folder that its filenames are relative to.
        output: The record; replaced if it is there.
        classes: Those that the table may have.

    Returns:
        The number of images, and what is wrong with boxes: clipped to their image, or left out.

    Raises:
        BoxwrightError: The table cannot be read, a label is of no class, an image is not there or cannot be used, or no
            box can be used; nothing is written then.
    """
    return _write_record(read_table(table, classes), images, output, classes, str(table))


def xml_to_record(
    folder: Path, images: Path, output: Path, *, classes: Classes, table: Path | None = None
) -> tuple[int, tuple[Finding, ...]]:
    """Write a record straight from XML, as generate_tfrecord.py of later tutorials does.

    Args:
        folder: Of the XML files.
        images: Of the images.
        output: The record; replaced if it is there.
        classes: Those that the XML may have.
        table: Where the tutorial's table goes; None for nowhere.

    Returns:
        As csv_to_record, with the XML files that cannot be used.

    Raises:
        BoxwrightError: As csv_to_record.
    """
    annotated, findings = read_xml_folder(folder, images)
    count, more = _write_record(images_of_xml(annotated, classes), images, output, classes, str(folder))
    if table is not None:
        write_table(annotated, table)
    return count, (*findings, *more)


def _write_record(
    rows: Mapping[str, TableImage], folder: Path, output: Path, classes: Classes, source: str
) -> tuple[int, tuple[Finding, ...]]:
    paths = {filename: _find(filename, folder, source) for filename in sorted(rows)}
    placements = find_placements(_annotated_images(rows, paths))
    findings = [finding if finding.file else finding.in_file(source) for finding in placements.findings]
    count = 0
    with written(output) as stream:
        for filename, path in paths.items():
            example, more = _example(filename, rows[filename], path, placements.of(filename), classes, source)
            findings += more
            if example is not None:
                count += 1
                stream.writelines(frame(*example))
        if not count:
            raise BoxwrightError(
                f"{source}: no box can be used, so no record was written. The first reason: {findings[0]}"
            )
    return count, tuple(findings)


def _find(filename: str, images: Path, source: str) -> Path:
    """Return the image's file, which is below `images` whatever the table says."""
    for name in dict.fromkeys((filename, filename.replace("\\", "/"))):  # a table of a Windows machine
        path = images / name
        inside = name and "\0" not in name and path.resolve().is_relative_to(images.resolve())
        if inside and path.is_file():
            return path
        if inside and path.parent.is_dir():  # a name without its suffix, or with another case, as in old XML files
            beside = [file.name for file in path.parent.iterdir() if file.suffix.lower() in SCANNED_SUFFIXES]
            found = pair(beside, {"row.xml": Reference(path.name)}).annotation_of
            if len(found) == 1:
                return path.parent / next(iter(found))
    raise BoxwrightError(
        f"{source}: the image {filename!r} is not below {images}. "
        "Name the folder that the table's filenames are relative to with --img_path."
    )


def _annotated_images(rows: Mapping[str, TableImage], paths: Mapping[str, Path]) -> Iterator[AnnotatedImage]:
    """Yield what the placement needs of each image; only the header of most is looked at."""
    for filename, path in paths.items():
        row = rows[filename]
        try:
            width, height, orientation = upright_size(path.read_bytes())
        except ImageError as error:
            raise BoxwrightError(f"{path}: {error}") from error
        info = ImageInfo(FileStat(0, 0, 0, 0), width=width, height=height, orientation=orientation)
        annotation = Annotation(filename, row.width, row.height, tuple(row.boxes))
        yield AnnotatedImage(filename, info, filename, annotation)


_Example = tuple[bytes, bytes, bytes]


def _example(
    filename: str, row: TableImage, path: Path, placement: Placement, classes: Classes, source: str
) -> tuple[_Example | None, tuple[Finding, ...]]:
    """Return the example of an image, None when no box can be used, and what is wrong with its boxes."""
    if not placement.is_known:
        return None, ()
    try:
        image = encode_upright(path.read_bytes())
    except ImageError as error:
        raise BoxwrightError(f"{path}: {error}") from error
    digest = hashlib.sha256(image.data).hexdigest()
    about = ExampleImage(filename, image.width, image.height, image.format, digest)
    boxes = tuple(placed(Annotation(filename, None, None, tuple(row.boxes)), placement, image.width, image.height))
    checked = check_boxes(
        Annotation(filename, None, None, boxes),
        file=f"{source}: {filename}",
        width=image.width,
        height=image.height,
    )
    if row.boxes and not checked.boxes:
        return None, checked.findings  # it would teach that its objects are background
    ids = [classes.id_of(box.label, source) for box in checked.boxes]
    return encode_example(about, image.data, checked.boxes, ids), checked.findings
