"""The window when something fails: its settings, its folder, a slot, the daemon's files, its own process."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from boxwright.jobs.daemon_status import DaemonStatus, DatasetCounts, write_daemon_status
from boxwright.jobs.job import State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from daemon_process import daemon, stop_daemon, until

Opener = Callable[..., Any]


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps([1, 2]), pickle.dumps({"window/size": "large"})])
def test_settings_that_cannot_be_used(content: bytes, home: Path, workspace: Workspace, open_window: Opener) -> None:
    (home / ".labelImgSettings.pkl").write_bytes(content)
    window = open_window(workspace.root)
    assert window.isVisible()
    assert len(window.m_img_list) == 3
    assert window.close()
    assert isinstance(pickle.loads((home / ".labelImgSettings.pkl").read_bytes()), dict)


def test_the_docks_come_back_where_they_were(workspace: Workspace, open_window: Opener) -> None:
    window = open_window(workspace.root)
    window.docks.findings.setFloating(True)
    window.docks.training.hide()
    window.close()
    again = open_window(workspace.root)
    assert again.docks.findings.isFloating()
    assert not again.docks.training.isVisibleTo(again)


def test_the_folder_of_images_is_deleted(served: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import answering, press, settle

    window = open_window(served.root)
    shutil.rmtree(served.images)
    press(window, Qt.Key_D)
    settle(700)
    assert window.isVisible()
    shutil.rmtree(served.root, ignore_errors=True)
    settle(700)
    window.train_menu.actions["export_dataset"].setEnabled(True)
    if window.session.workspace is None:
        with answering("WorkspaceDialog", lambda dialog: dialog.reject()):
            window.train_menu.actions["export_dataset"].trigger()
    else:
        window.train_menu.actions["export_dataset"].trigger()
    settle(700)
    assert window.isVisible()


def test_two_windows_on_one_workspace(workspace: Workspace, open_window: Opener) -> None:
    from robot import answering, until

    def edit_too(box: Any) -> None:
        next(button for button in box.buttons() if "Edit" in button.text()).click()

    one = open_window(workspace.root)
    with answering("QMessageBox", edit_too):
        other = open_window(workspace.root)
    with ExitStack() as stack:
        stack.callback(stop_daemon, workspace)
        with answering("SummaryDialog", lambda dialog: dialog.accept()):
            one.train_menu.actions["export_dataset"].trigger()
            other.train_menu.actions["export_dataset"].trigger()
        with answering("SummaryDialog", lambda dialog: dialog.accept()):
            pass
        jobs = JobStore(workspace).newest()
        assert [job.state for job in jobs] == [State.SUCCEEDED] * 2
        until(
            lambda: one.session.status.daemon and one.session.status.daemon == other.session.status.daemon,
            "one daemon",
        )


def test_an_exception_in_a_slot_ends_nothing(workspace: Workspace, open_window: Opener, caught: list[str]) -> None:
    from PyQt5.QtWidgets import QApplication, QMessageBox

    from robot import until

    window = open_window(workspace.root)
    window.train_menu.menu.aboutToShow.connect(lambda: 1 / 0)
    window.train_menu.menu.aboutToShow.emit()
    boxes = until(
        lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()], "a dialog"
    )
    assert "ZeroDivisionError" in boxes[0].informativeText()
    log = Path(os.environ["BOXWRIGHT_CACHE"]) / "logs" / "labelimg.log"
    assert str(log) in boxes[0].informativeText()
    assert "ZeroDivisionError" in log.read_text()
    assert [shape.label for shape in window.canvas.shapes] == ["dog"]
    boxes[0].accept()
    assert caught == ["ZeroDivisionError: division by zero"]
    caught.clear()


def test_killing_the_window_loses_no_job_and_leaves_no_process(
    workspace: Workspace, screen: str, home: Path, tmp_path: Path
) -> None:
    with daemon(workspace):
        child = subprocess.Popen([sys.executable, "-m", "boxwright", "label", str(workspace.root)])
        try:
            until(lambda: child.poll() is not None or has_qt(child.pid), "labelImg to start")
            store = JobStore(workspace)
            store.submit("export-dataset")
            assert child.poll() is None, "labelImg did not start"
        finally:
            for pid in [*children_of(child.pid), child.pid]:
                os.kill(pid, signal.SIGKILL)
            child.wait()
        until(lambda: store.get(1).state.is_end, "the job's end")
        assert store.get(1).state is State.SUCCEEDED


def has_qt(pid: int) -> bool:
    """Return whether a process, or one that it started, has loaded Qt's widgets."""
    maps = [Path(f"/proc/{each}/maps") for each in (pid, *children_of(pid))]
    return any("Qt5Widgets" in listing.read_text() for listing in maps if listing.exists())


def children_of(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []


def test_what_others_read_is_plain(served: Workspace, open_window: Opener) -> None:
    from robot import until

    served.state.mkdir(exist_ok=True)
    (served.state / "findings.json").write_text("{ no json")
    counts = DatasetCounts({"train": 1, "test": 1}, 0, "", 0, ())
    write_daemon_status(served, DaemonStatus("watching", 1, "", 0.0, counts))
    served.training.mkdir()
    (served.training / "evaluation.json").write_text("[]")
    window = open_window(served.root)
    until(lambda: window.session.status is not None, "a status")
    assert window.docks.findings.note.text() == "Nothing is wrong with 2 images."
