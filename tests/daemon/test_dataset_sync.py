"""The dataset_sync of a workspace and its watch, in this process: when the system or the user is in the way."""

from __future__ import annotations

import errno
import math
import sys
import threading
from pathlib import Path

import pytest
from watchdog.observers.api import EventEmitter

from boxwright.daemon.dataset_sync import DatasetSync
from boxwright.daemon.debounce import Debouncer
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
    dataset_sync = DatasetSync(workspace, log=lines.append)
    for label in ("bird", "fowl"):
        write_xml(workspace.images / "p0.xml", "p0.jpg", [label])
        dataset_sync.settle()
        assert label.encode() in outputs(workspace)["label_map.pbtxt"]
    assert lines.count("no watches left") == 1


def test_a_daemon_that_began_with_nothing_to_do_is_ready_for_the_first_save(workspace: Workspace) -> None:
    sync(workspace)
    dataset_sync = DatasetSync(workspace, log=lambda line: None)
    dataset_sync._look()
    assert status(workspace)["settled"] == 1
    assert dataset_sync._proof_due < math.inf
    dataset_sync._prove()
    assert dataset_sync._proof_due == math.inf
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    assert dataset_sync.amend(["images/p0.xml"])
    dataset_sync._watch.close()


def test_a_save_waits_for_no_proof_of_the_save_before(workspace: Workspace, tmp_path: Path) -> None:
    dataset_sync = DatasetSync(workspace, log=lambda line: None)
    dataset_sync._look()
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    assert dataset_sync.amend(["images/p0.xml"])
    first_due, overdue = dataset_sync._proof_due, dataset_sync._proof_overdue
    write_xml(workspace.images / "p1.xml", "p1.jpg", ["dog"])
    due = iter([None, 0.1, 0.1])  # the event comes in the midst of the proof
    dataset_sync._debouncer.due_in = lambda: next(due)  # type: ignore[method-assign]
    assert status(workspace)["settled"] == 1
    dataset_sync._prove()
    assert status(workspace)["settled"] == 1, "it gave way"
    assert dataset_sync._proof_due > first_due
    assert dataset_sync._proof_overdue == overdue, "and not for ever"
    assert dataset_sync.amend(["images/p1.xml"])
    assert is_settled(workspace, tmp_path / "amended")
    dataset_sync._debouncer.due_in = lambda: None  # type: ignore[method-assign]
    dataset_sync._prove()
    assert status(workspace)["settled"] == 2
    assert dataset_sync._proof_due == dataset_sync._proof_overdue == math.inf
    assert is_settled(workspace, tmp_path / "proved")
    dataset_sync._watch.close()


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
    dataset_sync = DatasetSync(workspace, log=lines.append)
    dataset_sync.settle()
    threads = threading.active_count()
    for _ in range(3):
        budget[0] = 1  # of two folders
        dataset_sync.settle()
    assert threading.active_count() == threads
    monkeypatch.setattr("boxwright.daemon.watch.Observer", _no_observer)
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["bird"])
    dataset_sync.settle()
    assert b"bird" in outputs(workspace)["label_map.pbtxt"]
    assert [line for line in lines if "does not report" in line] == [
        line for line in lines if "watch limit reached" in line or "instance limit reached" in line
    ]
    assert sum("does not report" in line for line in lines) == 2
    assert all("sudo sysctl fs.inotify.max_user_watches=" in line for line in lines if "does not report" in line)


def _no_observer() -> None:
    raise OSError(errno.EMFILE, "inotify instance limit reached")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify, whose thread is tested, is part of Linux")
def test_an_observer_whose_reader_died_is_replaced(workspace: Workspace) -> None:
    debouncer = Debouncer()
    watch = Watch(workspace, debouncer, polling=False)
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
        until(lambda: debouncer.due_in() is not None, "an event")
        assert debouncer.take() == {"images/p0.xml"}
    finally:
        watch.close()


def test_a_linked_folder_of_images_is_watched(workspace: Workspace, tmp_path: Path) -> None:
    real = tmp_path / "photos"
    workspace.images.rename(real)
    try:
        workspace.images.symlink_to(real, target_is_directory=True)
    except OSError:
        pytest.skip("this system lets this user make no symbolic links")
    debouncer = Debouncer()
    watch = Watch(workspace, debouncer, polling=False)
    try:
        watch.refresh()
        write_xml(real / "p0.xml", "p0.jpg", ["bird"])
        until(lambda: debouncer.due_in() is not None, "an event")
        assert debouncer.take() == {"images/p0.xml"}
    finally:
        watch.close()
