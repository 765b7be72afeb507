"""A workspace that was deleted, and a save folder that belongs to one folder of images."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.readers import read_annotation
from boxwright.workspace import Workspace
from boxwright_labelimg.client.folders import set_up
from tiny_workspaces import image_bytes, write_xml

Opener = Callable[..., Any]


def photos_in(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names or ("p0.jpg", "p1.jpg"):
        (folder / name).write_bytes(image_bytes(len(name), width=160, height=120))
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two photos, one of them labelled."""
    folder = photos_in(tmp_path / "photos")
    write_xml(folder / "p0.xml", "p0.jpg", ["dog"], width=160, height=120)
    return folder


def choose_save_folder(window: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl+R, and choose a folder; "" cancels."""
    from PyQt5.QtCore import Qt
    from PyQt5.QtWidgets import QFileDialog

    from robot import press

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    press(window, Qt.Key_R, Qt.ControlModifier)


def test_a_workspace_that_was_deleted_is_made_again_and_the_photos_stay(
    photos: Path, tmp_path: Path, open_window: Opener
) -> None:
    from PyQt5.QtWidgets import QMessageBox

    from robot import answering, until

    before = {path.name: path.read_bytes() for path in photos.iterdir()}
    workspace = set_up(photos, tmp_path / "training").workspace
    window = open_window(photos)
    assert window.session.workspace == workspace
    shutil.rmtree(workspace.root)
    dock = window.docks.training
    until(lambda: dock.headline.text() == "The training files are gone", "the dock")
    assert dock.help.text() == "Make them again"
    questions: list[str] = []

    def say_yes(box: Any) -> None:
        questions.append(box.text())
        box.button(QMessageBox.Yes).click()

    prepared: list[Workspace] = []
    with answering("QMessageBox", say_yes):
        window.controllers.workspaces.prepare(prepared.append, title="Train")
    until(lambda: prepared == [workspace], "the workspace")
    assert str(photos) in questions[0]
    assert (workspace.root / "images").samefile(photos)
    assert {path.name: path.read_bytes() for path in photos.iterdir()} == before
    assert Path(window.dir_name) == photos
    assert Path(window.default_save_dir) == photos
    assert [shape.label for shape in window.canvas.shapes] == ["dog"]
    until(lambda: dock.headline.text() == "No training yet", "the dock")


def test_the_button_of_the_dock_makes_it_again(photos: Path, tmp_path: Path, open_window: Opener) -> None:
    from PyQt5.QtWidgets import QMessageBox

    from robot import answering, click, until

    workspace = set_up(photos, tmp_path / "training").workspace
    window = open_window(photos)
    shutil.rmtree(workspace.root)
    until(lambda: window.docks.training.help.text() == "Make them again", "the dock")
    window.docks.show_training()
    with answering("QMessageBox", lambda box: box.button(QMessageBox.Yes).click()):
        click(window.docks.training.help)
    until(lambda: (workspace.root / "images").exists() and (workspace.root / "images").samefile(photos), "the link")


def test_the_first_question_names_the_place_that_was_lost(photos: Path, tmp_path: Path, open_window: Opener) -> None:
    from robot import answering

    place = set_up(photos, tmp_path / "chosen by me").workspace.root
    shutil.rmtree(place)
    window = open_window(photos)
    assert window.session.workspace is None
    seen: list[tuple[str, str]] = []

    def read(dialog: Any) -> None:
        seen.append((dialog.text.text(), dialog.edit.text()))
        dialog.reject()

    with answering("WorkspaceDialog", read):
        window.train_menu.actions["export_dataset"].trigger()
    assert seen[0][1] == str(place)
    assert "gone" in seen[0][0]


def test_a_save_folder_is_that_of_its_images_only(
    photos: Path, tmp_path: Path, open_window: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PyQt5.QtCore import Qt

    from robot import draw_box, press

    other, mine = photos_in(tmp_path / "other"), tmp_path / "my boxes"
    mine.mkdir()
    window = open_window(photos)
    choose_save_folder(window, mine, monkeypatch)
    draw_box(window, (50, 50), (90, 90), "cat")
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert [path.name for path in mine.iterdir()] == ["p0.xml"]
    window.import_dir_images(str(other))
    draw_box(window, (50, 50), (90, 90), "fox")
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert (other / "p0.xml").exists()
    assert [box.label for box in read_annotation(mine / "p0.xml").boxes] == ["dog", "cat"]
    window.close()
    again = open_window(photos)
    assert Path(again.default_save_dir) == mine
    assert [shape.label for shape in again.canvas.shapes] == ["dog", "cat"]
    choose_save_folder(again, Path(), monkeypatch)  # cancelled
    assert Path(again.default_save_dir) == mine


def test_the_folder_of_labelimgs_settings_is_taken_where_it_has_the_boxes(
    photos: Path, tmp_path: Path, open_window: Opener
) -> None:
    saved = tmp_path / "xml of labelImg"
    write_xml(saved / "p1.xml", "p1.jpg", ["fox"], width=160, height=120)
    other = photos_in(tmp_path / "other", "x.jpg")
    settings = Path.home() / ".labelImgSettings.pkl"
    for last, expected in ((photos, saved), (other, other)):
        settings.write_bytes(pickle.dumps({"savedir": str(saved), "lastOpenDir": str(last)}))
        window = open_window(last)
        assert Path(window.default_save_dir) == expected
        window.close()
