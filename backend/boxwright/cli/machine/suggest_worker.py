"""`boxwright suggest-worker`: a warm model that answers over its pipes. labelImg starts it; nobody types it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from boxwright.cli.command import Folder
from boxwright.workflow.suggestions import Suggester, answer_lines
from boxwright.workspace import Workspace


def suggest_worker(folder: Folder = Path()) -> None:
    """Answer each line {"id": 1, "image": PATH, "min_score": 0.1} on stdin with one on stdout, until stdin ends.

    An answer is {"id", "model", "boxes"}, each box with label, score and xmin, ymin, xmax, ymax in pixels of the
    upright image, or {"id", "error"}. A line without "image" only loads the model. The newest export is used, also one
    that appears later. Runs on the CPU: a training may have the GPU.

    Example:
      boxwright suggest-worker training_demo
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    answers = _take_stdout()
    answer_lines(Suggester(Workspace.find(folder)), sys.stdin, answers)


def _take_stdout() -> TextIO:
    """Return a stream to stdout, and send what libraries print to stderr: answers must stay alone."""
    stream = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return stream
