"""The dock "Training" shows all that it has without being scrolled, in the space that labelImg leaves it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from boxwright.runs.evaluation_record import AP50_TAG, ClassRecord, EvaluationRecord
from boxwright.workspace import Workspace

WIDTH, HEIGHT = 270, 344  # of the dock in a window of 1180 x 760, in pixels
MANY = tuple(ClassRecord(f"class {number}", ap50=number / 40) for number in range(40))


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("classes", [MANY[:3], MANY], ids=["3", "40"])
def test_a_training_that_is_done_is_seen_whole(tmp_path: Path, classes: tuple[Any, ...]) -> None:
    from PyQt5.QtWidgets import QMainWindow

    from boxwright_labelimg.client.workspace_status import WorkspaceStatus
    from boxwright_labelimg.docks.training import TrainingDock
    from robot import settle

    window = QMainWindow()
    dock = TrainingDock(window)
    dock.show_status(
        WorkspaceStatus(
            Workspace.at(tmp_path),
            losses=tuple((step, 20.0 / step) for step in range(1, 200)),
            evaluation=EvaluationRecord(step=200, images=9, coco={AP50_TAG: 0.84}, classes=classes),
            export="output_inference_graph_v1",
            device="CPU, 2 cores",
        )
    )
    dock.setFloating(True)
    dock.resize(WIDTH, HEIGHT)
    dock.show()
    settle(50)
    area = dock.widget()
    assert not area.verticalScrollBar().isVisible()
    shown = [dock.precision, dock.curve, dock.classes, dock.device]
    assert all(widget.isVisible() and widget.height() >= widget.minimumHeight() for widget in shown)
    for above, below in pairwise(shown):
        assert above.geometry().bottom() < below.geometry().top(), "one hides the other"
    assert dock.device.geometry().bottom() <= area.viewport().height()
    dock.grab().save(str(tmp_path / "dock.png"))
    dock.close()


@pytest.mark.usefixtures("application")
def test_no_line_is_cut_where_there_is_little_room(tmp_path: Path) -> None:
    from PyQt5.QtWidgets import QMainWindow

    from boxwright_labelimg.client.workspace_status import WorkspaceStatus
    from boxwright_labelimg.docks.training import TrainingDock
    from robot import settle

    window = QMainWindow()
    dock = TrainingDock(window)
    evaluation = EvaluationRecord(step=200, images=9, coco={AP50_TAG: 0.84}, classes=MANY)
    dock.show_status(WorkspaceStatus(Workspace.at(tmp_path), evaluation=evaluation, export="output_inference_graph_v1"))
    dock.setFloating(True)
    dock.resize(WIDTH, HEIGHT // 2)
    dock.show()
    dock.show_notice("The dataset cannot be read. " * 20)
    settle(50)
    labels = [dock.notice.label, dock.headline, dock.precision]
    assert all(label.height() >= label.heightForWidth(label.width()) for label in labels)
    assert dock.widget().verticalScrollBar().isVisible()
    dock.close()
