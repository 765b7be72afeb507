"""Queueing evaluations, and one TensorBoard at a time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace


class Browser:
    """A TensorBoard that was started."""

    is_ended = False

    def poll(self) -> int | None:
        return 0 if self.is_ended else None

    def terminate(self) -> None:
        self.is_ended = True


def test_an_evaluation_is_queued(setting: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from boxwright_labelimg.client import commands
    from robot import until

    monkeypatch.setattr(commands, "start_daemon", lambda workspace: None)
    setting.controllers.training.evaluate()  # no workspace is open
    setting.controllers.workspaces.open_place(workspace.root)
    setting.controllers.training.evaluate()
    until(lambda: [job.kind for job in JobStore(workspace).newest()] == ["evaluate"], "the job")


def test_the_report_is_made_in_a_thread_and_opened(
    setting: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from boxwright_labelimg.client import commands
    from robot import until

    makers: list[threading.Thread] = []
    opened: list[Path] = []

    def make(workspace: Workspace) -> Path:
        makers.append(threading.current_thread())
        return workspace.training / "report.html"

    monkeypatch.setattr(commands, "make_report", make)
    monkeypatch.setattr("boxwright_labelimg.controllers.training.open_path", lambda path, parent: opened.append(path))
    setting.controllers.training.open_report()  # no workspace is open
    setting.controllers.workspaces.open_place(workspace.root)
    setting.controllers.training.open_report()
    until(lambda: opened == [workspace.training / "report.html"], "the report")
    assert len(makers) == 1 and makers[0] is not threading.main_thread()


def test_tensorboard_is_started_again_and_ends_with_the_window(
    setting: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from boxwright_labelimg.client import commands
    from robot import until

    started: list[Browser] = []

    def start(workspace: Workspace, port: int) -> Browser:
        started.append(Browser())
        return started[-1]

    monkeypatch.setattr(commands, "open_tensorboard", start)
    training = setting.controllers.training
    setting.controllers.workspaces.open_place(workspace.root)
    for number in (1, 2):
        training.open_tensorboard()
        assert "http://127.0.0.1:" in setting.host.messages[-1], "to be opened where no browser is found"
        until(lambda number=number: len(started) == number and training._tensorboard is not None, "TensorBoard")
    assert [each.is_ended for each in started] == [True, False]
    setting.controllers.close()
    assert started[1].is_ended
