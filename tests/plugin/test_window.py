"""What the window shows and does, also when something fails, and what it does not touch."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from boxwright.jobs.daemon_status import DaemonStatus, DatasetCounts, write_daemon_status
from boxwright.jobs.job import State
from boxwright.jobs.logs import job_log
from boxwright.jobs.result import JobResult
from boxwright.jobs.store import JobStore
from boxwright.progress import Progress
from boxwright.runs.metrics import MetricsRow, MetricsWriter
from boxwright.workspace import Workspace
from boxwright_labelimg.actions import ACTIONS
from daemon_process import daemon, stop_daemon
from tiny_workspaces import write_xml

SIZE = (160, 120)
Opener = Callable[..., Any]


def running_job(workspace: Workspace, done: int = 40, total: int = 100) -> JobStore:
    """Queue a training and mark it as running."""
    store = JobStore(workspace)
    number = store.submit("train").id
    store.start(number, os.getpid())
    store.begin_stage(number, "train")
    store.progress(number, Progress("training", done, total, metrics={"loss": 2.5}), 4.0, 15.0)
    log = job_log(workspace, number)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(f"global step {step}\n" for step in range(1, done + 1)))
    workspace.training.mkdir(exist_ok=True)
    metrics = MetricsWriter(workspace.training, 0)
    for step in range(1, done + 1):
        metrics.append(MetricsRow(step, step / 4, total_loss=9 / step))
    return store


def test_each_action_calls_a_method_that_exists(open_window: Opener) -> None:
    controllers = open_window().controllers
    for spec in ACTIONS:
        controller, method = spec.handler.__code__.co_names
        assert callable(getattr(getattr(controllers, controller), method)), spec.name


# the docks
def test_progress_is_shown_and_outlives_the_window(served: Workspace, open_window: Opener) -> None:
    from robot import settle, until

    store = running_job(served)
    window = open_window(served.root)
    until(lambda: window.docks.training.headline.text() == "Training is running", "the running training")
    dock = window.docks.training
    assert dock.detail.text() == "training (2/4), loss 2.5, 4.0/s"
    assert (dock.progress.value(), dock.progress.maximum()) == (40, 100)
    assert dock.progress.text() == "40 / 100, 15 s left"
    until(lambda: len(dock.curve.points) == 40, "the loss curve")
    assert window.train_menu.actions["pause_training"].isEnabled()
    assert not window.train_menu.actions["resume_training"].isEnabled()
    assert window.close()
    settle()
    assert store.get(1).state is State.RUNNING  # closing the window does not end it

    store.progress(1, Progress("training", 60, 100), 4.0, 10.0)
    again = open_window(served.root)
    until(lambda: again.docks.training.progress.value() == 60, "the training as it is now")
    until(lambda: len(again.docks.training.curve.points) == 40, "the curve from its start")
    store.finish_stage(1, "train", JobResult())
    store.finish_stage(1, "export", JobResult(export="trained-inference-graphs/output_inference_graph_v1"))
    store.finish(1, State.SUCCEEDED)
    until(lambda: again.docks.training.headline.text() == "Training is done", "the end")
    assert "output_inference_graph_v1" in again.docks.training.detail.text()
    assert not again.docks.training.progress.isVisibleTo(again.docks.training)


def test_pause_resume_and_cancel_by_keyboard(served: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press, until

    store = running_job(served)
    window = open_window(served.root)
    until(window.train_menu.actions["pause_training"].isEnabled, "pause")
    press(window, Qt.Key_F6)
    until(lambda: store.get(1).request.value == "pause", "the request")
    until(lambda: "then it waits" in window.docks.training.detail.text(), "the dock")
    store.requeue(1, "It is paused until it is resumed.")
    until(lambda: window.docks.training.headline.text() == "Training is paused", "the pause")
    assert window.docks.training.help.text() == "Resume"
    press(window, Qt.Key_F7)
    until(lambda: store.get(1).state is State.QUEUED, "its place in the queue")
    store.start(1, os.getpid())
    until(window.train_menu.actions["cancel_training"].isEnabled, "cancel")
    press(window, Qt.Key_F8)
    until(lambda: store.get(1).request.value == "cancel", "the request to end")


def test_a_dead_daemon_is_shown_and_started_again(workspace: Workspace, open_window: Opener) -> None:
    from robot import click, until

    with daemon(workspace) as child:
        window = open_window(workspace.root)
        until(lambda: window.session.status and window.session.status.daemon == child.pid, "the daemon")
        until(lambda: window.session.status.daemon_status, "its first dataset sync")
        child.kill()
        child.wait()
        until(lambda: window.session.status.daemon is None, "its death")
    JobStore(workspace).submit("export-dataset")
    until(lambda: "Nothing is lost" in window.docks.training.trouble.text(), "words about it")
    assert window.docks.training.help.text() == "Start it again"
    click(window.docks.training.help)
    try:
        until(lambda: JobStore(workspace).get(1).state is State.SUCCEEDED, "the job that waited")
        until(lambda: window.docks.training.headline.text() == "Export of the dataset is done", "the dock")
        assert window.docks.training.trouble.text() == ""
    finally:
        stop_daemon(workspace)


def test_a_failed_job_says_why_and_shows_its_log(served: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from robot import answering, click, until

    store = running_job(served)
    store.finish(1, State.FAILED, "memory ran out with batch size 16. Try --batch-size 8.\n\nthe log's last line")
    window = open_window(served.root)
    until(lambda: window.docks.training.trouble.text().startswith("memory ran out"), "why")
    assert "last line" not in window.docks.training.trouble.text()
    shown: list[str] = []

    def read(dialog: Any) -> None:
        shown.append(dialog.text.toPlainText())
        QTest.keyClick(dialog, Qt.Key_Escape)

    with answering("LogDialog", read):
        click(window.docks.training.help)
    assert "global step 40" in shown[0]


def test_findings_are_shown_as_files_are_saved_and_open_the_box(workspace: Workspace, open_window: Opener) -> None:
    from robot import until

    with daemon(workspace):
        window = open_window(workspace.root)
        until(lambda: window.session.status and window.session.status.daemon_status, "the daemon's first dataset sync")
        before = len(window.session.status.findings)
        text = (workspace.images / "p1.xml").read_text()
        (workspace.images / "p1.xml").write_text(text.replace("<xmax>12</xmax>", "<xmax>900</xmax>", 1))
        until(lambda: len(window.docks.findings.model.findings) > before, "the new finding")
        model = window.docks.findings.model
        row = next(i for i, finding in enumerate(model.findings) if finding.file == "images/p1.xml")
        assert "900" in str(model.findings[row])
        assert "Findings (" in window.docks.findings.windowTitle()
        assert window.file_path.endswith("p0.jpg")
        window.docks.findings.show()
        window.docks.findings.raise_()
        window.docks.findings.table.activated.emit(model.index(row, 0))
        assert window.file_path.endswith("p1.jpg")
        number = model.findings[row].object_number
        assert window.label_list.currentRow() == number - 1
        assert window.canvas.selected_shape is window.canvas.shapes[number - 1]


def test_the_end_of_a_training_is_shown(served: Workspace, open_window: Opener) -> None:
    from robot import until

    store = running_job(served)
    store.submit("train")
    store.start(2, os.getpid())
    window = open_window(served.root)
    until(lambda: window.session.status and len(window.session.status.jobs) == 2, "the jobs")
    store.finish(1, State.SUCCEEDED)
    until(lambda: window.statusBar().currentMessage().startswith("The training is done."), "the news")
    store.finish(2, State.FAILED, "it is so")
    until(lambda: window.statusBar().currentMessage().startswith("The training failed"), "the other news")


def test_docks_are_reached_by_keyboard(served: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtWidgets import QApplication

    from robot import press

    window = open_window(served.root)
    window.docks.findings.hide()
    press(window, Qt.Key_2, Qt.ControlModifier)
    assert window.docks.findings.isVisible()
    press(window, Qt.Key_1, Qt.ControlModifier)
    assert not window.docks.training.visibleRegion().isEmpty()
    assert window.docks.training.isAncestorOf(QApplication.focusWidget())


def test_the_datasets_classes_are_offered(served: Workspace, open_window: Opener) -> None:
    from robot import until

    counts = DatasetCounts({"train": 2}, 0, "", 0, ("dog", "cat"))
    write_daemon_status(served, DaemonStatus("watching", 1, "", 0.0, counts))
    window = open_window(served.root)
    until(lambda: window.label_hist == ["dog", "cat"], "the classes")


# the folder and the format
def test_a_folder_without_a_workspace_is_left_alone(tmp_path: Path, open_window: Opener) -> None:
    from tiny_workspaces import image_bytes

    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.jpg").write_bytes(image_bytes(1))
    window = open_window(photos)
    assert window.session.workspace is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "home", "photos"]
    assert [path.name for path in photos.iterdir()] == ["a.jpg"]
    assert window.train_menu.actions["train"].isEnabled()
    assert not window.train_menu.actions["suggest_boxes"].isEnabled()


def test_xml_goes_where_training_reads_it(workspace: Workspace, open_window: Opener, tmp_path: Path) -> None:
    window = open_window(workspace.root)
    assert Path(window.default_save_dir) == workspace.images
    shutil.move(workspace.images / "p1.xml", workspace.annotations / "p1.xml")
    window.load_file(window.m_img_list[1])
    assert Path(window.default_save_dir) == workspace.annotations
    assert [shape.label for shape in window.canvas.shapes] == ["dog", "cat"]
    window.close()
    saved = pickle.loads((Path.home() / ".labelImgSettings.pkl").read_bytes())
    assert saved["savedir"] == "", "what Boxwright chose is not the user's choice for other folders"


def test_xml_saved_elsewhere_is_copied_when_the_user_says_so(
    workspace: Workspace, open_window: Opener, tmp_path: Path
) -> None:
    from PyQt5.QtWidgets import QMessageBox

    from robot import answering, until

    elsewhere = tmp_path / "xml"
    write_xml(elsewhere / "p2.xml", "p2.jpg", ["dog"], width=SIZE[0], height=SIZE[1])
    window = open_window(workspace.root)
    window.host.set_save_folder(elsewhere, is_users_choice=True)
    prepared: list[Workspace] = []
    with answering("QMessageBox", lambda box: box.button(QMessageBox.Yes).click()):
        window.controllers.workspaces.prepare(prepared.append, title="Train")
    until(lambda: prepared, "the copy")
    assert (workspace.annotations / "p2.xml").exists()
    assert (elsewhere / "p2.xml").exists()
    assert Path(window.default_save_dir) == workspace.annotations


def test_a_folder_is_not_left_with_boxes_that_the_user_wants(
    workspace: Workspace, open_window: Opener, tmp_path: Path
) -> None:
    from PyQt5.QtWidgets import QMessageBox

    from robot import answering

    (tmp_path / "other").mkdir()
    window = open_window(workspace.root)
    window.set_dirty()
    for button in (QMessageBox.Cancel, QMessageBox.No):
        with answering("QMessageBox", lambda box, button=button: box.button(button).click()):
            window.import_dir_images(str(tmp_path / "other"))
        assert (window.session.workspace == workspace) is (button == QMessageBox.Cancel)
