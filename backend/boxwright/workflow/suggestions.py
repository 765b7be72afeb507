"""A warm model that answers questions over pipes: what its lines hold, and the answers.

A program, for example labelImg's plugin, writes a SuggestionRequest a line and reads a SuggestionAnswer a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from boxwright.errors import BoxwrightError, describe_error
from boxwright.suggestions.model import SuggestedBox
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.inference.detector import Detector

__all__ = ["SuggestedBox", "Suggester", "SuggestionAnswer", "SuggestionRequest", "answer_lines"]

VERSION = 1
"""Of requests and answers."""

WARM_UP_SIZE = 300  # in pixels, of the image that a model is tried on before the user's


@dataclass(frozen=True)
class SuggestionRequest:
    """A question.

    Attributes:
        id: Comes back with the answer.
        image: Path of the image; None only loads the model.
        min_score: Boxes that score less, from 0 to 1, are left out.
    """

    id: int
    image: str | None = None
    min_score: float = 0.0

    def to_json(self) -> str:
        """Return the request as a line, without its end."""
        return json.dumps({"version": VERSION, **asdict(self)})

    @classmethod
    def from_json(cls, line: str) -> SuggestionRequest:
        """Return what a line asks; one of an earlier version has no "version".

        Raises:
            ValueError: It is no request.
        """
        content = json.loads(line)
        if not isinstance(content, dict) or not isinstance(content.get("id"), int):
            raise ValueError(f"a request is an object with an id, not {line.strip()[:100]!r}")
        image = content.get("image")
        return cls(content["id"], None if image is None else str(image), float(content.get("min_score", 0.0)))


@dataclass(frozen=True)
class SuggestionAnswer:
    """An answer.

    Attributes:
        id: Of the request; None when the line had none.
        boxes: In the order of their score, the highest first.
        model: Name of the export that answered, "" when none did.
        error: Why there is no answer, "" when there is.
    """

    id: int | None
    boxes: tuple[SuggestedBox, ...] = ()
    model: str = ""
    error: str = ""

    def to_json(self) -> str:
        """Return the answer as a line, without its end."""
        content: dict[str, Any] = {"version": VERSION, "id": self.id}
        if self.error:
            return json.dumps({**content, "error": self.error})
        return json.dumps({**content, "model": self.model, "boxes": [asdict(box) for box in self.boxes]})

    @classmethod
    def from_json(cls, line: str) -> SuggestionAnswer:
        """Return what a line answers; one of an earlier version has no "version".

        Raises:
            ValueError: It is no answer.
        """
        content = json.loads(line)
        try:
            if "error" in content:
                return cls(content.get("id"), error=str(content["error"]))
            return cls(content["id"], tuple(SuggestedBox(**box) for box in content["boxes"]), str(content["model"]))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no answer: {line.strip()[:100]!r}") from error


class Suggester:
    """The newest export of a workspace, loaded once."""

    def __init__(self, workspace: Workspace) -> None:
        """Load nothing yet."""
        self._workspace = workspace
        self._detector: Detector | None = None
        self._loaded: tuple[Path, int] | None = None

    def answer(self, line: str) -> SuggestionAnswer:
        """Return the answer to a line; whatever is wrong with line, image or model is the answer's error."""
        number = _id_in(line)
        try:
            request = SuggestionRequest.from_json(line)
        except (ValueError, TypeError) as error:
            return SuggestionAnswer(number, error=str(error))
        try:
            return self._answer(request)
        except Exception as error:  # the next question is answered all the same
            return SuggestionAnswer(number, error=describe_error(error))

    def _answer(self, request: SuggestionRequest) -> SuggestionAnswer:
        detector, model = self._newest()
        if request.image is None:
            return SuggestionAnswer(request.id, model=model)
        from boxwright.dataset.sources.image_error import ImageError
        from boxwright.inference.image_files import read_image

        try:
            pixels = read_image(Path(request.image))
        except ImageError as error:
            raise BoxwrightError(f"{request.image}: {error}") from error
        found = detector.detect(pixels, min_score=request.min_score)
        rows = zip(found.labels, found.scores.tolist(), found.pixel_boxes().tolist(), strict=True)
        boxes = (
            SuggestedBox(label, score, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)
            for label, score, (ymin, xmin, ymax, xmax) in rows
        )
        return SuggestionAnswer(request.id, tuple(boxes), model)

    def _newest(self) -> tuple[Detector, str]:
        export = self._workspace.newest_export()
        wanted = (export, export.stat().st_mtime_ns)
        if self._detector is None or wanted != self._loaded:
            quiet_tensorflow()
            import numpy as np

            from boxwright.inference.detector import Detector

            self._detector = None  # two models at a time need the memory of two
            self._detector = Detector.open(export)
            self._detector.detect(np.zeros([WARM_UP_SIZE, WARM_UP_SIZE, 3], np.uint8))
            self._loaded = wanted
        return self._detector, export.name


def answer_lines(suggester: Suggester, questions: Iterable[str], answers: TextIO) -> None:
    """Answer each line of `questions` with one in `answers`, until they end."""
    for line in questions:
        if line.strip():
            answers.write(suggester.answer(line).to_json() + "\n")
            answers.flush()


def _id_in(line: str) -> int | None:
    try:
        number = json.loads(line)["id"]
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    return number if isinstance(number, int) else None
