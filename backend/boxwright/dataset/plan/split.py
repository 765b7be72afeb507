"""Which split each image is on, for good.

The folders images/train and images/test are the split where an image lies in one. Elsewhere split.csv is: it is read,
obeyed and appended to. A new image gets its split from a hash of its content, so that identical images share a split;
then images are moved, among the new ones only, until each class is on both splits as far as that is possible.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boxwright.errors import BoxwrightError
from boxwright.findings import Finding, Severity
from boxwright.workspace import SPLITS

COLUMNS = ("filename", "side")
"""As they are written. The column of the split is called side, because users have files with it; split is read too."""
_SPLIT_COLUMNS = ("side", "split")
TRAIN, TEST = SPLITS


@dataclass(frozen=True)
class SplitTable:
    """What split.csv says.

    Attributes:
        splits: Image path relative to images/ to "train" or "test"; rows of images that are gone included.
        findings: Rows that cannot be obeyed.
        delimiter: Of the columns, "," unless a spreadsheet wrote another.
    """

    splits: dict[str, str]
    findings: tuple[Finding, ...] = ()
    delimiter: str = ","


@dataclass(frozen=True)
class SplitImage:
    """What decides an image's split.

    Attributes:
        key: Path relative to images/.
        sha256: Of the image file, in hexadecimal.
        labels: Its classes.
    """

    key: str
    sha256: str
    labels: frozenset[str]


def parse_split(data: bytes, *, file: str) -> SplitTable:
    """Read split.csv; a later row of the same image overrules an earlier one.

    Args:
        data: The file's bytes; b"" when there is none.
        file: Its name for findings.

    Raises:
        BoxwrightError: The columns filename and side are not there.
    """
    if not data.strip():
        return SplitTable({})
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BoxwrightError(f"{file}: the file is UTF-16 text. Save it from the spreadsheet as CSV (UTF-8) instead.")
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return _parse_rows(rows, file, delimiter)
    except csv.Error as error:
        raise BoxwrightError(
            f"{file}, line {rows.line_num}: the row cannot be read ({error}). "
            "Fix the line in an editor, or delete the file to have the images split again."
        ) from None


def _parse_rows(rows: Any, file: str, delimiter: str) -> SplitTable:
    header = [cell.strip().lower() for cell in next(rows, [])]
    split_column = next((name for name in _SPLIT_COLUMNS if name in header), None)
    if split_column is None or "filename" not in header:
        raise BoxwrightError(
            f"{file}, line 1: the columns filename and side are expected (got {', '.join(header)[:80]!r}). "
            "Write them into the first line, or delete the file to have the images split again."
        )
    name_at, split_at = header.index("filename"), header.index(split_column)
    splits: dict[str, str] = {}
    findings = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        raw = row[name_at] if len(row) > name_at else ""
        name = raw.replace("\\", "/").strip()
        split = row[split_at].strip() if len(row) > split_at else ""
        finding = _row_finding(file, rows.line_num, name, split, splits.get(name))
        if finding is not None:
            findings.append(finding)
        if name and split.lower() in SPLITS:
            # as it stands too: a file's name may hold a backslash or end in a space
            splits[name] = splits[raw] = split.lower()
    return SplitTable(splits, tuple(findings), delimiter)


def append_rows(data: bytes, rows: Mapping[str, str], delimiter: str = ",") -> bytes:
    """Return the bytes of split.csv with rows appended, everything before them untouched."""
    newline = "\r\n" if b"\r\n" in data else "\n"
    stream = io.StringIO(newline="")
    # before Python 3.13 a carriage return is not quoted by itself
    odd = any("\r" in name for name in rows)
    writer = csv.writer(
        stream,
        delimiter=delimiter,
        lineterminator=newline,
        quoting=csv.QUOTE_ALL if odd else csv.QUOTE_MINIMAL,
    )
    if not data.strip():
        data = b""
        writer.writerow(COLUMNS)
        columns: Sequence[str] = COLUMNS
    else:
        first_line = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").splitlines()[0]
        columns = [cell.strip().lower() for cell in next(csv.reader([first_line], delimiter=delimiter))]
        if not data.endswith((b"\n", b"\r")):
            data += newline.encode()
    for name, split in rows.items():
        cells = {"filename": name, **dict.fromkeys(_SPLIT_COLUMNS, split)}
        writer.writerow([cells.get(column, "") for column in columns])
    return data + stream.getvalue().encode("utf-8", "surrogateescape")


def folder_split(key: str) -> str | None:
    """Return the split whose folder, in any case, the image lies in: images/train/... or images/Test/...; else None."""
    top, slash, _ = key.partition("/")
    return top.lower() if slash and top.lower() in SPLITS else None


def assign_splits(
    images: Sequence[SplitImage],
    table: Mapping[str, str],
    *,
    former: Mapping[str, str] | None = None,
    test_fraction: float = 0.2,
) -> dict[str, str]:
    """Return each image's split.

    Args:
        images: All labelled images, in any order.
        table: What split.csv says, by key.
        former: Content hashes of images that are in `table` but gone: a renamed image keeps its split.
        test_fraction: Share of new images that go to the test split.
    """
    splits: dict[str, str] = {}
    by_content: dict[str, str] = {}
    for key, sha256 in (former or {}).items():
        if key in table:
            by_content[sha256] = table[key]
    for image in images:
        split = folder_split(image.key) or table.get(image.key)
        if split is not None:
            splits[image.key] = split
    for image in sorted(images, key=lambda image: image.key, reverse=True):
        if image.key in splits:  # the first by name counts, when a user has put two copies on two splits
            by_content[image.sha256] = splits[image.key]

    groups: dict[str, set[str]] = defaultdict(set)  # the classes of the new images, by content
    for image in images:
        if image.key not in splits and image.sha256 not in by_content:
            groups[image.sha256] |= image.labels
    cover = _Cover(groups)
    for image in images:
        split = splits.get(image.key) or by_content.get(image.sha256)
        if split is not None:
            cover.add(image.labels, split)
    by_content |= cover.place(test_fraction)
    return {image.key: splits.get(image.key) or by_content[image.sha256] for image in images}


class _Cover:
    """Places groups of identical new images so that each class is on both splits where it can be."""

    def __init__(self, groups: Mapping[str, set[str]]) -> None:
        self.groups = {sha256: groups[sha256] for sha256 in sorted(groups)}
        self.count: dict[tuple[str, str], int] = defaultdict(int)

    def add(self, labels: Iterable[str], split: str, number: int = 1) -> None:
        for label in labels:
            self.count[label, split] += number

    def place(self, test_fraction: float) -> dict[str, str]:
        """Return split by content hash: by the hash alone, then improved by moving one group at a time."""
        rank = {sha256: int(sha256[:13], 16) / 16**13 for sha256 in self.groups}
        placed = {sha256: TEST if rank[sha256] < test_fraction else TRAIN for sha256 in self.groups}
        for sha256, labels in self.groups.items():
            self.add(labels, placed[sha256])
        # those nearest to the border between the splits move first, so that few do when a dataset is drawn anew
        order = sorted(self.groups, key=lambda sha256: (abs(rank[sha256] - test_fraction), sha256))
        while (moved := self._best_move(order, placed)) is not None:
            labels, split = self.groups[moved], placed[moved]
            self.add(labels, split, -1)
            placed[moved] = _other(split)
            self.add(labels, placed[moved])
        return placed

    def _best_move(self, order: Sequence[str], placed: Mapping[str, str]) -> str | None:
        lacking = {label for label, split in self._lacking()}
        if not lacking:
            return None
        best, best_gain = None, 0
        for sha256 in order:
            labels, split = self.groups[sha256], placed[sha256]
            if lacking.isdisjoint(labels):
                continue
            gain = sum(self._gain(label, split) for label in labels)
            if gain > best_gain:
                best, best_gain = sha256, gain
        return best

    def _lacking(self) -> list[tuple[str, str]]:
        labels = sorted({label for label, _ in self.count})
        return [(label, split) for label in labels for split in SPLITS if not self.count[label, split]]

    def _gain(self, label: str, split: str) -> int:
        """What moving one image of the class away from `split` is worth.

        A class of several images on both splits counts most, on the train split a little more; then a class of one
        image on the train split.
        """
        here, there = self.count[label, split], self.count[label, _other(split)]
        worth = {TRAIN: 1001, TEST: 1000} if here + there > 1 else {TRAIN: 1, TEST: 0}
        return (worth[_other(split)] if there == 0 else 0) - (worth[split] if here == 1 else 0)


def _other(split: str) -> str:
    return TEST if split == TRAIN else TRAIN


def _row_finding(file: str, line: int, name: str, split: str, earlier: str | None) -> Finding | None:
    if split.lower() not in SPLITS:
        return Finding(
            file=file,
            rule="split-value",
            value=split,
            message=f"Line {line} ({name}): the split is neither train nor test, so the row is ignored",
            advice="Write train or test.",
        )
    if earlier is not None and earlier != split.lower():
        return Finding(
            file=file,
            rule="split-twice",
            value=split,
            message=f"Line {line} ({name}): an earlier row puts the image into the {earlier} split; this one counts",
            advice="Delete one of the two rows.",
            severity=Severity.WARNING,
        )
    return None
