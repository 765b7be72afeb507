"""Commands: a daemon that runs, jobs that are queued, and files that are renamed or copied."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from boxwright.errors import BoxwrightError
from boxwright.jobs.daemon_lock import daemon_pid, stop_request
from boxwright.jobs.job import State
from boxwright.jobs.store import JobStore
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace
from boxwright_labelimg.client import commands, program
from boxwright_labelimg.client.commands import copy_annotations, start_daemon, submit
from daemon_process import until
from run_folders import make_run
from tiny_workspaces import make_workspace

TENSORFLOW_LOADS = 120.0  # in seconds, at most, on a machine with other work


@pytest.fixture
def served(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace whose daemon is ended with the test."""
    monkeypatch.setenv("BOXWRIGHT_SCAN_SECONDS", "3600")
    yield workspace

    def is_over() -> bool:
        if daemon_pid(workspace) is not None:
            stop_request(workspace).touch()
            return False
        return not is_named_by_a_process(workspace)

    until(is_over, "the daemon's end")


def is_named_by_a_process(workspace: Workspace) -> bool:
    """Return whether a daemon of the workspace may still be starting, where the system tells (Linux)."""
    root = os.fsencode(workspace.root)
    for listing in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            if root in listing.read_bytes().split(b"\0"):
                return True
    return False


def test_a_job_is_queued_and_run(served: Workspace) -> None:
    job = submit(served, "export-dataset")
    store = JobStore(served)
    until(lambda: store.get(job.id).state is State.SUCCEEDED, "the job's end")
    assert served.record("train").exists()
    pid = daemon_pid(served)
    start_daemon(served)  # it is there already
    assert daemon_pid(served) == pid


def test_two_windows_start_one_daemon(served: Workspace) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            start_daemon(served)
        except BaseException as error:
            failures.append(error)

    windows = [threading.Thread(target=start) for _ in range(3)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert not failures
    assert daemon_pid(served)


def test_without_a_daemon_nothing_is_queued(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: str) -> str:
        raise BoxwrightError("The daemon did not start.")

    monkeypatch.setattr(program, "run", refuse)
    with pytest.raises(BoxwrightError, match="did not start"):
        submit(workspace, "train")
    assert JobStore(workspace).newest() == []


def test_a_training_that_starts_over_has_its_new_folder_when_it_is_queued(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "start_daemon", lambda workspace: None)
    workspace.training.mkdir()
    (workspace.training / "model.ckpt-10.index").touch()
    job = submit(workspace, "train", TrainOptions(preset="small", start_over=True))
    assert job.params == {"preset": "small"}
    assert (workspace.root / "training.backup-1" / "model.ckpt-10.index").exists()
    with pytest.raises(BoxwrightError, match=f"Job {job.id}"):
        submit(workspace, "train", TrainOptions(preset="small", start_over=True))


def test_a_workspace_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(BoxwrightError, match="no such folder"):
        start_daemon(Workspace.at(tmp_path / "gone"))


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="root and Windows ignore the mode of a folder",
)
def test_a_workspace_that_may_only_be_read_says_so(workspace: Workspace) -> None:
    workspace.state.rmdir()
    workspace.root.chmod(0o555)
    try:
        with pytest.raises(BoxwrightError, match=r"\.boxwright"):
            start_daemon(workspace)
    finally:
        workspace.root.chmod(0o755)


def test_a_workspace_whose_state_cannot_be_written_says_so(workspace: Workspace) -> None:
    """As on a read-only disk, and for root too."""
    workspace.state.rmdir()
    workspace.state.touch()
    with pytest.raises(BoxwrightError, match=r"\.boxwright"):
        start_daemon(workspace)


def test_xml_is_copied_and_nothing_overwritten(workspace: Workspace, tmp_path: Path) -> None:
    source = make_workspace(tmp_path / "source", {"a ä.jpg": ["dog"], "b.jpg": ["cat"]}).images
    workspace.annotations.mkdir()
    (workspace.annotations / "b.xml").write_text("mine")
    assert copy_annotations(source, workspace.annotations) == 1
    assert (workspace.annotations / "b.xml").read_text() == "mine"
    assert (workspace.annotations / "a ä.xml").read_bytes() == (source / "a ä.xml").read_bytes()
    assert copy_annotations(source, tmp_path / "new" / "place") == 2
    assert copy_annotations(tmp_path / "gone", workspace.annotations) == 0


@pytest.mark.skipif(os.name == "nt", reason="the browser of this test is a shell script, which Windows cannot run")
def test_tensorboard_is_started_shown_and_ended(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, browser = tmp_path / "shown", tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho \"$1\" > '{shown}'\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    workspace.training.mkdir()
    with commands.open_tensorboard(workspace, commands.free_port()) as child:
        try:
            deadline = time.monotonic() + TENSORFLOW_LOADS
            while not shown.exists() and child.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            log = (workspace.state / "logs" / "tensorboard.log").read_text("utf-8")
            assert shown.exists(), log
            until(shown.read_text, "an address")
            assert shown.read_text().startswith("http://127.0.0.1:") and shown.read_text().strip() in log
        finally:
            child.terminate()


def test_the_report_is_made(workspace: Workspace) -> None:
    with pytest.raises(BoxwrightError, match="no such run"):
        commands.make_report(workspace)
    make_run(workspace.training)
    page = commands.make_report(workspace)
    assert page == workspace.training / "report.html"
    assert "<h1>" in page.read_text("utf-8")
