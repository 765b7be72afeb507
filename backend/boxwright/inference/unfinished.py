"""What a detection has done so far, so that one that was interrupted can be resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from boxwright.errors import UsageError
from boxwright.failpoints import reach
from boxwright.inference.detections import Detections
from boxwright.inference.image_files import ImageFile
from boxwright.typed_json import from_json_value, to_json_value

UNFINISHED = "detections.unfinished.jsonl"
VERSION = 1

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Conditions:
    """The first line of the file: what a detection that is resumed must have in common with the interrupted one.

    Attributes:
        model: SHA-256 of the model and of its classes' names.
        options: Options of the detection as JSON, but for the images.
        version: Of the file.
    """

    model: str
    options: str
    version: int = VERSION


@dataclass(frozen=True)
class DonePhoto:
    """A photograph that is done: a line of the file.

    Attributes:
        file: Its name in the results.
        size: Of the file, in bytes.
        mtime_ns: When the file was written, in nanoseconds.
        width, height: Of the upright image, in pixels.
        boxes: [ymin, xmin, ymax, xmax], normalised, best score first.
        scores: From 0 to 1, one a box.
        classes: Ids from 1, one a box.
        labels: Class names, one a box.
        present_xml: Whether its XML was there already.
    """

    file: str
    size: int
    mtime_ns: int
    width: int
    height: int
    boxes: tuple[Box, ...]
    scores: tuple[float, ...]
    classes: tuple[int, ...]
    labels: tuple[str, ...]
    present_xml: bool

    @classmethod
    def of(cls, file: ImageFile, stamp: tuple[int, int], detections: Detections, present_xml: bool) -> DonePhoto:
        """Return the line of a photograph; `stamp` is size and mtime_ns of its file before it was read."""
        return cls(
            file=file.name,
            size=stamp[0],
            mtime_ns=stamp[1],
            width=detections.width,
            height=detections.height,
            boxes=tuple(map(tuple, detections.boxes.tolist())),
            scores=tuple(detections.scores.tolist()),
            classes=tuple(detections.classes.tolist()),
            labels=detections.labels,
            present_xml=present_xml,
        )

    def detections(self) -> Detections:
        """Return what was found, with every bit as it was."""
        return Detections(
            boxes=np.array(self.boxes, np.float32).reshape(-1, 4),
            scores=np.array(self.scores, np.float32),
            classes=np.array(self.classes, np.int32),
            labels=self.labels,
            height=self.height,
            width=self.width,
        )


class UnfinishedFile:
    """detections.unfinished.jsonl: a line for each photograph that is done. A kill loses the last lines at most.

    Use it as a context manager; the file stays until `remove`.
    """

    def __init__(self, folder: Path, conditions: Conditions, *, resume: bool) -> None:
        """Open the file, anew or to add to it.

        Args:
            folder: Where the results go.
            conditions: Of this detection.
            resume: Read what is there and add to it; otherwise it is replaced.

        Raises:
            UsageError: The file is that of a detection under other conditions.
            OSError: It cannot be written.
        """
        self.path = folder / UNFINISHED
        folder.mkdir(parents=True, exist_ok=True)
        self._lines = _read(self.path, conditions) if resume and self.path.is_file() else None
        self._stream: IO[bytes] = self.path.open("wb" if self._lines is None else "ab")
        if self._lines is None:
            self._write(conditions)
            self._stream.flush()

    def done(self, stamps: dict[str, tuple[int, int]]) -> dict[str, DonePhoto]:
        """Return the photographs that were done when the file was opened and have not changed, by name.

        Args:
            stamps: Name to size and mtime_ns, as the files are now.
        """
        lines = self._lines or []
        return {line.file: line for line in lines if stamps.get(line.file) == (line.size, line.mtime_ns)}

    def add(self, lines: Sequence[DonePhoto]) -> None:
        """Add photographs that are done, and hand them to the system: they survive a kill, though no power cut."""
        for line in lines:
            self._write(line)
        self._stream.flush()
        reach("detection-saved")

    def remove(self) -> None:
        """Delete the file: the results are written."""
        self._stream.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> UnfinishedFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def _write(self, line: Conditions | DonePhoto) -> None:
        self._stream.write(json.dumps(to_json_value(line)).encode("ascii") + b"\n")


def _read(path: Path, conditions: Conditions) -> list[DonePhoto] | None:
    """Return the whole lines of the file, and cut off the last one, which a kill tore; None where none was begun.

    Raises:
        UsageError: It belongs to a detection under other conditions.
    """
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    first, *others = whole.splitlines() or [b""]
    try:
        found = from_json_value(Conditions, json.loads(first))
    except ValueError:  # and WrongTypeError
        return None
    if found != conditions:
        what = "another model" if found.model != conditions.model else "other options"
        raise UsageError(
            f"{path}: the interrupted detection had {what}. Give the same model and options as then, or leave out "
            "--resume to start over."
        )
    os.truncate(path, len(whole))
    lines = []
    for text in others:
        with suppress(ValueError):  # a line that cannot be read is a photograph that is detected in again
            line = from_json_value(DonePhoto, json.loads(text))
            if len(line.boxes) == len(line.scores) == len(line.classes) == len(line.labels):
                lines.append(line)
    return lines
