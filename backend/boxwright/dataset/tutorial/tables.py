"""The tutorial's table: written from XML, and read as people keep it."""

from __future__ import annotations

import math
import shlex
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from boxwright.annotations.model import AnnotationError, Box
from boxwright.annotations.readers import read_annotation
from boxwright.dataset.plan.label_map import LabelMap
from boxwright.dataset.sources.csv_rows import CsvRows
from boxwright.dataset.sources.scan import SCANNED_SUFFIXES, XML_SUFFIX
from boxwright.dataset.store.table_csv import COLUMNS, rows_to_csv
from boxwright.dataset.store.tables import LabelledImage, rows_of
from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write
from boxwright.findings import Finding, printable

_NEEDED = tuple(column for column in COLUMNS if column not in ("width", "height"))
_EDGES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class Classes:
    """The classes that a table may have.

    Attributes:
        label_map: Class to id.
        file: Where they were read; None when they were given by name.
    """

    label_map: LabelMap
    file: Path | None = None

    def id_of(self, label: str, place: str) -> int:
        """Return the id of a label.

        Args:
            label: As the table or the XML has it.
            place: Of the label, for the message.

        Raises:
            BoxwrightError: There is no such class.
        """
        name = self.label_map.resolve(label)
        if name is not None:
            return self.label_map[name]
        known = ", ".join(self.label_map)
        if self.file is None:
            flags = shlex.join([part for one in (*self.label_map, label) for part in ("--label", one)])
            advice = f"Name all of them, for example {flags}, or with --label_map FILE"
        else:
            advice = f"Add an item for it to {self.file}"
        raise BoxwrightError(
            printable(
                f"{place}: the label {label!r} is not among the classes ({known}). {advice}; or, if the name is a "
                "typo, fix it in labelImg and make the table again."
            )
        )


@dataclass
class TableImage:
    """What a table, or XML files, say of one image.

    Attributes:
        width, height: In pixels, as they are given; None when they are not.
        boxes: In the order of the table.
    """

    width: int | None = None
    height: int | None = None
    boxes: list[Box] = field(default_factory=list)


def xml_to_csv(folder: Path, output: Path) -> tuple[int, tuple[Finding, ...]]:
    """Write one row for each object of the XML files in `folder`, sorted by file, as the tutorial's script does.

    Filenames are those that the XML gives, or else that of the image beside it with its stem.

    Returns:
        The number of rows, and the files and objects that were left out.

    Raises:
        BoxwrightError: There is no such folder, no XML in it, or no object in the XML; nothing is written then.
    """
    images, findings = read_xml_folder(folder)
    write_table(images, output)
    return sum(len(image.boxes) for image in images), findings


def read_xml_folder(folder: Path, image_folder: Path | None = None) -> tuple[list[LabelledImage], tuple[Finding, ...]]:
    """Return what the XML files of a folder say, sorted by file, and the files and objects that cannot be used.

    Args:
        folder: Of the XML files.
        image_folder: Of the images; None for the same.

    Raises:
        BoxwrightError: There is no such folder, no XML in it, or no object in the XML.
    """
    if not folder.is_dir():
        raise BoxwrightError(f"{folder}: there is no such folder. Give the folder of the XML files.")
    files = _xml_files(folder)
    if not files:
        raise BoxwrightError(f"{folder}: there is no XML file in this folder. {_where_xml_is(folder)}")
    beside = _images_by_stem(image_folder or folder)
    names = set(beside.values())
    images, findings = [], []
    for xml in files:
        try:
            annotation = read_annotation(xml)
        except AnnotationError as error:
            findings.append(error.finding.in_file(xml.name))
            continue
        findings += [finding.in_file(xml.name) for finding in annotation.findings]
        name = annotation.filename
        if image_folder is not None and name not in names:  # a name of before the image was renamed
            name = beside.get(xml.stem, name)
        name = name or beside.get(xml.stem, xml.stem)
        images.append(LabelledImage(name, annotation.width or 0, annotation.height or 0, annotation.boxes))
    if not any(image.boxes for image in images):
        reason = f" The first reason: {findings[0]}" if findings else ""
        raise BoxwrightError(f"{folder}: none of its {len(files)} XML files has an object that can be used.{reason}")
    return images, tuple(findings)


