"""What crashes plain labelImg 1.8.6 on Python 3.10 and newer, or makes it lose boxes: each done in a window.

Run with "plain" or "patched", a folder and names of scenarios, it prints as JSON what was raised in each.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QWheelEvent
from PyQt5.QtWidgets import QApplication, QMessageBox

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from robot import answering, drag, draw_box, move, press, settle

Scenario = Callable[[Any, Path], None]


def make_images(folder: Path) -> None:
    """Write three photographs of 400 x 300."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(3):
        Image.new("RGB", (400, 300), (90 * number, 120, 160)).save(folder / f"photo{number}.jpg")


def crosshair(window: Any, folder: Path) -> None:
    press(window, Qt.Key_W)
    move(window, 50, 60)
    move(window, 80, 90)


def drawing(window: Any, folder: Path) -> None:
    draw_box(window, (20, 30), (120, 140), "raccoon")
    assert len(window.canvas.shapes) == 1


def label_on_the_box(window: Any, folder: Path) -> None:
    window.display_label_option.trigger()
    box = _add_box(window)
    box.paint_label = True
    _paint(window)


def wheel(window: Any, folder: Path) -> None:
    window.set_zoom(300)
    _turn_wheel(window, Qt.NoModifier)


def wheel_with_control(window: Any, folder: Path) -> None:
    before = window.zoom_widget.value()
    _turn_wheel(window, Qt.ControlModifier)
    assert window.zoom_widget.value() > before


