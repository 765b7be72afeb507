"""A photo is deleted after a question, into the system's trash, and comes back from there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.workspace import Workspace

Opener = Callable[..., Any]


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's trash: the real one of a developer is left alone."""
    folder = tmp_path / "trash"
    folder.mkdir()
    monkeypatch.setattr("send2trash.send2trash", lambda path: shutil.move(path, folder))
    return folder


def delete(window: Any, answer: str) -> list[str]:
    from PyQt5.QtCore import Qt
    from PyQt5.QtWidgets import QMessageBox

    from robot import answering, press

    asked = []

    def click(box: Any) -> None:
        asked.append(box.text())
        box.button(getattr(QMessageBox, answer)).click()

    with answering("QMessageBox", click):
        press(window, Qt.Key_D, Qt.ControlModifier | Qt.ShiftModifier)
    return asked


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_photo_is_deleted_after_a_question_and_comes_back(
    workspace: Workspace, open_window: Opener, trash: Path
) -> None:
    from PyQt5.QtCore import Qt

    from robot import click, press

    window = open_window(workspace.root)
    press(window, Qt.Key_D)
    before = names(workspace.images)
    assert delete(window, "No") == ["Move p1.jpg and its boxes to the trash?"]
    assert names(workspace.images) == before
    delete(window, "Yes")
    assert names(trash) == ["p1.jpg", "p1.xml"]
    assert window.file_path.endswith("p2.jpg")
    assert window.windowTitle().endswith("[2 / 2]")
    assert window.file_list_widget.count() == 2
    assert window.deletion.notice.isVisible()
    assert window.deletion.notice.text.text() == "p1.jpg is in the trash."
    click(window.deletion.notice.button)
    assert names(workspace.images) == before
    assert window.file_path.endswith("p1.jpg")
    assert [shape.label for shape in window.canvas.shapes] == ["dog", "cat"]
    assert not window.deletion.notice.isVisible()
    assert [Path(path).name for path in window.m_img_list] == ["p0.jpg", "p1.jpg", "p2.jpg"]
    assert window.file_list_widget.item(1).text().endswith("p1.jpg")


def test_the_last_photo_is_deleted_too(workspace: Workspace, open_window: Opener, trash: Path) -> None:
    window = open_window(workspace.root)
    for _ in range(3):
        delete(window, "Yes")
    assert names(workspace.images) == []
    assert window.file_path is None
    assert names(trash) == ["p0.jpg", "p0.xml", "p1.jpg", "p1.xml", "p2.jpg"]


def test_unsaved_boxes_come_back_with_their_photo(workspace: Workspace, open_window: Opener, trash: Path) -> None:
    from robot import click, draw_box

    window = open_window(workspace.root)
    window.load_file(window.m_img_list[2])
    draw_box(window, (20, 20), (90, 90), "fox")
    delete(window, "Yes")
    assert names(trash) == ["p2.jpg", "p2.xml"]
    assert window.file_path.endswith("p1.jpg")
    click(window.deletion.notice.button)
    assert [shape.label for shape in window.canvas.shapes] == ["fox"]


def test_where_there_is_no_trash_nothing_is_deleted(
    workspace: Workspace, open_window: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtWidgets import QMessageBox

    from robot import answering, press

    def fail(path: str) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("send2trash.send2trash", fail)
    window = open_window(workspace.root)
    before = names(workspace.images)
    shown: list[str] = []

    def read(box: Any) -> None:
        shown.append(box.text())
        box.button(QMessageBox.Ok).click()

    with answering("QMessageBox", lambda box: box.button(QMessageBox.Yes).click(), read):
        press(window, Qt.Key_D, Qt.ControlModifier | Qt.ShiftModifier)
    assert "Read-only file system" in shown[0]
    assert names(workspace.images) == before
    assert window.file_path.endswith("p0.jpg")


def test_an_annotation_of_two_photos_stays(workspace: Workspace, open_window: Opener, trash: Path) -> None:
    shutil.copy(workspace.images / "p0.jpg", workspace.images / "p0.png")
    window = open_window(workspace.root)
    assert delete(window, "Yes") == ["Move p0.jpg and its boxes to the trash?"]
    assert names(trash) == ["p0.jpg"]
