"""Small things that a new user stumbles over: titles, hints, check marks, a missing screen or browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from boxwright.workspace import Workspace
from boxwright_labelimg.i18n import plain

Opener = Callable[..., Any]


def test_commands_are_quoted_in_a_window() -> None:
    assert plain("Run `boxwright dataset`, or delete `a`.") == "Run “boxwright dataset”, or delete “a”."
    assert plain("a ` alone") == "a  alone"


def test_without_a_screen_one_line_says_so_and_what_works() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("QT_QPA_PLATFORM", None)
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there always is a screen")
    command = [sys.executable, "-m", "boxwright_labelimg"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("There is no screen")
    assert "boxwright init" in done.stderr and "Traceback" not in done.stderr


def test_the_dock_asks_for_no_folder_where_one_is_open(open_window: Opener, tmp_path: Path) -> None:
    Image.new("RGB", (60, 40)).save(tmp_path / "a.jpg")
    window = open_window()
    assert "Open a folder" in window.docks.training.detail.text()
    window.open_place(tmp_path)
    assert window.docks.training.detail.text() == "Draw boxes, then choose Train."


def test_a_checkable_action_has_room_for_its_check_mark(open_window: Opener) -> None:
    actions = open_window().train_menu.actions
    assert not actions["suggest_when_opening"].isIconVisibleInMenu()
    assert actions["train"].isIconVisibleInMenu()


def test_questions_are_titled_after_what_the_user_wants(
    open_window: Opener, workspace: Workspace, tmp_path: Path
) -> None:
    from PyQt5.QtCore import Qt

    from robot import answering, press
    from tiny_workspaces import write_xml

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write_xml(elsewhere / "p0.xml", "p0.jpg", ["dog"], width=160, height=120)
    window = open_window(workspace.root)
    window.host.set_save_folder(elsewhere)
    titles: list[str] = []

    def refuse(box: Any) -> None:
        titles.append(box.windowTitle())
        box.button(box.No).click()

    for key in (Qt.Key_E, Qt.Key_T):
        with answering("QMessageBox", refuse):
            press(window, key, Qt.ControlModifier | Qt.ShiftModifier)
    assert titles == ["Export dataset", "Train"]


def test_a_save_folder_that_training_does_not_read_is_said(
    open_window: Opener, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PyQt5.QtWidgets import QFileDialog

    window = open_window(workspace.root)
    for folder, is_said in ((tmp_path, True), (workspace.annotations, False)):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, chosen=folder: str(chosen))
        window.change_save_dir_dialog()
        assert ("Training does not read" in window.statusBar().currentMessage()) is is_said


def test_what_no_program_opens_can_be_copied(
    open_window: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PyQt5.QtGui import QDesktopServices

    from boxwright_labelimg.opening import open_path
    from robot import answering

    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    window = open_window()
    shown: list[str] = []

    def read(dialog: Any) -> None:
        shown.append(dialog.text.selectedText())
        dialog.reject()

    with answering("NotOpenedDialog", read):
        open_path(tmp_path, window)
    assert shown == [str(tmp_path)]
