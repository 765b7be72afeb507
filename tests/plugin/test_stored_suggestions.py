"""Suggestions that the workspace has stored: shown as soon as the photo opens, accepted one by one or all, counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.readers import read_annotation
from boxwright.files import sha256_of
from boxwright.runs.model_file import MODEL_FILE, ModelClass, ModelFile, ModelInput, ModelTraining
from boxwright.suggestions.model import PhotoSuggestions, SuggestedBox
from boxwright.suggestions.review import ReviewCounts
from boxwright.suggestions.store import SuggestionStore
from boxwright.workspace import Workspace
from tiny_workspaces import add_export

EXPORT = "output_inference_graph_v1"
DOG = SuggestedBox("dog", 0.9, 10.0, 10.0, 60.0, 60.0)
CAT = SuggestedBox("cat", 0.45, 70.0, 20.0, 140.0, 100.0)
BIRD = SuggestedBox("bird", 0.6, 100.0, 60.0, 150.0, 110.0)
Opener = Callable[..., Any]


def store_suggestions(workspace: Workspace, *boxes: SuggestedBox, name: str = "p2.jpg", export: str = EXPORT) -> None:
    """Store what a model suggests for a photo."""
    photo = sha256_of(workspace.images / name)
    SuggestionStore(workspace).save([PhotoSuggestions(photo, "c" * 64, export, 160, 120, boxes)])


@pytest.fixture
def suggested(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace with a model and three suggestions for its photo without labels; no process is started."""
    from boxwright_labelimg.client.suggestion_process import SuggestionProcess

    add_export(workspace)
    classes = (ModelClass(1, "cat", best_score=0.4), ModelClass(2, "dog", best_score=0.8))
    model = ModelFile("ssd", classes, ModelInput(300, 300, "stretch"), ModelTraining(7))
    (workspace.exports / EXPORT / MODEL_FILE).write_text(model.to_json(), encoding="utf-8")
    store_suggestions(workspace, DOG, BIRD, CAT)

    def ask(*_: object) -> None:
        raise AssertionError("the model's process is asked")

    monkeypatch.setattr(SuggestionProcess, "ask", ask)
    return workspace


def open_suggested(window: Any) -> list[Any]:
    """Open the photo without labels; return its boxes when they are there."""
    from robot import until

    until(lambda: window.session.status is not None, "the workspace")
    window.load_file(window.m_img_list[2])
    return list(until(lambda: window.canvas.shapes, "the stored suggestions"))


