"""How the window opens: within the screen, and with what the command line gives."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Opener = Callable[..., Any]


def build() -> Any:
    from boxwright_labelimg.main import build_window

    return build_window()


@pytest.mark.parametrize("place", [(0, 0), (1200, 1000), (5000, -300)])
def test_a_window_of_a_large_screen_opens_inside_a_small_one(
    caught: Any, home: Path, place: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from PyQt5.QtCore import QPoint, QRect, QSize
    from PyQt5.QtWidgets import QDesktopWidget

    screen = QRect(0, 0, 860, 640)
    monkeypatch.setattr(QDesktopWidget, "availableGeometry", lambda *_: screen)
    saved = {"window/size": QSize(3800, 2100), "window/position": QPoint(*place)}
    (home / ".labelImgSettings.pkl").write_bytes(pickle.dumps(saved))
    window = build()
    assert screen.contains(window.geometry())
    window.close()


def test_the_first_window_is_large_and_in_the_middle(caught: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from PyQt5.QtCore import QRect
    from PyQt5.QtWidgets import QDesktopWidget

    monkeypatch.setattr(QDesktopWidget, "availableGeometry", lambda *_: QRect(0, 0, 1920, 1080))
    window = build()
    assert (window.width(), window.height()) == (1200, 800)
    assert abs(window.geometry().center().x() - 960) < 3
    window.close()


def test_docks_are_not_clipped_in_a_small_window(open_window: Opener, workspace: Any) -> None:
    from robot import settle

    window = open_window(workspace.root, size=(860, 640))
    assert (window.width(), window.height()) == (860, 640)
    for dock in (window.file_dock, window.docks.training, window.docks.findings):
        dock.show()
        dock.raise_()
        settle()
        inside = dock.widget()
        assert window.rect().contains(dock.geometry())
        assert inside.width() >= inside.minimumSizeHint().width()
        assert inside.height() >= inside.minimumSizeHint().height()


def test_a_class_file_that_is_none_is_said_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from boxwright_labelimg.main import main

    for wrong in (tmp_path, tmp_path / "gone.txt"):
        assert main([str(tmp_path), str(wrong)]) == 2
        assert capsys.readouterr().err == f"{wrong} is no file. Give a text file with class names, one a line.\n"


def test_an_empty_class_file_is_no_class_file(open_window: Opener, tmp_path: Path) -> None:
    from boxwright_labelimg.main import build_window

    window = build_window("", str(tmp_path))
    assert list(window.host.given_classes) == []
    window.close()
