"""`boxwright suggest-worker`: a warm model that answers over its pipes. labelImg starts it; nobody types it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from boxwright.cli.app import describe_os_error, describe_unexpected
from boxwright.cli.job_params import newest_export
from boxwright.cli.options import Folder
from boxwright.cli.tensorflow_quiet import quiet_tensorflow
from boxwright.errors import BoxwrightError
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.inference.detector import Detector

WARM_UP_SIZE = 300  # in pixels, of the image that a model is tried on before the user's


def suggest_worker(folder: Folder = Path()) -> None:
    """Answer each line {"id": 1, "image": PATH, "min_score": 0.1} on stdin with one on stdout, until stdin ends.

    An answer is {"id", "model", "boxes"}, each box with label, score and xmin, ymin, xmax, ymax in pixels of the
    upright image, or {"id", "error"}. A line without "image" only loads the model. The newest export is used, also one
    that appears later. Runs on the CPU: a training may have the GPU.

    Example:
      boxwright suggest-worker training_demo
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    workspace = Workspace.find(folder)
    answers = _take_stdout()
    suggestion_process = _Suggester(workspace)
    for line in sys.stdin:
        if line.strip():
            answers.write(json.dumps(_answer(suggestion_process, line)) + "\n")
            answers.flush()


def _take_stdout() -> TextIO:
    """Return a stream to stdout, and send what libraries print to stderr: answers must stay alone."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream


def _answer(suggestion_process: _Suggester, line: str) -> dict[str, Any]:
    said: dict[str, Any] = {}
    try:
        asked = json.loads(line)
        said["id"] = asked["id"]
        return {**said, **suggestion_process.answer(asked.get("image"), float(asked.get("min_score", 0.0)))}
    except BoxwrightError as error:
        return {**said, "error": str(error)}
    except OSError as error:
        return {**said, "error": describe_os_error(error)}
    except Exception as error:  # whatever an image or a model does, the next question is answered
        return {**said, "error": describe_unexpected(error)}


class _Suggester:
    """The newest export of a workspace, loaded once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._detector: Detector | None = None
        self._loaded: tuple[Path, int] | None = None

    def answer(self, image: str | None, min_score: float) -> dict[str, Any]:
        detector, name = self._newest()
        if image is None:
            return {"model": name, "boxes": []}
        from boxwright.dataset.sources.image_error import ImageError
        from boxwright.inference.image_files import read_image

        try:
            pixels = read_image(Path(image))
        except ImageError as error:
            raise BoxwrightError(f"{image}: {error}") from error
        found = detector.detect(pixels, min_score=min_score)
        rows = zip(found.labels, found.scores.tolist(), found.pixel_boxes().tolist(), strict=True)
        edges = ("ymin", "xmin", "ymax", "xmax")
        boxes = [{"label": label, "score": score, **dict(zip(edges, box, strict=True))} for label, score, box in rows]
        return {"model": name, "boxes": boxes}

    def _newest(self) -> tuple[Detector, str]:
        export = newest_export(self._workspace)
        wanted = (export, export.stat().st_mtime_ns)
        if self._detector is None or wanted != self._loaded:
            quiet_tensorflow()
            from boxwright.inference.detector import Detector

            self._detector = None  # two models at a time need the memory of two
            self._detector = Detector.open(export)
            self._detector.detect(np.zeros([WARM_UP_SIZE, WARM_UP_SIZE, 3], np.uint8))
            self._loaded = wanted
        return self._detector, export.name
