"""A folder is opened as it was seen last; an empty one, and photos that labelImg cannot open, say what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from boxwright.workspace import Workspace
from boxwright_labelimg.client.folder_view import MANUAL, FolderView

Opener = Callable[..., Any]


def test_the_last_image_zoom_and_layout_come_back(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press, settle

    window = open_window(workspace.root)
    assert window.actions.fitWindow.isChecked(), "the first time the photo fits into the window"
    press(window, Qt.Key_D)
    window.set_zoom(250)
    window.resizeDocks([window.dock], [340], Qt.Horizontal)
    settle()
    width = window.dock.width()
    window.close()
    again = open_window(workspace.root)
    assert again.file_path.endswith("p1.jpg")
    assert again.counter_str() == "[2 / 3]"
    assert again.file_list_widget.currentRow() == 1
    assert (again.zoom_mode, again.zoom_widget.value()) == (again.MANUAL_ZOOM, 250)
    assert abs(again.dock.width() - width) < 10


def test_each_folder_has_its_own(workspace: Workspace, open_window: Opener, tmp_path: Path) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    other = tmp_path / "other"
    other.mkdir()
    for number in range(2):
        Image.new("RGB", (60, 40)).save(other / f"o{number}.jpg")
    window = open_window(workspace.root)
    press(window, Qt.Key_D)
    window.open_place(other)
    assert window.file_path.endswith("o0.jpg")
    window.open_place(workspace.images)
    assert window.file_path.endswith("p1.jpg")


def test_a_maximized_window_opens_maximized(workspace: Workspace, open_window: Opener) -> None:
    FolderView(is_maximized=True).keep(workspace.images)
    window = open_window(workspace.root)
    assert window.isMaximized()


def test_docks_of_a_large_window_leave_room_in_a_small_one(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import settle

    large = open_window(workspace.root, size=(1270, 900))
    large.resizeDocks([large.dock], [760], Qt.Horizontal)
    settle()
    assert large.dock.width() > 700
    large.close()
    small = open_window(size=(860, 640))
    small.open_place(workspace.root)
    settle()
    assert (small.width(), small.height()) == (860, 640)
    assert small.centralWidget().width() > 300
    for dock in (small.dock, small.file_dock):
        assert small.rect().contains(dock.geometry())


@pytest.mark.parametrize("text", ["", "[]", '{"zoom": "x"}', '{"image": "../../etc/passwd", "layout": "?"}'])
def test_a_damaged_memory_is_none(workspace: Workspace, open_window: Opener, text: str) -> None:
    FolderView().keep(workspace.images)
    (file,) = (workspace.root.parent / "cache" / "views").iterdir()
    file.write_text(text)
    assert open_window(workspace.root).file_path.endswith("p0.jpg")


def test_what_is_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "cache"))
    view = FolderView("deep/a.jpg", MANUAL, 130, is_maximized=True, layout="YQ==")
    view.keep(tmp_path)
    assert FolderView.of(tmp_path) == view


def test_a_window_without_photos_says_what_to_do(open_window: Opener, workspace: Workspace, tmp_path: Path) -> None:
    window = open_window()
    assert "Open a folder" in window.canvas.hint
    window.open_place(workspace.root)
    assert window.canvas.hint == ""
    empty = tmp_path / "empty"
    empty.mkdir()
    window.open_place(empty)
    assert str(empty) in window.canvas.hint
    assert window.file_path is None
    assert window.canvas.shapes == []
    white = window.canvas.grab().toImage()
    assert len({white.pixel(x, y) for x in range(0, white.width(), 3) for y in range(0, white.height(), 3)}) > 1


def test_photos_of_other_formats_are_converted(open_window: Opener, workspace: Workspace) -> None:
    from robot import click, until

    Image.new("RGB", (70, 50), (9, 99, 199)).save(workspace.images / "phone.jfif", "JPEG")
    before = (workspace.images / "phone.jfif").read_bytes()
    window = open_window(workspace.root)
    notice = window.other_formats.notice
    until(notice.isVisible, "the notice")
    assert "phone.jfif" in notice.toolTip()
    click(notice.button)
    until(lambda: len(window.m_img_list) == 4, "the converted photo")
    assert (workspace.images / "phone.jfif").read_bytes() == before
    window.load_file(str(workspace.images / "phone.jpg"))
    assert window.image.width() == 70
    until(lambda: not notice.isVisible(), "no notice")


def test_heic_without_its_package_says_what_to_install(
    open_window: Opener, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from robot import click, until

    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    for number in range(2):
        (workspace.images / f"IMG_{number}.HEIC").write_bytes(b"heic")
    window = open_window(workspace.root)
    until(window.other_formats.notice.isVisible, "the notice")
    assert "2 HEIC" in window.other_formats.notice.text.text()
    click(window.other_formats.notice.button)
    until(lambda: "pip install pillow-heif" in window.docks.training.notice.text(), "the message")
