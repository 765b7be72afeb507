"""Which split each image is on, for good.

The folders images/train and images/test are the split where an image lies in one. Elsewhere split.csv is: it is read,
obeyed and appended to. New images are placed in groups of identical and near-identical ones, so that none of the
test split was seen in training, and balanced: the test split has its share of all images and, as far as that allows,
of each class.
"""

from __future__ import annotations

import codecs
import csv
import heapq
import io
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boxwright.dataset.sources.csv_rows import delimiter_of
from boxwright.errors import BoxwrightError
from boxwright.findings import Finding, Severity
from boxwright.workspace import SPLITS

COLUMNS = ("filename", "side")
"""As they are written. The column of the split is called side, because users have files with it; split is read too."""
_SPLIT_COLUMNS = ("side", "split")
TRAIN, TEST = SPLITS

_MAX_ROW_FINDINGS = 100
"""So many rows are findings of their own; the others are counted: a million would take a minute and 500 MB."""


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
        near_identical: Name of the group of near-identical images that it belongs to; "" when it is alone.
    """

    key: str
    sha256: str
    labels: frozenset[str]
    near_identical: str = ""

    @property
    def group(self) -> str:
        """Name of the group: of near-identical images, else of the content."""
        return self.near_identical or self.sha256


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
    delimiter = delimiter_of(text.partition("\n")[0])
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
    findings: list[Finding] = []
    further = 0
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        raw = row[name_at] if len(row) > name_at else ""
        name = raw.replace("\\", "/").strip()
        split = row[split_at].strip() if len(row) > split_at else ""
        finding = _row_finding(file, rows.line_num, name, split, splits.get(name))
        if finding is not None and len(findings) < _MAX_ROW_FINDINGS:
            findings.append(finding)
        elif finding is not None:
            further += 1
        if name and split.lower() in SPLITS:
            # also unchanged: a file's name may hold a backslash or end in a space
            splits[name] = splits[raw] = split.lower()
    if further:
        findings.append(
            Finding(
                file=file,
                rule="split-further-rows",
                value=f"{further:,} rows",
                message="Further rows have neither train nor test, or name an image again",
                advice="Fix the rows above first. If most are wrong, delete the file to have the images split again.",
                severity=Severity.WARNING,
            )
        )
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

    Images that lie in no folder train/ or test/ are balanced: of n images, test_fraction * n are in the test split, to
    within one image (groups permitting), at least 1 of 2; so is each class, as near as that total allows.

    Args:
        images: All labelled images, in any order.
        table: What split.csv says, by key.
        former: Content hashes of images that are in `table` but gone: a renamed image keeps its split.
        test_fraction: Share of the images that belongs in the test split, 0 to 1.
    """
    splits: dict[str, str] = {}
    for image in images:
        split = folder_split(image.key) or table.get(image.key)
        if split is not None:
            splits[image.key] = split
    decided = _decided_groups(images, splits, table, former or {})
    balance = _Balance(test_fraction)
    undecided: dict[str, list[SplitImage]] = defaultdict(list)
    for image in images:
        split = splits.get(image.key) or decided.get(image.group)
        if split is None:
            undecided[image.group].append(image)
        elif folder_split(image.key) is None:
            balance.add(_Group.of([image]), split)
    decided |= balance.place([_Group.of(undecided[name]) for name in sorted(undecided)])
    return {image.key: splits.get(image.key) or decided[image.group] for image in images}


def _decided_groups(
    images: Sequence[SplitImage], splits: Mapping[str, str], table: Mapping[str, str], former: Mapping[str, str]
) -> dict[str, str]:
    """Return the split of each group of which an image has one; the first by name counts, should they differ."""
    by_content = {sha256: table[key] for key, sha256 in former.items() if key in table}
    decided: dict[str, str] = {}
    for image in sorted(images, key=lambda image: image.key, reverse=True):
        if image.key not in splits and image.sha256 in by_content:
            decided[image.group] = by_content[image.sha256]
    for image in sorted(images, key=lambda image: image.key, reverse=True):
        if image.key in splits:
            decided[image.group] = splits[image.key]
    return decided