def panning(window: Any, folder: Path) -> None:
    window.set_zoom(400)
    settle()
    bar = window.scroll_bars[Qt.Vertical]
    bar.setValue(bar.maximum() // 2)
    settle()
    before = bar.value()
    drag(window, (200, 150), (200, 149))
    assert abs(bar.value() - before) < 100, "the image jumps"


def close_then_resize(window: Any, folder: Path) -> None:
    window.set_fit_window(True)
    window.close_file()
    window.resize(window.width() - 40, window.height() - 40)
    settle()


def paste_without_a_file(window: Any, folder: Path) -> None:
    window.close_file()
    press(window, Qt.Key_V, Qt.ControlModifier)


def text_beside_the_image(window: Any, folder: Path) -> None:
    (folder / "photo1.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    press(window, Qt.Key_D)
    assert window.file_path.endswith("photo1.jpg")
    settle()


def save_folder_deleted(window: Any, folder: Path) -> None:
    gone = folder / "gone"
    window.default_save_dir = str(gone)
    _add_box(window)
    with answering("QMessageBox", lambda box: box.accept(), patience=10):
        window.save_file()
    assert window.dirty
    assert len(window.canvas.shapes) == 1


def delete_on_the_next_image(window: Any, folder: Path) -> None:
    shape = _add_box(window)
    window.canvas.select_shape(shape)
    window.dirty = False
    window.load_file(window.m_img_list[1])
    window.actions.delete.setEnabled(True)
    press(window, Qt.Key_Delete)


def control_character_in_a_label(window: Any, folder: Path) -> None:
    xml = folder / "photo0.xml"
    window.default_save_dir = str(folder)
    _add_box(window)
    window.save_file()
    before = xml.read_bytes()
    _add_box(window, "rac\x0bcoon")
    with answering("QMessageBox", lambda box: box.accept(), patience=10):
        window.save_file()
    assert xml.read_bytes() == before, "the boxes that were saved are lost"


def half_an_xml(window: Any, folder: Path) -> None:
    xml = folder / "photo1.xml"
    xml.write_text("<annotation><object><name>raccoon</name>")
    window.default_save_dir = str(folder)
    window.load_file(window.m_img_list[1])
    _add_box(window)
    window.save_file()
    kept = [path.read_text() for path in folder.glob("photo1.xml.*")]
    assert any("raccoon" in text for text in kept), "what could be read by a person is overwritten"


def saving_fails_on_leaving(window: Any, folder: Path) -> None:
    window.default_save_dir = str(folder / "gone")
    _add_box(window)
    yes, ok = (lambda box, button=button: box.button(button).click() for button in (QMessageBox.Yes, QMessageBox.Ok))
    with answering("QMessageBox", yes, ok, patience=10):
        press(window, Qt.Key_D)
    assert window.file_path.endswith("photo0.jpg")
    assert len(window.canvas.shapes) == 1


def image_folder_deleted(window: Any, folder: Path) -> None:
    window.set_fit_window(True)
    for path in folder.glob("*.jpg"):
        path.unlink()
    press(window, Qt.Key_D)
    window.resize(window.width() - 40, window.height() - 40)
    press(window, Qt.Key_S, Qt.ControlModifier)
    window.save_file()


def a_link_is_saved_through(window: Any, folder: Path) -> None:
    real = folder / "elsewhere"
    real.mkdir()
    (real / "labels.xml").write_text("<annotation/>")
    (folder / "photo0.xml").symlink_to(real / "labels.xml")
    window.default_save_dir = str(folder)
    window.load_file(window.file_path)
    _add_box(window)
    window.save_file()
    assert (folder / "photo0.xml").is_symlink()
    assert "raccoon" in (real / "labels.xml").read_text()


def disk_full(window: Any, folder: Path) -> None:
    import resource
    import signal

    xml = folder / "photo0.xml"
    window.default_save_dir = str(folder)
    for _ in range(60):
        _add_box(window)
    window.save_file()
    before = xml.read_bytes()
    _add_box(window, "one more")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    try:
        with answering("QMessageBox", lambda box: box.accept(), patience=10):
            window.save_file()
        assert xml.read_bytes() == before, "the boxes that were saved are lost"
        assert window.dirty
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    window.save_file()
    assert b"one more" in xml.read_bytes()


CRASHES: tuple[Scenario, ...] = (
    crosshair, drawing, label_on_the_box, wheel, wheel_with_control, panning, close_then_resize, paste_without_a_file,
    text_beside_the_image, save_folder_deleted, saving_fails_on_leaving, delete_on_the_next_image,
    control_character_in_a_label, half_an_xml, image_folder_deleted, disk_full,
)  # fmt: skip
"""Each fails in plain labelImg."""
KEPT: tuple[Scenario, ...] = (a_link_is_saved_through,)
"""What works in plain labelImg and must still work."""


def _add_box(window: Any, label: str = "raccoon") -> Any:
    from libs.shape import Shape

    shape = Shape(label=label)
    for x, y in ((20, 30), (120, 30), (120, 140), (20, 140)):
        shape.add_point(QPointF(x, y))
    shape.close()
    window.canvas.shapes.append(shape)
    window.add_label(shape)
    window.set_dirty()
    return shape


def _turn_wheel(window: Any, modifier: Any) -> None:
    place = QPointF(60, 60)
    event = QWheelEvent(
        place, QPointF(window.canvas.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, 120), Qt.NoButton, modifier,
        Qt.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(window.canvas, event)
    settle()


def _paint(window: Any) -> None:
    window.canvas.update()
    settle(100)


def main(which: str, place: str, *names: str) -> None:
    """Do each scenario to a window of its own."""
    application = QApplication(["labelImg"])
    raised: list[str] = []
    sys.excepthook = lambda kind, error, trace: raised.append(f"{kind.__name__}: {error}")
    outcome = {}
    for scenario in (*CRASHES, *KEPT):
        if names and scenario.__name__ not in names:
            continue
        raised.clear()
        folder = Path(place) / scenario.__name__
        make_images(folder)
        os.environ["HOME"] = str(folder)
        window = _window(which)
        window.resize(900, 700)
        window.show()
        application.setActiveWindow(window)
        window.import_dir_images(str(folder))
        settle()
        try:
            scenario(window, folder)
            settle()
        except Exception as error:
            raised.append(f"{type(error).__name__}: {error}")
        outcome[scenario.__name__] = list(raised)
        window.dirty = False
        window.close()
        window.deleteLater()
        while application.overrideCursor() is not None:
            application.restoreOverrideCursor()
        settle()
    print("OUTCOME", json.dumps(outcome))


def _window(which: str) -> Any:
    if which == "patched":
        from boxwright_labelimg.main import build_window

        return build_window()
    import types

    if sys.version_info >= (3, 12):  # test_patches shows that it does not start without
        sys.modules.setdefault("distutils", types.ModuleType("distutils"))
        sys.modules.setdefault("distutils.spawn", types.ModuleType("distutils.spawn"))
    from labelImg.labelImg import MainWindow

    return MainWindow(None, "", None)


if __name__ == "__main__":
    main(*sys.argv[1:])
