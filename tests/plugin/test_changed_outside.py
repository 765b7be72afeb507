"""An annotation file that another program changed is not overwritten without a question."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.readers import read_annotation
from boxwright.workspace import Workspace
from tiny_workspaces import write_xml

Opener = Callable[..., Any]


@pytest.fixture
def edited(workspace: Workspace, open_window: Opener) -> Any:
    """A window with an unsaved box in the first image, whose file another program has written since."""
    from robot import draw_box

    window = open_window(workspace.root)
    draw_box(window, (50, 50), (90, 90), "fox")
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["owl", "ant"], width=160, height=120)
    return window


def answer(window: Any, text: str, key: Any, modifier: Any) -> None:
    """Press a key that saves, and answer the question."""
    from robot import answering, press

    def click(box: Any) -> None:
        assert "p0.xml" in box.text()
        next(button for button in box.buttons() if text in button.text()).click()

    with answering("QMessageBox", click):
        press(window, key, modifier)


def labels(workspace: Workspace) -> list[str]:
    return [box.label for box in read_annotation(workspace.images / "p0.xml").boxes]


def shown(window: Any) -> list[str]:
    return [shape.label for shape in window.canvas.shapes]


def test_cancelling_keeps_both(workspace: Workspace, edited: Any) -> None:
    from PyQt5.QtCore import Qt

    answer(edited, "Cancel", Qt.Key_S, Qt.ControlModifier)
    assert labels(workspace) == ["owl", "ant"]
    assert shown(edited) == ["dog", "fox"]
    assert edited.dirty


def test_the_boxes_of_the_window_are_kept(workspace: Workspace, edited: Any) -> None:
    from PyQt5.QtCore import Qt

    from robot import draw_box, press

    answer(edited, "Keep", Qt.Key_S, Qt.ControlModifier)
    assert labels(workspace) == ["dog", "fox"]
    draw_box(edited, (100, 50), (140, 90), "fox")
    press(edited, Qt.Key_S, Qt.ControlModifier)  # without a question: nothing has changed since
    assert labels(workspace) == ["dog", "fox", "fox"]


def test_the_boxes_of_the_file_are_loaded_and_seen(workspace: Workspace, edited: Any) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    edited.auto_saving.setChecked(True)
    answer(edited, "Load", Qt.Key_D, Qt.NoModifier)
    assert edited.file_path.endswith("p0.jpg"), "what was loaded is looked at first"
    assert shown(edited) == labels(workspace) == ["owl", "ant"]
    assert not edited.dirty
    press(edited, Qt.Key_D)
    assert edited.file_path.endswith("p1.jpg")


def test_a_file_that_appeared_is_asked_about(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import draw_box

    (workspace.images / "p0.xml").unlink()
    window = open_window(workspace.root)
    draw_box(window, (50, 50), (90, 90), "fox")
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["owl"], width=160, height=120)
    answer(window, "Keep", Qt.Key_S, Qt.ControlModifier)
    assert labels(workspace) == ["fox"]


def test_a_file_that_was_written_unchanged_is_no_question(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import draw_box, press

    xml: Path = workspace.images / "p0.xml"
    window = open_window(workspace.root)
    xml.write_bytes(xml.read_bytes())
    draw_box(window, (50, 50), (90, 90), "fox")
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert labels(workspace) == ["dog", "fox"]
