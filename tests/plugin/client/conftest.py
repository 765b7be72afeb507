"""The client reads workspaces of its own, and stores nothing in the user's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.workspace import Workspace
from tiny_workspaces import make_workspace


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of what workspaces share."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(folder))
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Four labelled images, and .boxwright/."""
    made = make_workspace(tmp_path / "work", {f"{number}.jpg": ["dog"] for number in range(4)})
    made.state.mkdir()
    return made
