"""Boxes that the model suggests: whose they are, which are shown, and when they come by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.readers import read_annotation
from boxwright.workspace import Workspace
from tiny_workspaces import add_export, write_xml

SIZE = (160, 120)
Opener = Callable[..., Any]


def show_suggestions(window: Any, *rows: tuple[str, float, float, float, float, float]) -> None:
    """Let the model answer, without one."""
    from boxwright.workflow.suggestions import SuggestedBox
    from boxwright_labelimg.client.suggestion_process import Answer

    image = Path(window.file_path)
    window.controllers.suggestions._awaited = image
    suggestions = tuple(SuggestedBox(*row) for row in rows)
    window.session.tasks.answer_came.emit(Answer(image, suggestions, "output_inference_graph_v1"))


def test_suggestions_are_suggestions_until_they_are_the_users(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from boxwright_labelimg.window.labelimg_host import SUGGESTED_LINE as LINE
    from robot import drag, press

    add_export(workspace)
    window = open_window(workspace.root)
    window.load_file(window.m_img_list[2])
    show_suggestions(
        window, ("dog", 0.9, 10, 10, 60, 60), ("cat", 0.7, 70, 20, 140, 100), ("dog", 0.3, 100, 60, 150, 110)
    )
    shapes = window.canvas.shapes
    assert [shape.label for shape in shapes] == ["dog", "cat"]
    assert all(shape.line_color == LINE for shape in shapes)
    assert not window.dirty
    window.docks.training.slider.setValue(20)
    assert [shape.label for shape in shapes] == ["dog", "cat", "dog"]
    window.docks.training.slider.setValue(60)
    assert [shape.label for shape in shapes] == ["dog", "cat"]
    # one is moved by the mouse: it is the user's, the other is not
    window.canvas.setFocus()
    drag(window, (30, 40), (34, 46))
    assert window.dirty
    assert [shape.line_color == LINE for shape in shapes] == [False, True]
    # the other is thrown away, and does not come back with the slider
    window.canvas.select_shape(shapes[1])
    press(window, Qt.Key_Delete)
    window.docks.training.slider.setValue(59)
    assert [shape.label for shape in shapes] == ["dog"]
    press(window, Qt.Key_S, Qt.ControlModifier)
    (box,) = read_annotation(workspace.images / "p2.xml").boxes
    assert (box.label, box.xmin) == ("dog", pytest.approx(14, abs=2))
    assert (box.xmax - box.xmin, box.ymax - box.ymin) == pytest.approx((50, 50), abs=1)


def test_saving_accepts_and_leaving_does_not(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from boxwright_labelimg.window.labelimg_host import SUGGESTED_LINE as LINE
    from robot import press

    window = open_window(workspace.root)
    press(window, Qt.Key_D)
    press(window, Qt.Key_D)
    show_suggestions(window, ("dog", 0.9, 10, 10, 60, 60))
    press(window, Qt.Key_A)  # no question about boxes that the user did not draw
    assert window.file_path.endswith("p1.jpg")
    press(window, Qt.Key_D)
    assert window.canvas.shapes == []
    assert not (workspace.images / "p2.xml").exists()
    show_suggestions(window, ("dog", 0.9, 10, 10, 60, 60))
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert [box.label for box in read_annotation(workspace.images / "p2.xml").boxes] == ["dog"]
    assert window.canvas.shapes[0].line_color != LINE
    assert not window.train_menu.actions["accept_suggestions"].isEnabled()


def test_what_is_there_stays_and_is_not_suggested_again(workspace: Workspace, open_window: Opener) -> None:
    window = open_window(workspace.root)
    there = [(point.x(), point.y()) for point in window.canvas.shapes[0].points]  # a dog, 1..12 x 2..9
    show_suggestions(window, ("dog", 0.9, 1, 2, 12, 10), ("cat", 0.9, 1, 2, 12, 10), ("dog", 0.8, 60, 60, 90, 90))
    assert [shape.label for shape in window.canvas.shapes] == ["dog", "cat", "dog"]
    assert [(point.x(), point.y()) for point in window.canvas.shapes[0].points] == there


def test_an_answer_about_another_image_is_passed_over(workspace: Workspace, open_window: Opener) -> None:
    from boxwright.workflow.suggestions import SuggestedBox
    from boxwright_labelimg.client.suggestion_process import Answer

    window = open_window(workspace.root)
    window.controllers.suggestions._awaited = Path(window.file_path)
    answer = Answer(Path(window.m_img_list[2]), (SuggestedBox("dog", 0.9, 10, 10, 60, 60),), "v1")
    window.load_file(window.m_img_list[2])
    window.load_file(window.m_img_list[0])
    window.session.tasks.answer_came.emit(answer)
    assert [shape.label for shape in window.canvas.shapes] == ["dog"]


def test_suggestions_come_automatically_in_unlabelled_images(
    workspace: Workspace, open_window: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from robot import until

    add_export(workspace)
    write_xml(workspace.images / "p1.xml", "p1.jpg", [], width=SIZE[0], height=SIZE[1])  # nothing is in it
    window = open_window(workspace.root)
    until(lambda: window.session.status and window.session.status.export, "a model")
    asked: list[str] = []
    monkeypatch.setattr(window.session.tasks, "ask", lambda _, image: asked.append(image.name))
    window.train_menu.actions["suggest_when_opening"].trigger()
    for path in window.m_img_list:
        window.load_file(path)
    until(lambda: asked == ["p2.jpg"], "a question about the image without labels")


def test_a_model_that_does_not_answer_is_shown(workspace: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press, until

    add_export(workspace)  # an empty folder is no model
    window = open_window(workspace.root)
    until(window.train_menu.actions["suggest_boxes"].isEnabled, "a model")
    press(window, Qt.Key_P, Qt.ControlModifier)
    until(lambda: "no model in this folder" in window.docks.training.notice.text(), "why there are none")
    press(window, Qt.Key_1, Qt.ControlModifier)
    assert window.docks.training.notice.text() == ""  # something else was asked for
