"""A sync does not search its objects for garbage, and what it reads leaves none."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from boxwright.dataset.garbage_collection import paused_garbage_collection
from boxwright.dataset.sync import Session
from boxwright.progress import Progress
from tiny_workspaces import make_workspace


@pytest.fixture(autouse=True)
def enabled() -> None:
    gc.enable()


def test_collection_is_paused_while_a_sync_reads_and_writes(tmp_path: Path) -> None:
    seen: dict[str, bool] = {}

    def report(progress: Progress) -> None:
        seen[progress.stage] = gc.isenabled()

    Session(make_workspace(tmp_path / "work", {f"p{i}.jpg": ["dog"] for i in range(4)})).sync(report)
    assert seen == {"reading images": False, "writing records": False}
    assert gc.isenabled()


def test_collection_stays_as_it_was() -> None:
    with pytest.raises(OSError, match="full"), paused_garbage_collection():
        raise OSError("full")
    assert gc.isenabled()
    gc.disable()
    with paused_garbage_collection():
        pass
    assert not gc.isenabled()
    gc.enable()
