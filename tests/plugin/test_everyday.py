"""Everyday editing: far moves, the next image without boxes, an image by its name, zoom to a box."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from boxwright.workspace import Workspace
from tiny_workspaces import add_image

Opener = Callable[..., Any]


def test_shift_and_an_arrow_key_move_a_box_by_ten_pixels(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from robot import press

    window = open_window(workspace.root)
    window.label_list.setCurrentRow(0)
    window.canvas.setFocus()
    shape = window.canvas.selected_shape
    before = shape.points[0].x()
    QTest.keyClick(window.canvas, Qt.Key_Right, Qt.ShiftModifier)
    assert shape.points[0].x() == before + 10
    QTest.keyClick(window.canvas, Qt.Key_Right)
    assert shape.points[0].x() == before + 11
    press(window, Qt.Key_Z, Qt.ControlModifier)
    assert window.canvas.shapes[0].points[0].x() == before, "one move, one step of undo"


def test_images_without_boxes_are_found(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    add_image(workspace, "p3.jpg", ["dog"], seed=3, size=(160, 120))
    add_image(workspace, "p4.jpg", None, seed=4, size=(160, 120))
    window = open_window(workspace.root)
    visited = []
    for key in (Qt.Key_D, Qt.Key_D, Qt.Key_D, Qt.Key_A):
        press(window, key, Qt.ShiftModifier)
        visited.append(window.file_path[-6:])
    assert visited == ["p2.jpg", "p4.jpg", "p4.jpg", "p2.jpg"]
    assert window.counter_str() == "[3 / 5]"


def test_an_image_is_opened_by_a_part_of_its_name(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from robot import answering, press

    def type_name(dialog: Any) -> None:
        assert dialog.found.count() == 3
        QTest.keyClicks(dialog.name, "P2")
        assert dialog.found.count() == 1
        QTest.keyClick(dialog.name, Qt.Key_Return)

    window = open_window(workspace.root)
    with answering("GoToImageDialog", type_name):
        press(window, Qt.Key_G, Qt.ControlModifier)
    assert window.file_path.endswith("p2.jpg")


def test_a_box_is_zoomed_to(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import QPoint, Qt

    from robot import draw_box, on_canvas, press, settle

    window = open_window(workspace.root)
    draw_box(window, (90, 50), (110, 70), "fox")
    window.label_list.setCurrentRow(1)
    before = window.zoom_widget.value()
    press(window, Qt.Key_Z)
    settle()
    assert window.zoom_widget.value() > before
    viewport = window.scroll_area.viewport()
    centre = window.canvas.mapTo(viewport, on_canvas(window, 100, 60))
    assert viewport.rect().contains(centre)
    assert (centre - QPoint(viewport.width() // 2, viewport.height() // 2)).manhattanLength() < 20
