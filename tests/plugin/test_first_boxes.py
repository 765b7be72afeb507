"""The first boxes in a folder of photos: no question where to save, and the classes that are there already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.readers import read_annotation
from tiny_workspaces import image_bytes, write_xml

Opener = Callable[..., Any]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photos without any annotation."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        (folder / f"p{number}.jpg").write_bytes(image_bytes(number, width=160, height=120))
    return folder


def labels_in(xml: Path) -> list[str]:
    return [box.label for box in read_annotation(xml).boxes]


def offered(window: Any) -> tuple[str, list[str]]:
    """Press W and drag a box; return what the label dialog shows, and cancel it."""
    from PyQt5.QtCore import Qt

    from robot import answering, drag, press

    seen: list[tuple[str, list[str]]] = []

    def read(dialog: Any) -> None:
        rows = dialog.list_widget
        seen.append((dialog.edit.text(), [rows.item(row).text() for row in range(rows.count())]))
        dialog.reject()

    press(window, Qt.Key_W)
    with answering("LabelDialog", read):
        drag(window, (5, 5), (25, 25))
    return seen[0]


def test_the_first_box_is_saved_beside_its_photo_without_a_question(photos: Path, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import draw_box, press

    window = open_window(photos)
    draw_box(window, (20, 20), (90, 90), "raccoon")
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert labels_in(photos / "p0.xml") == ["raccoon"]
    assert not window.dirty
    window.auto_saving.setChecked(True)
    press(window, Qt.Key_D)
    draw_box(window, (20, 20), (90, 90), "raccoon")
    press(window, Qt.Key_D)
    assert window.file_path.endswith("p2.jpg")
    assert labels_in(photos / "p1.xml") == ["raccoon"]


def test_boxes_are_saved_where_the_photo_has_them_already(photos: Path, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import draw_box, press

    xml = photos.parent / "Annotations" / "p0.xml"
    write_xml(xml, "p0.jpg", ["dog"], width=160, height=120)
    window = open_window(photos)
    assert [shape.label for shape in window.canvas.shapes] == ["dog"]
    draw_box(window, (50, 50), (90, 90), "cat")
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert labels_in(xml) == ["dog", "cat"]
    press(window, Qt.Key_D)
    draw_box(window, (50, 50), (90, 90), "cat")
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert labels_in(xml.with_name("p1.xml")) == ["cat"]
    assert sorted(path.name for path in photos.iterdir()) == ["p0.jpg", "p1.jpg", "p2.jpg"]


def test_the_classes_of_the_folder_are_offered_the_last_used_first(photos: Path, open_window: Opener) -> None:
    from robot import draw_box, until

    for number, labels in enumerate((["dog"], ["dog", "cat"], ["ant"])):
        write_xml(photos / f"p{number}.xml", f"p{number}.jpg", labels, width=160, height=120)
    window = open_window(photos)
    until(lambda: window.label_hist == ["dog", "ant", "cat"], "the classes of the files")
    assert offered(window) == ("", ["dog", "ant", "cat"])
    draw_box(window, (50, 50), (90, 90), "cat")
    assert offered(window) == ("cat", ["cat", "dog", "ant"])
    assert window.label_hist == ["dog", "ant", "cat"], "YOLO's numbers stay"


def test_the_only_class_needs_just_enter(photos: Path, open_window: Opener) -> None:
    from robot import until

    write_xml(photos / "p1.xml", "p1.jpg", ["raccoon"], width=160, height=120)
    window = open_window(photos)
    until(lambda: window.label_hist, "the class of the file")
    assert offered(window) == ("raccoon", ["raccoon"])


def test_a_corrected_typo_is_not_offered_again(photos: Path, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from robot import answering, draw_box, press

    window = open_window(photos)
    draw_box(window, (50, 50), (90, 90), "dgo")
    press(window, Qt.Key_S, Qt.ControlModifier)
    window.host.select_box(1)

    def correct(dialog: Any) -> None:
        dialog.edit.setText("dog")
        QTest.keyClick(dialog.edit, Qt.Key_Return)

    with answering("LabelDialog", correct):
        press(window, Qt.Key_E, Qt.ControlModifier)
    assert offered(window) == ("dog", ["dog"])
    press(window, Qt.Key_S, Qt.ControlModifier)
    press(window, Qt.Key_D)
    assert offered(window) == ("dog", ["dog"])


def test_number_keys_give_a_class(photos: Path, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from robot import drag, press, until

    write_xml(photos / "p0.xml", "p0.jpg", ["dog", "cat"], width=160, height=120)
    window = open_window(photos)
    until(lambda: window.label_hist == ["cat", "dog"], "the classes")
    assert [action.text() for action in window.edit_menu.classes if action.isVisible()] == ["&1 cat", "&2 dog"]
    press(window, Qt.Key_D)
    press(window, Qt.Key_2)
    assert window.statusBar().currentMessage() == "Draw a box around dog."
    drag(window, (20, 20), (90, 90))  # without a dialog
    assert [shape.label for shape in window.canvas.shapes] == ["dog"]
    press(window, Qt.Key_1)
    QTest.keyClick(window.canvas, Qt.Key_Escape)  # not drawn after all
    assert window.canvas.editing()
    drag(window, (50, 50), (52, 50))  # selects it, and moves it
    press(window, Qt.Key_1)
    assert [shape.label for shape in window.canvas.shapes] == ["cat"]
    assert window.label_list.item(0).text() == "cat"
    press(window, Qt.Key_3)  # there is no such class
    press(window, Qt.Key_Z, Qt.ControlModifier)
    assert [shape.label for shape in window.canvas.shapes] == ["dog"]


def test_nothing_is_selected_when_an_image_opens(photos: Path, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    write_xml(photos / "p1.xml", "p1.jpg", ["dog"], width=160, height=120)
    window = open_window(photos)
    press(window, Qt.Key_D)
    assert window.canvas.selected_shape is None
    assert window.label_list.selectedItems() == []
    assert not window.actions.delete.isEnabled()
