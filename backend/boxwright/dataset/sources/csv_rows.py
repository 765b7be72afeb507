"""Tables as spreadsheets and scripts write them: separated by commas, semicolons or tabs, in UTF-8 or UTF-16."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from boxwright.errors import BoxwrightError
from boxwright.text_files import decode_text

DELIMITERS = ",;\t|"


def delimiter_of(first_line: str) -> str:
    """Return what separates the columns: the delimiter that the first line has most of."""
    return max(DELIMITERS, key=first_line.count)


class CsvRows:
    """The rows of a table below its first line.

    Attributes:
        file: Its name for messages.
        delimiter: What separates its columns.
        columns: Names in the first line, stripped and in lower case, to their places.
    """

    def __init__(self, data: bytes, *, file: str) -> None:
        """Read the first line.

        Args:
            data: The file's bytes: UTF-8 with or without a byte order mark, or UTF-16 with one. Bytes that are no
                UTF-8 are kept as surrogates, as in file names.
            file: Its name for messages.

        Raises:
            BoxwrightError: It is no text, or the first line cannot be read.
        """
        self.file = file
        try:
            text = decode_text(data, errors="surrogateescape")
        except UnicodeDecodeError:
            raise BoxwrightError(f"{file}: the table is no text. Save it as CSV (UTF-8).") from None
        first, end, rest = text.partition("\n")
        if first[:4].lower() == "sep=" and len(first.strip()) == 5:  # a hint of Excel to itself
            text = end + rest  # the line stays, empty, so that lines keep their numbers
        self.delimiter = delimiter_of(text.lstrip("\r\n").partition("\n")[0])
        self._reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
        header = next(self._filled_rows(), [])
        self.columns: Mapping[str, int] = {name.strip().lower(): place for place, name in enumerate(header)}

    @property
    def place(self) -> str:
        """File and line of the row that was read last."""
        return f"{self.file}, line {self._reader.line_num}"

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each row that is not empty, with a cell for each column.

        Raises:
            BoxwrightError: A row cannot be read.
        """
        width = len(self.columns)
        for row in self._filled_rows():
            yield row if len(row) >= width else row + [""] * (width - len(row))

    def _filled_rows(self) -> Iterator[list[str]]:
        try:
            for row in self._reader:
                if any(cell.strip() for cell in row):
                    yield row
        except csv.Error as error:
            raise BoxwrightError(
                f"{self.place}: the row cannot be read ({error}). Fix it, or make the table again."
            ) from None
