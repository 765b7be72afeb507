"""The process with the model: asked, silent, dead and ended; a small program replaces it."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from boxwright.workflow.suggestions import SuggestedBox
from boxwright.workspace import Workspace
from boxwright_labelimg.client import program, suggestion_process
from boxwright_labelimg.client.suggestion_process import Answer, SuggestionProcess

STUB = Path(__file__).with_name("boxwright_stub.py")
PATIENCE = 30.0  # in seconds


class Children(list["subprocess.Popen[str]"]):
    """The processes that were started, in order; a test may hold a start up."""

    def __init__(self) -> None:
        super().__init__()
        self.starting, self.may_start = threading.Event(), threading.Event()
        self.may_start.set()

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        self.starting.set()
        assert self.may_start.wait(PATIENCE)
        command = [sys.executable, str(STUB), *arguments]
        options = {"stdout": subprocess.PIPE, **options, "env": {**os.environ, **options["env"]}}
        self.append(subprocess.Popen(command, text=True, encoding="utf-8", **options))
        return self[-1]


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    started = Children()
    monkeypatch.setattr(program, "start", started.start)
    return started


class Questioner:
    """A process with the model, and its answers."""

    def __init__(self) -> None:
        self.answers: queue.Queue[Answer] = queue.Queue()
        self.suggestion_process = SuggestionProcess(self.answers.put)

    def ask(self, workspace: Workspace, name: str) -> Answer:
        self.suggestion_process.ask(workspace, Path(name))
        return self.answers.get(timeout=PATIENCE)


@pytest.fixture
def questioner(children: Children) -> Iterator[Questioner]:
    made = Questioner()
    yield made
    made.suggestion_process.close()
    assert all(child.poll() is not None for child in children)


def test_an_answer(questioner: Questioner, workspace: Workspace, children: Children) -> None:
    answer = questioner.ask(workspace, "ä\udcff.jpg")  # a name that is no Unicode
    assert answer.image == Path("ä\udcff.jpg")
    assert answer.suggestions == (SuggestedBox(str(workspace.root), 0.75, 1.0, 2.0, 30.0, 40.0),)
    assert (answer.error, answer.model) == ("", f"pid {children[0].pid}")
    assert questioner.ask(workspace, "b.jpg").model == answer.model  # it stays warm
    assert len(children) == 1


def test_nothing_is_started_before_the_first_question(questioner: Questioner, children: Children) -> None:
    assert not children
    assert "suggestion_process" not in {thread.name for thread in threading.enumerate()}


def test_an_error_is_answered_and_the_next_question_too(
    questioner: Questioner, workspace: Workspace, children: Children
) -> None:
    assert questioner.ask(workspace, "bad.jpg").error == "bad.jpg: no image"
    assert questioner.ask(workspace, "good.jpg").error == ""
    assert len(children) == 1


def test_a_process_that_dies_is_an_error_and_the_next_question_starts_another(
    questioner: Questioner, workspace: Workspace, children: Children
) -> None:
    assert "Segmentation fault" in questioner.ask(workspace, "die.jpg").error
    assert questioner.ask(workspace, "good.jpg").error == ""
    assert len(children) == 2
    children[1].kill()  # by the system, between two questions
    children[1].wait()
    assert questioner.ask(workspace, "good.jpg").error == ""
    assert len(children) == 3


def test_nonsense_is_an_error(questioner: Questioner, workspace: Workspace) -> None:
    assert questioner.ask(workspace, "nonsense.jpg").error.startswith("The model's process ended.")
    assert questioner.ask(workspace, "good.jpg").error == ""


def test_a_process_that_cannot_be_started_is_an_error(
    questioner: Questioner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: str, **__: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(program, "start", refuse)
    assert "No such file" in questioner.ask(workspace, "a.jpg").error


def test_of_questions_that_pile_up_the_newest_is_asked(questioner: Questioner, workspace: Workspace) -> None:
    questioner.suggestion_process.ask(workspace, Path("slow.jpg"))
    wait_for(lambda: questioner.suggestion_process._requests == 1)
    for number in range(20):
        questioner.suggestion_process.ask(workspace, Path(f"{number}.jpg"))
    (workspace.root / "answer").touch()
    answered = [questioner.answers.get(timeout=PATIENCE).image.name for _ in range(2)]
    assert answered == ["slow.jpg", "19.jpg"]
    assert questioner.answers.empty()


def test_another_workspace_has_another_process(
    questioner: Questioner, workspace: Workspace, children: Children, tmp_path: Path
) -> None:
    other = Workspace.at(tmp_path / "other")
    assert questioner.ask(workspace, "a.jpg").suggestions[0].label == str(workspace.root)
    assert questioner.ask(other, "a.jpg").suggestions[0].label == str(other.root)
    assert children[0].poll() is not None and len(children) == 2


def test_a_workspace_that_may_only_be_read_has_a_model_too(
    questioner: Questioner, workspace: Workspace, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(program, "write_log", refuse)
    assert questioner.ask(workspace, "a.jpg").error == ""


def test_a_process_that_does_not_answer_is_ended(
    questioner: Questioner, workspace: Workspace, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestion_process, "PATIENCE", 0.5)
    assert questioner.ask(workspace, "hang.jpg").error.startswith("The model's process ended.")
    monkeypatch.undo()


def test_an_idle_process_is_ended(
    questioner: Questioner, workspace: Workspace, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestion_process, "IDLE", 0.2)
    questioner.ask(workspace, "a.jpg")
    assert children[0].wait(PATIENCE)
    assert questioner.ask(workspace, "a.jpg").error == ""
    assert len(children) == 2


def test_who_asks_does_not_wait_for_a_process_to_start(
    questioner: Questioner, workspace: Workspace, children: Children
) -> None:
    children.may_start.clear()
    questioner.suggestion_process.ask(workspace, Path("a.jpg"))
    assert children.starting.wait(PATIENCE)
    questioner.suggestion_process.ask(workspace, Path("b.jpg"))
    assert not children, "the second question waited for the start"
    children.may_start.set()
    assert [questioner.answers.get(timeout=PATIENCE).image.name for _ in range(2)] == ["a.jpg", "b.jpg"]


# closing, from the interface's thread: it must not wait for the model, whatever the process is doing
def close(questioner: Questioner) -> None:
    questioner.suggestion_process.close()
    thread = questioner.suggestion_process._thread
    assert thread is None or not thread.is_alive(), "close gave up waiting for its thread"


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_to_close_without_a_question_or_twice(questioner: Questioner, workspace: Workspace, children: Children) -> None:
    close(questioner)
    close(questioner)
    questioner.suggestion_process.ask(workspace, Path("a.jpg"))
    assert questioner.suggestion_process._thread is None, "nothing is started after the end"
    assert not children


def test_to_close_while_the_model_hangs(questioner: Questioner, workspace: Workspace, children: Children) -> None:
    questioner.suggestion_process.ask(workspace, Path("hang.jpg"))
    wait_for(lambda: questioner.suggestion_process._requests == 1)
    close(questioner)
    assert children[0].poll() is not None
    assert questioner.answers.empty()


def test_to_close_while_the_process_is_being_started(
    questioner: Questioner, workspace: Workspace, children: Children
) -> None:
    """It was started after `close` had looked for it, and `close` waited ten seconds for a model to load."""
    children.may_start.clear()
    questioner.suggestion_process.ask(workspace, Path("hang.jpg"))
    assert children.starting.wait(PATIENCE)

    def start_after_close_looked() -> None:
        wait_for(lambda: questioner.suggestion_process._ended)
        children.may_start.set()

    starter = threading.Thread(target=start_after_close_looked)
    starter.start()
    close(questioner)
    starter.join()
    assert len(children) == 1
    assert all(child.poll() is not None for child in children)


def test_an_answer_whose_callback_raises_does_not_end_the_process(children: Children, workspace: Workspace) -> None:
    came: queue.Queue[Answer] = queue.Queue()

    def take(answer: Answer) -> None:
        came.put(answer)
        if "first" in answer.image.name:
            raise RuntimeError("wrapped C/C++ object has been deleted")

    seen: list[str] = []
    threading.excepthook, hook = lambda args: seen.append(str(args.exc_value)), threading.excepthook
    made = SuggestionProcess(take)
    try:
        made.ask(workspace, Path("first.jpg"))
        came.get(timeout=PATIENCE)
        made.ask(workspace, Path("second.jpg"))
        assert came.get(timeout=PATIENCE).error == ""
        assert seen == ["wrapped C/C++ object has been deleted"]
    finally:
        made.close()
        threading.excepthook = hook
