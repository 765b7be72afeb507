"""The tutorial's two conversions, XML to CSV and CSV to TFRecord, for files outside a workspace."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from boxwright.annotations.model import Annotation, AnnotationError, Box
from boxwright.annotations.readers import read_annotation
from boxwright.dataset.plan.health import check_boxes
from boxwright.dataset.sources.images import ImageError, encode_upright
from boxwright.dataset.sources.matching import pair
from boxwright.dataset.sources.scan import SCANNED_SUFFIXES, XML_SUFFIX
from boxwright.dataset.store.table_csv import COLUMNS, rows_to_csv
from boxwright.dataset.store.tables import LabelledImage, rows_of
from boxwright.dataset.store.tf_example import ExampleImage, encode_example
from boxwright.dataset.store.tfrecord import frame
from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write
from boxwright.findings import Finding

_NUMBERS = ("xmin", "ymin", "xmax", "ymax")


def xml_to_csv(folder: Path, output: Path) -> tuple[int, tuple[Finding, ...]]:
    """Write one row for each object of the XML files in `folder`, sorted by file, as the tutorial's script does.

    Filenames are those that the XML gives, or else that of the image beside it with its stem.

    Returns:
        The number of rows, and the files and objects that were left out.

    Raises:
        BoxwrightError: There is no such folder.
    """
    if not folder.is_dir():
        raise BoxwrightError(f"{folder}: there is no such folder. Give the folder of the XML files with -i.")
    beside = {path.stem: path.name for path in sorted(folder.iterdir()) if path.suffix.lower() in SCANNED_SUFFIXES}
    images = []
    findings = []
    for xml in sorted(path for path in folder.iterdir() if path.suffix.lower() == XML_SUFFIX):
        try:
            annotation = read_annotation(xml)
        except AnnotationError as error:
            findings.append(error.finding.in_file(xml.name))
            continue
        findings += [finding.in_file(xml.name) for finding in annotation.findings]
        name = annotation.filename or beside.get(xml.stem, xml.stem)
        images.append(LabelledImage(name, annotation.width or 0, annotation.height or 0, annotation.boxes))
    with _written(output) as stream:
        stream.write(rows_to_csv(rows_of(images)).encode("utf-8", "surrogateescape"))
    return sum(len(image.boxes) for image in images), tuple(findings)


def csv_to_record(
    table: Path, images: Path, output: Path, *, label_map: Mapping[str, int]
) -> tuple[int, tuple[Finding, ...]]:
    """Write the record that the tutorial's script makes of a table, with all of the original's feature keys.

    Args:
        table: CSV with the tutorial's columns.
        images: The folder that its filenames are relative to.
        output: The record; replaced if it is there.
        label_map: Class to id.

    Returns:
        The number of images, and what is wrong with boxes: clipped to their image, or left out.

    Raises:
        BoxwrightError: The table cannot be read, a label is not in the label map, an image is not there or cannot be
            used; nothing is written then.
    """
    rows = _read_table(table, label_map)
    findings: list[Finding] = []
    count = 0
    with _written(output) as stream:
        for filename in sorted(rows):
            example = _example(filename, rows[filename], _find(filename, images, table), label_map, table, findings)
            if example is not None:
                count += 1
                stream.writelines(frame(*example))
    return count, tuple(findings)


def _written(output: Path) -> AbstractContextManager[IO[bytes]]:
    if not output.absolute().parent.is_dir():
        raise BoxwrightError(f"{output}: there is no folder {output.parent}. Make it, or name another one.")
    return atomic_write(output)


def _read_table(table: Path, label_map: Mapping[str, int]) -> dict[str, list[Box]]:
    try:
        text = table.read_bytes().decode("utf-8-sig", "surrogateescape")
    except FileNotFoundError:
        raise BoxwrightError(f"{table}: there is no such table. xml_to_csv.py makes one.") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        return _boxes_by_image(reader, table, label_map)
    except csv.Error as error:
        at = reader.reader.line_num
        raise BoxwrightError(
            f"{table}, line {at}: the row cannot be read ({error}). Fix it, or make the table again."
        ) from None


def _boxes_by_image(reader: csv.DictReader[str], table: Path, label_map: Mapping[str, int]) -> dict[str, list[Box]]:
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise BoxwrightError(
            f"{table}, line 1: the columns {', '.join(missing)} are missing. "
            f"The first line must be {','.join(COLUMNS)}, as xml_to_csv.py writes it."
        )
    rows: dict[str, list[Box]] = defaultdict(list)
    for row in reader:
        place = f"{table}, line {reader.line_num}"
        label = row["class"] or ""
        if label not in label_map:
            known = ", ".join(label_map)
            raise BoxwrightError(
                f"{place}: the label {label!r} is not among the classes ({known}). "
                f"Name all of them, for example --label {' --label '.join([*label_map, label])}, or with --label_map "
                "FILE; or, if the name is a typo, fix it in labelImg and make the table again."
            )
        xmin, ymin, xmax, ymax = (_number(row[column], column, place) for column in _NUMBERS)
        rows[row["filename"] or ""].append(Box(label, xmin, ymin, xmax, ymax))
    return rows


def _number(text: str | None, column: str, place: str) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BoxwrightError(f"{place}: {column} is no number (got {text!r}). Fix the row, or make the table again.")
    return number


def _find(filename: str, images: Path, table: Path) -> Path:
    """Return the image's file, which is below `images` whatever the table says."""
    path = images / filename
    inside = "\0" not in filename and path.resolve().is_relative_to(images.resolve())
    if inside and path.is_file():
        return path
    if inside and path.parent.is_dir():  # a name without its suffix, or with another case, as in old XML files
        beside = [file.name for file in path.parent.iterdir() if file.suffix.lower() in SCANNED_SUFFIXES]
        found = pair(beside, {"row.xml": path.name}).annotation_of
        if len(found) == 1:
            return path.parent / next(iter(found))
    raise BoxwrightError(
        f"{table}: the image {filename!r} is not below {images}. "
        "Name the folder that the table's filenames are relative to with --img_path."
    )


def _example(
    filename: str,
    boxes: Sequence[Box],
    path: Path,
    label_map: Mapping[str, int],
    table: Path,
    findings: list[Finding],
) -> tuple[bytes, bytes, bytes] | None:
    try:
        image = encode_upright(path.read_bytes())
    except ImageError as error:
        raise BoxwrightError(f"{path}: {error}") from error
    digest = hashlib.sha256(image.data).hexdigest()
    about = ExampleImage(filename, image.width, image.height, image.format, digest)
    annotation = Annotation(filename, None, None, tuple(boxes))
    checked = check_boxes(annotation, file=f"{table}: {filename}", width=image.width, height=image.height)
    findings += checked.findings
    if not checked.boxes:
        return None  # it would teach that its objects are background
    return encode_example(about, image.data, checked.boxes, [label_map[box.label] for box in checked.boxes])
