"""Pictures of labelImg with training: menu, dialogs, docks while a model trains and after, and suggestions."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
LABELLED, UNLABELLED = 60, 4
SMALL, LARGE = (860, 640), (1180, 760)
TRAINING = 1800.0  # in seconds


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "images")
    parser.add_argument("--steps", type=int, default=300, help="of the training that is shown")
    parser.add_argument("--workspace", type=Path, help="a workspace with a model, instead of a training")
    arguments = parser.parse_args()
    sys.path.insert(0, str(PROJECT / "tests"))
    folder = Path(tempfile.mkdtemp(prefix="boxwright-pictures-"))
    os.environ |= {"HOME": str(folder), "BOXWRIGHT_CACHE": str(folder / "cache")}
    screen = subprocess.Popen(["Xvfb", ":77", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"])
    os.environ |= {"DISPLAY": ":77", "QT_QPA_PLATFORM": "xcb"}
    try:
        _take(arguments.out, folder, arguments.steps, arguments.workspace)
    finally:
        for place in folder.glob("*/.boxwright"):
            command = [sys.executable, "-m", "boxwright", "daemon", str(place.parent), "--stop"]
            subprocess.run(command, capture_output=True, check=False)
        screen.terminate()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


class _Camera:
    def __init__(self, out: Path) -> None:
        self._out = out
        out.mkdir(parents=True, exist_ok=True)

    def window(self, name: str, window: Any) -> None:
        """Take a window with what lies over it."""
        from PyQt5.QtWidgets import QApplication

        from robot import settle

        settle(400)
        place = window.frameGeometry()
        whole = QApplication.primaryScreen().grabWindow(0)
        self._save(name, whole.copy(place))

    def dialog(self, name: str) -> Callable[[Any], None]:
        """Return what takes a dialog and closes it."""

        def take(dialog: Any) -> None:
            from robot import settle, until

            if hasattr(dialog, "time"):  # the one that measures
                until(lambda: "measured" in dialog.time.text(), "the time of a step", patience=300)
            settle(400)
            self._save(name, dialog.grab())
            dialog.reject()

        return take

    def _save(self, name: str, picture: Any) -> None:
        path = self._out / f"labelimg-{name}.png"
        picture.save(str(path))
        _reduce(path)
        print(path, f"{picture.width()}x{picture.height()}", flush=True)


def _reduce(path: Path) -> None:
    """Write a picture in 256 colours, which takes a third of the bytes; saturated ones, as of handles, are kept."""
    from PIL import Image

    with Image.open(path) as picture:
        reduced = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
    reduced.save(path, optimize=True)


def _take(out: Path, folder: Path, steps: int, ready: Path | None) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest
    from PyQt5.QtWidgets import QApplication

    from boxwright.demo.write import write_scenes
    from boxwright_labelimg.main import build_window
    from boxwright_labelimg.uncaught import Failures
    from robot import answering, press, settle, until

    application = QApplication(["labelImg"])
    Failures().install()
    camera = _Camera(out)
    photos = folder / "garden"
    write_scenes(photos, LABELLED + UNLABELLED, seed=5)
    for xml in sorted(photos.glob("*.xml"))[-UNLABELLED:]:
        xml.unlink()
    spoiled = sorted(photos.glob("*.xml"))[3]
    spoiled.write_text(spoiled.read_text().replace("<xmax>", "<xmax>9", 1))
    window = build_window()
    window.resize(*SMALL)
    window.show()
    application.setActiveWindow(window)
    window.open_place(photos)
    settle(500)

    QTest.mouseClick(window.menuBar(), Qt.LeftButton, pos=window.menuBar().actionGeometry(
        window.train_menu.menu.menuAction()).center())  # fmt: skip
    camera.window("menu", window)
    window.train_menu.menu.hide()

    with (
        answering("SummaryDialog", camera.dialog("summary"), patience=120),
        answering("WorkspaceDialog", _accepted(camera.dialog("workspace"))),
    ):
        press(window, Qt.Key_E, Qt.ControlModifier | Qt.ShiftModifier)
    until(lambda: window.session.status and window.session.status.findings, "findings")
    window.docks.findings.show()
    window.docks.findings.raise_()
    camera.window("findings", window)
    if ready is not None:
        _bring(ready, window.session.workspace)
    with answering("TrainDialog", camera.dialog("train"), patience=600):
        press(window, Qt.Key_T, Qt.ControlModifier | Qt.ShiftModifier)
    if ready is None:
        _train(window, camera, steps)
    _suggest(window, camera)
    window.dirty = False
    window.close()


def _accepted(take: Callable[[Any], None]) -> Callable[[Any], None]:
    def act(dialog: Any) -> None:
        dialog.reject, rejected = dialog.accept, dialog.reject
        take(dialog)
        dialog.reject = rejected

    return act


def _bring(ready: Path, workspace: Any) -> None:
    for name in ("trained-inference-graphs", "training"):
        shutil.copytree(ready / name, workspace.root / name, dirs_exist_ok=True)


def _train(window: Any, camera: _Camera, steps: int) -> None:
    from boxwright.workflow.train import TrainOptions
    from boxwright_labelimg.client import commands
    from robot import until

    commands.submit(window.session.workspace, "train", TrainOptions(preset="demo", num_steps=steps))
    window.docks.training.raise_()
    until(lambda: window.docks.training.progress.value() >= steps // 2, "half of the training", patience=TRAINING)
    camera.window("training", window)
    until(lambda: window.session.status.training.state.is_end, "its end", patience=TRAINING)
    window.resize(*LARGE)
    until(lambda: window.session.status.evaluation, "its evaluation")
    camera.window("trained", window)


def _suggest(window: Any, camera: _Camera) -> None:
    from PyQt5.QtCore import Qt

    from robot import press, settle, until

    window.resize(*LARGE)
    window.docks.training.raise_()
    window.cur_img_idx = len(window.m_img_list) - UNLABELLED
    window.load_file(window.m_img_list[window.cur_img_idx])
    window.set_fit_window(True)
    until(window.train_menu.actions["suggest_boxes"].isEnabled, "a model")
    press(window, Qt.Key_P, Qt.ControlModifier)
    until(lambda: window.controllers.suggestions._suggestions, "suggestions", patience=120)
    for score in (50, 40, 30, 20):  # a model of few steps is unsure
        window.docks.training.slider.setValue(score)
        if window.canvas.shapes:
            break
    settle(300)
    camera.window("suggestions", window)


if __name__ == "__main__":
    sys.exit(main())