def test_they_are_shown_without_a_process(
    suggested: Workspace, open_window: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from boxwright_labelimg.window.labelimg_host import SUGGESTED_LINE as LINE
    from robot import until

    readers: list[threading.Thread] = []
    read = SuggestionStore.get

    def get(store: SuggestionStore, photo: str) -> PhotoSuggestions | None:
        readers.append(threading.current_thread())
        return read(store, photo)

    monkeypatch.setattr(SuggestionStore, "get", get)
    window = open_window(suggested.root)
    shapes = open_suggested(window)
    assert [(shape.label, shape.score) for shape in shapes] == [("dog", 0.9), ("bird", 0.6), ("cat", 0.45)]
    assert all(shape.line_color == LINE for shape in shapes)
    assert window.label_list.item(0).toolTip() == "Suggested, score 0.90"
    assert not window.dirty
    assert readers and threading.main_thread() not in readers, "drawing never waits for the disk"
    dock = window.docks.training
    assert dock.best.isVisibleTo(dock) and dock.best.isChecked()
    assert dock.score.text() == "0.40 - 0.80"
    dock.slider.setValue(55)  # from now on one score for all classes
    assert not dock.best.isChecked()
    assert [shape.label for shape in window.canvas.shapes] == ["dog", "bird"]
    dock.best.click()
    assert sorted(shape.label for shape in window.canvas.shapes) == ["bird", "cat", "dog"]
    window.load_file(window.m_img_list[0])
    store_suggestions(suggested, DOG, name="p0.jpg")
    window.load_file(window.m_img_list[0])
    until(lambda: len(readers) > 0, "a reader")
    assert [shape.line_color == LINE for shape in window.canvas.shapes] == [False], "a labelled photo has its boxes"


def test_those_of_an_earlier_model_are_not_shown(suggested: Workspace, open_window: Opener) -> None:
    from robot import until

    store_suggestions(suggested, DOG, export="output_inference_graph_v0")
    window = open_window(suggested.root)
    until(lambda: window.session.status is not None, "the workspace")
    window.load_file(window.m_img_list[2])
    add_export(suggested, "output_inference_graph_v2")
    store_suggestions(suggested, BIRD, export="output_inference_graph_v2")
    until(lambda: window.canvas.shapes, "the suggestions of the newer model, in the image that is open")
    assert [shape.label for shape in window.canvas.shapes] == ["bird"]


def test_one_is_accepted_by_key_or_double_click_and_all_are_counted(suggested: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtTest import QTest

    from boxwright_labelimg.window.labelimg_host import SUGGESTED_LINE as LINE
    from robot import draw_box, on_canvas, press, settle, until

    window = open_window(suggested.root)
    _, bird, cat = open_suggested(window)

    def accepted() -> list[str]:
        return [shape.label for shape in window.canvas.shapes if shape.line_color != LINE]

    QTest.mouseClick(window.canvas, Qt.LeftButton, Qt.NoModifier, on_canvas(window, 30, 40))
    QTest.mouseDClick(window.canvas, Qt.LeftButton, Qt.NoModifier, on_canvas(window, 30, 40))
    settle()
    assert accepted() == ["dog"]
    window.canvas.select_shape(bird)
    press(window, Qt.Key_Return, Qt.ShiftModifier)
    assert accepted() == ["dog", "bird"]
    window.canvas.select_shape(cat)
    number = list(window.host._window.label_hist).index("cat") + 1
    press(window, Qt.Key_0 + number)  # its own class: the person agrees
    assert accepted() == ["dog", "bird", "cat"]
    press(window, Qt.Key_Z, Qt.ControlModifier)
    press(window, Qt.Key_Z, Qt.ControlModifier)
    assert accepted() == ["dog"]
    window.canvas.select_shape(bird)
    press(window, Qt.Key_Delete)
    window.canvas.setFocus()
    window.canvas.select_shape(cat)
    QTest.keyClick(window.canvas, Qt.Key_Left)
    draw_box(window, (5, 70), (40, 110), "fox")
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert [box.label for box in read_annotation(suggested.images / "p2.xml").boxes] == ["dog", "cat", "fox"]
    store, dock = SuggestionStore(suggested), window.docks.training
    wanted = ReviewCounts(accepted=1, moved=1, deleted=1, drawn=1)
    until(lambda: store.review() == wanted, "the counts")
    until(lambda: dock.review.text() == "2 of 3 boxes drawn by the model", "the counts in the dock")
    press(window, Qt.Key_S, Qt.ControlModifier)
    window.load_file(window.m_img_list[2])
    press(window, Qt.Key_S, Qt.ControlModifier)  # boxes of the file: nobody drew them again
    assert store.review() == wanted
    shown = dock.review.text()
    window.close()  # it holds the folder
    again = open_window(suggested.root)
    until(lambda: again.docks.training.review.text() == shown, "the counts of before")


def test_all_are_accepted_at_once(suggested: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press, until

    window = open_window(suggested.root)
    open_suggested(window)
    until(window.train_menu.actions["accept_suggestions"].isEnabled, "the action")
    press(window, Qt.Key_Return, Qt.ControlModifier)
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert len(read_annotation(Path(suggested.images / "p2.xml")).boxes) == 3
    until(lambda: SuggestionStore(suggested).review() == ReviewCounts(accepted=3), "the counts")
