"""The process that holds the model, asked from a thread of ours."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boxwright.jobs.logs import last_lines
from boxwright.workspace import Workspace
from boxwright_labelimg.client import program
from boxwright_labelimg.client.proposals import Proposal, read_proposals

LEAST_SCORE = 0.05  # what scores less is not even fetched
IDLE = 900.0  # in seconds; after which the process, and its 600 MB, are let go


@dataclass(frozen=True)
class Answer:
    """What came of a question.

    Attributes:
        image: Of which image.
        proposals: All that score LEAST_SCORE or more.
        model: Name of the export that answered, "" when none did.
        error: Why there is no answer, "" when there is.
    """

    image: Path
    proposals: tuple[Proposal, ...] = ()
    model: str = ""
    error: str = ""


class Proposer:
    """Asks the model about one image at a time; of questions that pile up, the last one is asked."""

    def __init__(self, on_answer: Callable[[Answer], None]) -> None:
        """Start nothing yet; `on_answer` is called in the proposer's thread."""
        self._on_answer = on_answer
        self._child: subprocess.Popen[str] | None = None
        self._serves: Workspace | None = None
        self._question: tuple[Workspace, Path] | None = None
        self._asked = 0
        self._changed = threading.Condition()
        self._ended = False
        self._thread: threading.Thread | None = None

    def ask(self, workspace: Workspace, image: Path) -> None:
        """Ask for proposals; does not wait."""
        with self._changed:
            self._question = (workspace, image)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="proposer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """End the process and the thread."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        child = self._child
        if child is not None:
            child.kill()  # whoever waits for its answer gets none
        if self._thread is not None:
            self._thread.join(10)
        self._end_child()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._question is None and not self._ended:
                    if not self._changed.wait(IDLE) and self._question is None:
                        self._end_child()
                if self._ended:
                    return
                assert self._question is not None
                workspace, image = self._question
                self._question = None
            answer = self._answer(workspace, image)
            if not self._ended:
                self._on_answer(answer)

    def _answer(self, workspace: Workspace, image: Path) -> Answer:
        try:
            child = self._child_of(workspace)
            assert child.stdin is not None
            assert child.stdout is not None
            self._asked += 1
            question = {"id": self._asked, "image": str(image), "min_score": LEAST_SCORE}
            child.stdin.write(json.dumps(question) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
            if not line:
                raise BrokenPipeError
            said = json.loads(line)
            if "error" in said:
                return Answer(image, error=str(said["error"]))
            return Answer(image, read_proposals(said["boxes"]), str(said["model"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._end_child()
            why = last_lines(_log(workspace), 3) or str(error)
            return Answer(image, error=f"The model's process ended. {why}".strip())

    def _child_of(self, workspace: Workspace) -> subprocess.Popen[str]:
        if self._child is not None and (self._serves != workspace or self._child.poll() is not None):
            self._end_child()
        if self._child is None:
            with program.write_log(_log(workspace)) as log:
                self._child = program.start(
                    "propose", str(workspace.root), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
                )
            self._serves = workspace
        return self._child

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _log(workspace: Workspace) -> Path:
    return workspace.state / "logs" / "propose.log"
