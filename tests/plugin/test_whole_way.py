"""From an empty folder of photographs to boxes that the trained model suggests, by mouse and keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.readers import read_annotation
from boxwright.dataset.store.tfrecord import read_records
from boxwright.demo.write import write_scenes
from boxwright.jobs.job import State
from boxwright.workspace import Workspace
from daemon_process import stop_daemon

TRAINING = 600.0  # in seconds; a loaded machine takes that long for what takes 40 s
STEPS = 3


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four photographs and no XML."""
    folder = tmp_path / "photos"
    write_scenes(folder, 4, seed=3)
    for xml in folder.rglob("*.xml"):
        xml.unlink()
    return folder


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[list[Workspace]]:
    """Workspaces whose daemons are to be stopped in the end."""
    workspaces: list[Workspace] = []
    yield workspaces
    for workspace in workspaces:
        if workspace.root.is_dir():
            stop_daemon(workspace)


def test_from_photographs_to_suggestions(
    open_window: Callable[..., Any], photos: Path, stopped: list[Workspace], caught: list[str]
) -> None:
    window = open_window(photos)
    images = sorted(photos.glob("*.jpg"))
    assert window.m_img_list == [str(path) for path in images]
    draw_boxes(window, images[:3])
    workspace = Workspace.at(photos.with_name("photos_boxwright"))
    stopped.append(workspace)
    export_dataset(window, workspace)
    assert sorted(photos.glob("*.jpg")) == images  # nothing of the user's has moved
    train(window)
    export = workspace.exports / "output_inference_graph_v1"
    assert (export / "frozen_inference_graph.pb").stat().st_size > 100_000
    accept_suggestions(window, images[3])


def draw_boxes(window: Any, images: list[Path]) -> None:
    """Draw a box in each image by mouse and keyboard, and save it beside the photograph."""
    from PyQt5.QtCore import Qt

    from robot import answering, draw_box, press

    drawn = ((20, 30), (150, 170))
    for number in range(len(images)):
        draw_box(window, *drawn, "leaf" if number < 2 else "coin")
        save_beside(window, answering)
        assert not window.dirty
        press(window, Qt.Key_D)
    for number, path in enumerate(images):
        annotation = read_annotation(path.with_suffix(".xml"))
        assert annotation.findings == ()
        (box,) = annotation.boxes
        assert box.label == ("leaf" if number < 2 else "coin")
        assert (box.xmin, box.ymin, box.xmax, box.ymax) == pytest.approx((*drawn[0], *drawn[1]), abs=2)


def export_dataset(window: Any, workspace: Workspace) -> None:
    """Export: the first use asks where, the summary has the counts, the records have the images."""
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from robot import answering, press

    summaries: list[Any] = []

    def read_summary(dialog: Any) -> None:
        table = dialog.table
        summaries.append([[table.item(r, c).text() for c in range(3)] for r in range(table.rowCount())])
        QTest.keyClick(dialog, Qt.Key_Escape)

    with (
        answering("SummaryDialog", read_summary),
        answering("WorkspaceDialog", lambda dialog: QTest.keyClick(dialog, Qt.Key_Return)),
    ):
        press(window, Qt.Key_E, Qt.ControlModifier | Qt.ShiftModifier)
    assert window.session.workspace == workspace
    (table,) = summaries
    assert {row[0]: int(row[1]) + int(row[2]) for row in table} == {"coin": 1, "leaf": 2}
    records = [record for split in ("train", "test") for record in read_records(workspace.record(split))]
    assert len(records) == 3


def train(window: Any) -> None:
    """Train a few steps of the smallest preset, and wait for the end."""
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from robot import answering, press, until

    def start(dialog: Any) -> None:
        until(dialog.model.count, "the presets")
        dialog.model.setCurrentIndex(dialog.model.findData("demo"))
        dialog.steps.setValue(STEPS)
        dialog.batch.setValue(2)
        QTest.keyClick(dialog, Qt.Key_Return)

    with answering("TrainDialog", start):
        press(window, Qt.Key_T, Qt.ControlModifier | Qt.ShiftModifier)
    seen: set[str] = set()

    def has_ended() -> bool:
        job = window.session.status.training if window.session.status else None
        if job is not None:
            seen.add(f"{job.state.value} {job.stage}".strip())
        return job is not None and job.state.is_end

    until(has_ended, "the end of the training", patience=TRAINING)
    job = window.session.status.training
    assert job.state is State.SUCCEEDED, job.error
    assert {"running train", "running evaluate", "running export"} <= seen
    assert window.docks.training.headline.text() == "Training is done"
    assert "output_inference_graph_v1" in window.docks.training.detail.text()
    until(lambda: window.session.status.export, "the export")
    until(lambda: window.session.status.evaluation, "the evaluation")
    assert window.docks.training.classes.isVisibleTo(window.docks.training)


def accept_suggestions(window: Any, image: Path) -> None:
    """Let the model suggest boxes in the image that is open; what is accepted is saved, and gets into the records."""
    from PyQt5.QtCore import Qt

    from robot import answering, press, until

    assert window.file_path == str(image)
    window.docks.training.slider.setValue(5)
    press(window, Qt.Key_P, Qt.ControlModifier)
    until(lambda: window.controllers.suggestions._suggestions, "suggestions", patience=TRAINING)
    shown = len(window.canvas.shapes)
    assert shown > 0
    assert not window.dirty
    press(window, Qt.Key_Return, Qt.ControlModifier)
    assert window.dirty
    save_beside(window, answering)
    annotation = read_annotation(image.with_suffix(".xml"))
    assert len(annotation.boxes) == shown
    assert {box.label for box in annotation.boxes} <= {"leaf", "coin"}
    until(lambda: window.session.status.daemon_status.dataset.unlabelled == 0, "the daemon to read the new XML")
    assert sum(window.session.status.daemon_status.dataset.images.values()) == 4, "the image is in the records"


def save_beside(window: Any, answering: Any) -> None:
    """Save with Ctrl+S; where labelImg asks where, take what it suggests."""
    from PyQt5.QtCore import Qt

    from robot import press

    if window.default_save_dir is None and window.label_file is None:
        with answering("QFileDialog", lambda dialog: dialog.accept()):
            press(window, Qt.Key_S, Qt.ControlModifier)
    else:
        press(window, Qt.Key_S, Qt.ControlModifier)