@dataclass(frozen=True)
class _Group:
    """Images that share a split.

    Attributes:
        name: Of the group.
        size: How many images.
        labelled: Images by class; class "" is no object, so that these are balanced as well.
    """

    name: str
    size: int
    labelled: Mapping[str, int]

    @classmethod
    def of(cls, images: Sequence[SplitImage]) -> _Group:
        labelled = Counter(label for image in images for label in image.labels or {""})
        return cls(images[0].group, len(images), labelled)


class _Balance:
    """Places groups of new images so that the test split has its share of all images and of each class.

    Iterative stratification (Sechidis et al. 2011, "On the stratification of multi-label data") on groups: the rarest
    class first, each group to the split that lacks most of that class. Then groups move until the total is right.
    Which of several like groups goes where depends on their names alone.
    """

    def __init__(self, test_fraction: float) -> None:
        self._fraction = test_fraction
        self._images: Counter[str] = Counter()  # by split
        self._labelled: Counter[tuple[str, str]] = Counter()  # images by class and split
        self._total: Counter[str] = Counter()  # images by class, those to be placed included

    def add(self, group: _Group, split: str, sign: int = 1) -> None:
        """Count a group as being in a split; with sign -1, not any more."""
        self._images[split] += sign * group.size
        for label, number in group.labelled.items():
            self._labelled[label, split] += sign * number

    def place(self, groups: Sequence[_Group]) -> dict[str, str]:
        """Return the split of each group, by its name."""
        of_label: dict[str, list[_Group]] = defaultdict(list)
        for (label, _), number in self._labelled.items():
            self._total[label] += number
        for group in groups:
            for label, number in group.labelled.items():
                of_label[label].append(group)
                self._total[label] += number
        everything = sum(self._images.values()) + sum(group.size for group in groups)
        wanted = _wanted(everything, self._fraction)
        placed: dict[str, str] = {}
        for label in sorted(of_label, key=lambda label: (len(of_label[label]), label)):
            # large groups first: small ones even out what is left
            for group in sorted(of_label[label], key=lambda group: -group.size):
                if group.name not in placed:
                    placed[group.name] = self._emptier(label, wanted, everything)
                    self.add(group, placed[group.name])
        self._correct_total(groups, placed, wanted)
        return placed

    def _emptier(self, label: str, wanted: float, everything: int) -> str:
        """Return the split that lacks most images of the class; where both lack as many, most of all images."""
        share = _wanted(self._total[label], self._fraction)
        test = share - self._labelled[label, TEST]
        train = self._total[label] - share - self._labelled[label, TRAIN]
        if test == train:
            test, train = wanted - self._images[TEST], everything - wanted - self._images[TRAIN]
        return TEST if test > train else TRAIN

    def _correct_total(self, groups: Sequence[_Group], placed: dict[str, str], wanted: float) -> None:
        """Move groups from the split that has more than one image too many, those first that cost the classes least."""
        excess = self._images[TEST] - wanted
        source = TEST if excess > 0 else TRAIN
        movable = [(self._cost(group, source), group.name, group) for group in groups if placed[group.name] == source]
        heapq.heapify(movable)
        while movable and abs(excess) > 1:
            cost, _, group = heapq.heappop(movable)
            if abs(abs(excess) - group.size) >= abs(excess):
                continue  # too large: it would leave as much on the other side
            if (now := self._cost(group, source)) > cost:  # others of its classes have moved meanwhile
                heapq.heappush(movable, (now, group.name, group))
                continue
            self.add(group, source, -1)
            placed[group.name] = _other(source)
            self.add(group, placed[group.name])
            excess = self._images[TEST] - wanted

    def _cost(self, group: _Group, source: str) -> tuple[int, float]:
        """Return how many classes `source` loses when the group leaves, and how far the others get from their share."""
        lost, further = 0, 0.0
        for label, number in group.labelled.items():
            lost += bool(label) and self._labelled[label, source] == number
            before = self._labelled[label, TEST] - _wanted(self._total[label], self._fraction)
            after = before + (-number if source == TEST else number)
            further += (abs(after) - abs(before)) / self._total[label]
        return lost, further


def _wanted(images: int, fraction: float) -> float:
    """Return how many of the images belong in the test split: their share, where there are two at least one."""
    return min(max(images * fraction, 1.0), images - 1.0) if images > 1 and 0 < fraction < 1 else images * fraction


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
