"""The process that holds the model, and the thread that sends it questions."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.jobs.logs import last_lines
from boxwright.workspace import Workspace
from boxwright_labelimg.client import program
from boxwright_labelimg.client.suggestions import with_area

if TYPE_CHECKING:
    from boxwright.workflow.suggestions import SuggestedBox

LEAST_SCORE = 0.05  # boxes below it are not requested
PATIENCE = 300.0  # in seconds, for one answer; a large model on a slow disk loads for minutes
IDLE = 900.0  # in seconds; then the process ends and frees its 600 MB


@dataclass(frozen=True)
class Answer:
    """The model's answer about an image.

    Attributes:
        image: Which image.
        suggestions: All that score LEAST_SCORE or more.
        model: Name of the export that answered, "" when none did.
        error: Why there is no answer, "" when there is.
    """

    image: Path
    suggestions: tuple[SuggestedBox, ...] = ()
    model: str = ""
    error: str = ""


class SuggestionProcess:
    """Asks the model about one image at a time; while it is busy, only the newest question waits."""

    def __init__(self, on_answer: Callable[[Answer], None]) -> None:
        """Start nothing yet; `on_answer` is called in the thread of this object."""
        self._on_answer = on_answer
        self._child: subprocess.Popen[str] | None = None
        self._serves: Workspace | None = None
        self._question: tuple[Workspace, Path] | None = None
        self._requests = 0
        self._changed = threading.Condition()
        self._ended = False
        self._thread: threading.Thread | None = None

    def ask(self, workspace: Workspace, image: Path) -> None:
        """Ask for suggestions; does not wait."""
        with self._changed:
            if self._ended:
                return
            self._question = (workspace, image)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="suggestion_process", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """End the process and the thread, whatever they are doing."""
        with self._changed:
            self._ended = True
            self._changed.notify()
            if self._child is not None:
                self._child.kill()  # the waiting thread gets no answer
        if self._thread is not None:
            self._thread.join(10)

    def _run(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._question is not None or self._ended, IDLE)
                    if self._ended:
                        return
                    question, self._question = self._question, None
                if question is None:
                    self._end_child()
                    continue
                answer = self._answer(*question)
                if not self._ended:
                    self._hand_over(answer)
        finally:
            self._end_child()

    def _hand_over(self, answer: Answer) -> None:
        """Hand an answer over; a callback that raises, because its window is gone, does not end the thread."""
        try:
            self._on_answer(answer)
        except Exception:  # a slot may raise anything; it is reported like an uncaught exception
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))

    def _answer(self, workspace: Workspace, image: Path) -> Answer:
        from boxwright.workflow.suggestions import SuggestionAnswer  # noqa: PLC0415  # not needed to open the window

        try:
            answer = SuggestionAnswer.from_json(self._line_for(workspace, image))
            return Answer(image, with_area(answer.boxes), answer.model, answer.error)
        except (OSError, ValueError) as error:
            self._end_child()
            why = last_lines(_log(workspace), 3) or str(error) or "Perhaps memory ran out."
            return Answer(image, error=f"The model's process ended. {why}")

    def _line_for(self, workspace: Workspace, image: Path) -> str:
        from boxwright.workflow.suggestions import SuggestionRequest  # noqa: PLC0415  # not needed to open the window

        child = self._child_of(workspace)
        assert child.stdin is not None
        assert child.stdout is not None
        self._requests += 1
        request = SuggestionRequest(self._requests, str(image), LEAST_SCORE)
        impatient = threading.Timer(PATIENCE, child.kill)
        impatient.daemon = True
        impatient.start()
        try:
            child.stdin.write(request.to_json() + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
        finally:
            impatient.cancel()
        if not line:
            raise BrokenPipeError
        return line

    def _child_of(self, workspace: Workspace) -> subprocess.Popen[str]:
        if self._child is not None and (self._serves != workspace or self._child.poll() is not None):
            self._end_child()
        if self._child is None:
            child = _start(workspace)  # without holding the lock, for which the interface would wait
            with self._changed:
                self._child, self._serves = child, workspace
                if self._ended:
                    raise BrokenPipeError  # `close` came before the process was known
        return self._child

    def _end_child(self) -> None:
        """Called in the thread of this object only: the reader of the pipes closes them."""
        with self._changed:
            child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _start(workspace: Workspace) -> subprocess.Popen[str]:
    arguments = "suggest-worker", str(workspace.root)
    try:
        log = program.write_log(_log(workspace))
    except OSError:  # a read-only workspace has models as well
        return program.start_bound(*arguments, stderr=subprocess.DEVNULL)
    with log:
        return program.start_bound(*arguments, stderr=log)


def _log(workspace: Workspace) -> Path:
    return workspace.state / "logs" / "suggest-worker.log"
