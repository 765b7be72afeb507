"""A workspace with a list of jobs, and supervisors that leave no process behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boxwright.jobs.store import JobStore
from boxwright.jobs.supervisor import Supervisor
from boxwright.workspace import Workspace
from supervised import OBEDIENT
from tiny_workspaces import make_workspace


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "work", {f"{i}.jpg": ["dog"] for i in range(4)})


@pytest.fixture
def store(workspace: Workspace) -> JobStore:
    return JobStore(workspace)


@pytest.fixture
def supervise(workspace: Workspace) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def make(command: tuple[str, ...] = OBEDIENT, kill_after: float = 30.0) -> Supervisor:
        made.append(Supervisor(workspace, log=lambda line: None, command=command, kill_after=kill_after))
        return made[-1]

    yield make
    for supervisor in made:
        for child in supervisor._children.values():
            child.kill()
            child.wait()
