"""Undo and redo of what a person does to boxes, and boxes pasted from the previous image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from boxwright.annotations.model import Annotation, Box
from boxwright.annotations.readers import read_annotation
from boxwright.annotations.voc import render_voc
from boxwright.workspace import Workspace
from tiny_workspaces import add_export

Opener = Callable[..., Any]


def annotate(image: Path, *rows: tuple[str, int, int, int, int]) -> None:
    """Write the XML of an image of 160 x 120."""
    annotation = Annotation(image.name, 160, 120, tuple(Box(*row) for row in rows))
    image.with_suffix(".xml").write_bytes(render_voc(annotation, folder="images", path=str(image)))


def boxes(window: Any) -> list[tuple[str, int, int, int, int]]:
    """Return the boxes of the canvas in whole pixels; the list beside it must say the same."""
    shown = []
    for shape in window.canvas.shapes:
        xs, ys = [round(point.x()) for point in shape.points], [round(point.y()) for point in shape.points]
        shown.append((shape.label, min(xs), min(ys), max(xs), max(ys)))
    rows = [window.label_list.item(row).text() for row in range(window.label_list.count())]
    assert rows == [box[0] for box in shown]
    assert len(window.items_to_shapes) == len(window.shapes_to_items) == len(shown)
    return shown


def undo(window: Any) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    press(window, Qt.Key_Z, Qt.ControlModifier)


def redo(window: Any) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    press(window, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)


def show_suggestion(window: Any, label: str, *edges: float) -> None:
    from boxwright.workflow.suggestions import SuggestedBox
    from boxwright_labelimg.client.suggestion_process import Answer

    window.controllers.suggestions._awaited = Path(window.file_path)
    answer = Answer(Path(window.file_path), (SuggestedBox(label, 0.9, *edges),), "v1")
    window.session.tasks.answer_came.emit(answer)


def test_each_edit_is_undone_and_redone(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from robot import answering, drag, draw_box, press

    annotate(workspace.images / "p0.jpg", ("dog", 60, 50, 100, 90))
    window = open_window(workspace.root)
    seen = [boxes(window)]

    def edited() -> None:
        assert boxes(window) != seen[-1]
        assert window.dirty
        seen.append(boxes(window))

    draw_box(window, (10, 10), (40, 40), "cat")
    edited()
    drag(window, (80, 70), (86, 78))  # moves the dog
    edited()
    drag(window, (106, 98), (120, 110))  # its corner
    edited()

    def relabel(dialog: Any) -> None:
        dialog.edit.setText("fox")
        QTest.keyClick(dialog.edit, Qt.Key_Return)

    with answering("LabelDialog", relabel):
        press(window, Qt.Key_E, Qt.ControlModifier)
    edited()
    window.canvas.setFocus()
    for _ in range(3):
        QTest.keyClick(window.canvas, Qt.Key_Left)  # three pixels are one step
    edited()
    window.diffc_button.click()
    assert window.canvas.selected_shape.difficult
    press(window, Qt.Key_D, Qt.ControlModifier)
    edited()
    press(window, Qt.Key_Delete)
    seen.append(boxes(window))
    for wanted in reversed(seen[:-1]):
        undo(window)
        if wanted == seen[5]:
            undo(window)  # the mark "difficult"
        assert boxes(window) == wanted
    assert not window.dirty
    assert not window.edit_menu.undo.isEnabled()
    for wanted in seen[1:]:
        redo(window)
        assert boxes(window) == wanted or wanted == seen[6]
        if wanted == seen[6]:
            redo(window)
            assert boxes(window) == wanted
    assert not window.edit_menu.redo.isEnabled()
    press(window, Qt.Key_S, Qt.ControlModifier)
    saved = read_annotation(workspace.images / "p0.xml").boxes
    assert [box.label for box in saved] == [box[0] for box in seen[-1]]
    undo(window)
    assert window.dirty
    redo(window)
    assert not window.dirty, "these are the boxes that were saved"


def test_fifty_steps_of_one_image(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press, settle

    window = open_window(workspace.root)
    (shape,) = window.canvas.shapes
    first = shape.points[0].x()
    for _ in range(52):
        shape.move_by(window.canvas.pixmap.rect().topLeft() + type(shape.points[0])(1, 0))
        window.canvas.shapeMoved.emit()
    for _ in range(60):
        window.edit_menu.undo.trigger()
    assert shape.points[0].x() == first + 2
    window.dirty = False
    press(window, Qt.Key_D)
    settle()
    before = boxes(window)
    undo(window)
    assert boxes(window) == before
    assert not window.dirty


def test_accepting_and_deleting_suggestions_is_undone(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from boxwright_labelimg.window.labelimg_host import SUGGESTED_LINE as LINE
    from robot import drag, press

    add_export(workspace)
    window = open_window(workspace.root)
    window.load_file(window.m_img_list[2])
    show_suggestion(window, "dog", 20, 20, 70, 70)
    undo(window)
    assert [box[0] for box in boxes(window)] == ["dog"], "a suggestion that comes is no edit"
    window.canvas.setFocus()
    drag(window, (45, 45), (50, 50))
    assert window.canvas.shapes[0].line_color != LINE
    undo(window)
    assert boxes(window) == [("dog", 20, 20, 70, 70)]
    assert window.canvas.shapes[0].line_color == LINE
    assert not window.dirty
    assert window.train_menu.actions["accept_suggestions"].isEnabled()
    press(window, Qt.Key_Return, Qt.ControlModifier)
    assert window.canvas.shapes[0].line_color != LINE
    undo(window)
    assert window.canvas.shapes[0].line_color == LINE
    redo(window)
    assert window.canvas.shapes[0].line_color != LINE
    undo(window)
    window.canvas.select_shape(window.canvas.shapes[0])
    press(window, Qt.Key_Delete)
    window.docks.training.slider.setValue(30)
    assert boxes(window) == []
    undo(window)
    assert window.canvas.shapes[0].line_color == LINE
    window.docks.training.slider.setValue(94)
    assert boxes(window) == [], "it is a suggestion, which the slider hides"


def test_paste_adds_boxes_and_saves_nothing(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    annotate(workspace.images / "p0.jpg", ("dog", 10, 10, 50, 50), ("cat", 60, 60, 155, 110))
    annotate(workspace.images / "p1.jpg", ("dog", 10, 10, 50, 50), ("dog", 60, 60, 155, 110))
    before = (workspace.images / "p1.xml").read_bytes()
    window = open_window(workspace.root)
    press(window, Qt.Key_V, Qt.ControlModifier)
    assert "no previous image" in window.statusBar().currentMessage()
    press(window, Qt.Key_D)
    press(window, Qt.Key_V, Qt.ControlModifier)
    there = [("dog", 10, 10, 50, 50), ("dog", 60, 60, 155, 110)]
    assert boxes(window) == [*there, ("cat", 60, 60, 155, 110)], "class and place must both agree"
    assert window.statusBar().currentMessage() == "A box is pasted from p0.jpg."
    assert (workspace.images / "p1.xml").read_bytes() == before
    press(window, Qt.Key_V, Qt.ControlModifier)
    assert len(boxes(window)) == 3
    undo(window)
    assert boxes(window) == there
    assert not window.dirty


def test_paste_finds_the_previous_boxes_wherever_they_are(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    (workspace.images / "p1.xml").rename(workspace.annotations / "p1.xml")
    window = open_window(workspace.root)
    press(window, Qt.Key_D)
    press(window, Qt.Key_D)
    assert window.file_path.endswith("p2.jpg")
    press(window, Qt.Key_V, Qt.ControlModifier)
    assert [box[0] for box in boxes(window)] == ["dog", "cat"]
