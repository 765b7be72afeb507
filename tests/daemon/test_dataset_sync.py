"""The keeper of a workspace and its watch, in this process: when the system or the user is in the way."""

from __future__ import annotations

import errno
import math
import sys
import threading
from pathlib import Path

import pytest
from watchdog.observers.api import EventEmitter

from boxwright.daemon.dataset_sync import Keeper
from boxwright.daemon.debounce import Burst
from boxwright.daemon.watch import Watch
from boxwright.dataset.sync import sync
from boxwright.workspace import Workspace
from daemon_process import is_settled, status, until
from tiny_workspaces import make_workspace, outputs, write_xml


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "work", {f"p{i}.jpg": ["dog", "cat"][: 1 + i % 2] for i in range(8)})


def test_without_events_it_says_so_once_and_scans(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(Watch, "refresh", lambda self: "no watches left")
    keeper = Keeper(workspace, log=lines.append)
    for label in ("bird", "fowl"):
        write_xml(workspace.images / "p0.xml", "p0.jpg", [label])
        keeper.settle()
        assert label.encode() in outputs(workspace)["label_map.pbtxt"]
    assert lines.count("no watches left") == 1


def test_a_daemon_that_began_with_nothing_to_do_is_ready_for_the_first_save(workspace: Workspace) -> None:
    sync(workspace)
    keeper = Keeper(workspace, log=lambda line: None)
    keeper._look()
    assert status(workspace)["settled"] == 1
    assert keeper._proof_due < math.inf
    keeper._prove()
    assert keeper._proof_due == math.inf
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    assert keeper.amend(["images/p0.xml"])
    keeper._watch.close()


def test_a_save_waits_for_no_proof_of_the_save_before(workspace: Workspace, tmp_path: Path) -> None:
    keeper = Keeper(workspace, log=lambda line: None)
    keeper._look()
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    assert keeper.amend(["images/p0.xml"])
    first_due, overdue = keeper._proof_due, keeper._proof_overdue
    write_xml(workspace.images / "p1.xml", "p1.jpg", ["dog"])
    due = iter([None, 0.1, 0.1])  # the event comes in the midst of the proof
    keeper._burst.due_in = lambda: next(due)  # type: ignore[method-assign]
    assert status(workspace)["settled"] == 1
    keeper._prove()
    assert status(workspace)["settled"] == 1, "it gave way"
    assert keeper._proof_due > first_due
    assert keeper._proof_overdue == overdue, "and not for ever"
    assert keeper.amend(["images/p1.xml"])
    assert is_settled(workspace, tmp_path / "amended")
    keeper._burst.due_in = lambda: None  # type: ignore[method-assign]
    keeper._prove()
    assert status(workspace)["settled"] == 2
    assert keeper._proof_due == keeper._proof_overdue == math.inf
    assert is_settled(workspace, tmp_path / "proved")
    keeper._watch.close()


def test_limits_of_the_system_cost_no_sync_and_leak_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.annotations.mkdir()
    start = EventEmitter.start
    budget = [0]

    def started(emitter: EventEmitter) -> None:
        budget[0] -= 1
        if budget[0] < 0:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")
        start(emitter)

    monkeypatch.setattr(EventEmitter, "start", started)
    lines: list[str] = []
    keeper = Keeper(workspace, log=lines.append)
    keeper.settle()
    threads = threading.active_count()
    for _ in range(3):
        budget[0] = 1  # of two folders
        keeper.settle()
    assert threading.active_count() == threads
    monkeypatch.setattr("boxwright.daemon.watch.Observer", _no_observer)
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["bird"])
    keeper.settle()
    assert b"bird" in outputs(workspace)["label_map.pbtxt"]
    assert [line for line in lines if "does not report" in line] == [
        line for line in lines if "watch limit reached" in line or "instance limit reached" in line
    ]
    assert sum("does not report" in line for line in lines) == 2


def _no_observer() -> None:
    raise OSError(errno.EMFILE, "inotify instance limit reached")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the thread that reads inotify is Linux's")
def test_an_observer_whose_reader_died_is_replaced(workspace: Workspace) -> None:
    burst = Burst()
    watch = Watch(workspace, burst, polling=False)
    workspace.annotations.mkdir()
    try:
        assert watch.refresh() == ""
        before = watch._observer
        assert watch.refresh() == ""
        assert watch._observer is before
        reader = getattr(before, "_inotify_fd", before)
        reader.stop()
        reader.join(10)
        assert watch.refresh() == ""
        assert watch._observer is not before
        write_xml(workspace.images / "p0.xml", "p0.jpg", ["bird"])
        until(lambda: burst.due_in() is not None, "an event")
        assert burst.take() == {"images/p0.xml"}
    finally:
        watch.close()


def test_a_linked_folder_of_images_is_watched(workspace: Workspace, tmp_path: Path) -> None:
    real = tmp_path / "photos"
    workspace.images.rename(real)
    try:
        workspace.images.symlink_to(real, target_is_directory=True)
    except OSError:
        pytest.skip("this system lets nobody make links")
    burst = Burst()
    watch = Watch(workspace, burst, polling=False)
    try:
        watch.refresh()
        write_xml(real / "p0.xml", "p0.jpg", ["bird"])
        until(lambda: burst.due_in() is not None, "an event")
        assert burst.take() == {"images/p0.xml"}
    finally:
        watch.close()
