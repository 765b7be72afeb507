"""A screen, the application, and windows in a home of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from boxwright.jobs.daemon_lock import hold_daemon_lock
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, make_workspace

if TYPE_CHECKING:
    from boxwright_labelimg.window.training_window import TrainingWindow

SCREEN = "1280x1024x24"


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """Return what Qt draws on: a virtual X screen where there is one, else memory (named in the report's header)."""
    xvfb = shutil.which("Xvfb")
    before = {name: os.environ.get(name) for name in ("DISPLAY", "QT_QPA_PLATFORM")}
    if xvfb is None or not xcb_works():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        yield "offscreen"
    else:
        read, write = os.pipe()
        command = [xvfb, "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp"]
        with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
            os.close(write)
            with os.fdopen(read) as stream:
                os.environ["DISPLAY"] = f":{stream.readline().strip()}"
            os.environ["QT_QPA_PLATFORM"] = "xcb"
            yield "xcb"
            server.terminate()
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def xcb_works() -> bool:
    """Return whether the libraries are here that Qt needs for X: it ends the process when one is missing."""
    plugins = [Path(place) / "PyQt5/Qt5/plugins/platforms/libqxcb.so" for place in sys.path]
    library = next((path for path in plugins if path.exists()), None)
    if library is None or shutil.which("ldd") is None:
        return False
    listed = subprocess.run(["ldd", str(library)], capture_output=True, text=True, check=False)
    return "not found" not in listed.stdout


@pytest.fixture(scope="session")
def application(screen: str) -> Any:
    """The one QApplication of the process."""
    from PyQt5.QtWidgets import QApplication

    return QApplication.instance() or QApplication(["labelImg"])


class Caught(list[str]):
    """The uncaught exceptions that the program reported."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without labelImg's settings, and a cache of its own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def caught(application: Any, home: Path) -> Iterator[Caught]:
    """Fail a test in which an exception escapes, unless it takes it out of the list."""
    from boxwright_labelimg.uncaught import Failures

    caught = Caught()
    failures = Failures()
    failures.install()
    failures._happened.connect(caught.append)
    yield caught
    application.processEvents()
    failures.uninstall()
    assert caught == []


@pytest.fixture
def open_window(application: Any, caught: Caught) -> Iterator[Callable[..., TrainingWindow]]:
    """A function that opens a window; all are closed in the end, unsaved boxes thrown away."""
    from boxwright_labelimg.main import build_window
    from robot import settle

    windows: list[TrainingWindow] = []

    def open_one(place: Path | None = None, *, size: tuple[int, int] = (1000, 720)) -> TrainingWindow:
        window = build_window()
        windows.append(window)
        window.resize(*size)
        window.show()
        application.setActiveWindow(window)
        if place is not None:
            window.open_place(place)
        settle()
        return window

    yield open_one
    for window in windows:
        window.dirty = False
        window.close()
        window.deleteLater()
    settle()


IMAGE_SIZE = (160, 120)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three images of 160 x 120, two of them labelled, and the folder of Boxwright's state."""
    made = make_workspace(tmp_path / "work")
    for number in range(3):
        labels = ["dog", "cat"][: number + 1] if number < 2 else None
        add_image(made, f"p{number}.jpg", labels, seed=number, size=IMAGE_SIZE)
    made.annotations.mkdir()
    return made


@pytest.fixture
def served(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace with the lock of a daemon, but without its process."""
    with ExitStack() as stack:
        stack.enter_context(hold_daemon_lock(workspace))
        yield workspace


def pytest_report_header() -> str:
    """Say what the tests of the plugin draw on."""
    on = "a virtual X screen" if shutil.which("Xvfb") and xcb_works() else "memory: Xvfb or Qt's libraries are missing"
    return f"labelImg is drawn on {on}"