def write_table(images: Sequence[LabelledImage], output: Path) -> None:
    """Write the tutorial's table.

    Raises:
        BoxwrightError: There is no such folder.
    """
    with written(output) as stream:
        stream.write(rows_to_csv(rows_of(images)).encode("utf-8", "surrogateescape"))


def written(output: Path) -> AbstractContextManager[IO[bytes]]:
    """Return a file that is there, whole, once its block has ended without an exception.

    Raises:
        BoxwrightError: There is no such folder.
    """
    if not output.absolute().parent.is_dir():
        raise BoxwrightError(f"{output}: there is no folder {output.parent}. Make it, or name another one.")
    return atomic_write(output)


def read_table(table: Path, classes: Classes) -> dict[str, TableImage]:
    """Return what the table says of each image, by its filename.

    Raises:
        BoxwrightError: There is no such table, it has no row, a row cannot be read, or a label is of no class.
    """
    try:
        rows = CsvRows(table.read_bytes(), file=str(table))
    except FileNotFoundError:
        raise BoxwrightError(f"{table}: there is no such table. xml_to_csv.py makes one.") from None
    missing = [column for column in _NEEDED if column not in rows.columns]
    if missing:
        raise BoxwrightError(
            f"{table}, line 1: the columns {', '.join(missing)} are missing. "
            f"The first line must be {','.join(COLUMNS)}, as xml_to_csv.py writes it."
        )
    images: dict[str, TableImage] = {}
    for filename, label, size, edges in _objects(rows):
        classes.id_of(label, rows.place)
        image = images.get(filename)
        if image is None:
            image = images[filename] = TableImage(*size)
        image.boxes.append(Box(label, *edges))
    if not images:
        raise BoxwrightError(
            f"{table}: the table has no row below its first line, so there is nothing to convert. Draw boxes, save the "
            "XML, and make the table again with xml_to_csv.py."
        )
    return images


_Object = tuple[str, str, tuple[int | None, int | None], tuple[float, float, float, float]]


def _objects(rows: CsvRows) -> Iterator[_Object]:
    """Yield filename, label, size and edges of each row."""
    name_at, label_at = rows.columns["filename"], rows.columns["class"]
    sizes_at = [rows.columns.get(column) for column in ("width", "height")]
    edges_at = [(column, rows.columns[column]) for column in _EDGES]
    with_decimal_comma = rows.delimiter != ","
    labels: dict[str, str] = {}  # one string for each label: a table may have a million rows
    for row in rows:
        label = labels.setdefault(row[label_at], " ".join(row[label_at].split()))
        width, height = (None if at is None else _whole(row[at]) for at in sizes_at)
        xmin, ymin, xmax, ymax = (
            _number(row[at].replace(",", ".") if with_decimal_comma else row[at], column, rows)
            for column, at in edges_at
        )
        yield row[name_at], label, (width, height), (xmin, ymin, xmax, ymax)


def _number(text: str, column: str, rows: CsvRows) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BoxwrightError(
            f"{rows.place}: {column} is no number (got {text!r}). Fix the row, or make the table again."
        )
    return number


def _whole(text: str) -> int | None:
    """Return a size in pixels; None when it is not known."""
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and number > 0 else None


def _xml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == XML_SUFFIX)


def _where_xml_is(folder: Path) -> str:
    """Return what to do when a folder holds no XML: name the folders below it that do."""
    below = [(one, len(_xml_files(one))) for one in sorted(folder.iterdir()) if one.is_dir()]
    found = [f"{number} in {one}" for one, number in below if number]
    if found:
        return f"There are {', '.join(found)}: give that folder with -i."
    return "Save the boxes in labelImg (format PascalVOC), or give the folder of the XML files with -i."


def _images_by_stem(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise BoxwrightError(f"{folder}: there is no such folder. Give the folder of the images.")
    return {path.stem: path.name for path in sorted(folder.iterdir()) if path.suffix.lower() in SCANNED_SUFFIXES}


def images_of_xml(images: Collection[LabelledImage], classes: Classes) -> dict[str, TableImage]:
    """Return what XML files say, in the form of a table.

    Raises:
        BoxwrightError: A label is of no class.
    """
    found: dict[str, TableImage] = {}
    for image in images:
        entry = found.setdefault(image.filename, TableImage(image.width or None, image.height or None))
        for box in image.boxes:
            classes.id_of(box.label, image.filename)
        entry.boxes += image.boxes
    return found
