"""Two windows on one folder: the second says so, and only looks at the boxes or loads what the first has saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boxwright.annotations.readers import read_annotation
from boxwright.workspace import Workspace
from tiny_workspaces import write_xml

Opener = Callable[..., Any]


def open_second(open_window: Opener, workspace: Workspace, answer: str) -> Any:
    """Open a folder that a window has, and press a button of the question."""
    from robot import answering

    def click(box: Any) -> None:
        assert str(workspace.images) in box.text()
        next(button for button in box.buttons() if answer in button.text()).click()

    with answering("QMessageBox", click):
        return open_window(workspace.root)


def labels(workspace: Workspace) -> list[str]:
    return [box.label for box in read_annotation(workspace.images / "p0.xml").boxes]


def shown(window: Any) -> list[str]:
    return [shape.label for shape in window.canvas.shapes]


def test_a_window_that_only_looks_changes_nothing(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import drag, press, settle

    open_window(workspace.root)
    second = open_second(open_window, workspace, "Look")
    assert second.access.notice.isVisible()
    before = [(point.x(), point.y()) for point in second.canvas.shapes[0].points]
    centre = tuple(sum(axis) / 4 for axis in zip(*before, strict=True))
    drag(second, centre, (centre[0] + 9, centre[1] + 9))
    press(second, Qt.Key_W)
    drag(second, (50, 50), (90, 90))
    second.label_list.setCurrentRow(0)
    press(second, Qt.Key_Delete)
    settle()
    assert shown(second) == ["dog"]
    assert [(point.x(), point.y()) for point in second.canvas.shapes[0].points] == before
    press(second, Qt.Key_Space)  # verify saves
    press(second, Qt.Key_S, Qt.ControlModifier)
    assert not second.dirty
    assert labels(workspace) == ["dog"]
    assert "verified" not in (workspace.images / "p0.xml").read_text("utf-8")
    press(second, Qt.Key_D)
    assert shown(second) == ["dog", "cat"]


def test_it_edits_when_the_other_window_is_closed(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import click, draw_box, press

    first = open_window(workspace.root)
    second = open_second(open_window, workspace, "Look")
    click(second.access.notice.button)
    assert second.access.is_read_only, "the other window is still open"
    first.close()
    click(second.access.notice.button)
    assert not second.access.is_read_only
    draw_box(second, (50, 50), (90, 90), "fox")
    press(second, Qt.Key_S, Qt.ControlModifier)
    assert labels(workspace) == ["dog", "fox"]


def test_what_the_other_window_saved_is_loaded(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtWidgets import QApplication

    from robot import until

    first = open_window(workspace.root)
    second = open_second(open_window, workspace, "Edit")
    assert not second.access.is_read_only
    QApplication.setActiveWindow(first)
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["owl", "ant"], width=160, height=120)
    QApplication.setActiveWindow(second)
    until(lambda: shown(second) == ["owl", "ant"], "the boxes of the file")


def test_who_cancels_stays_where_they_are(workspace: Workspace, open_window: Opener) -> None:
    open_window(workspace.root)
    second = open_second(open_window, workspace, "Cancel")
    assert second.host.image is None


def test_the_same_window_may_open_its_folder_again(workspace: Workspace, open_window: Opener) -> None:
    window = open_window(workspace.root)
    window.open_place(workspace.images)
    assert not window.access.is_read_only
    assert shown(window) == ["dog"]
