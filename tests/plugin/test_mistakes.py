"""The dock Mistakes: what the model does wrong, with thumbnails; both sets of boxes over the photo."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.runs.evaluation_record import ClassRecord, EvaluationRecord, write_evaluation
from boxwright.runs.verdicts import JudgedDetection, JudgedImage, JudgedObject, VerdictsRecord, write_verdicts
from boxwright.workspace import Workspace

Opener = Callable[..., Any]
DOG = (10.0, 10.0, 60.0, 60.0)
CAT = (70.0, 20.0, 140.0, 100.0)


@pytest.fixture
def evaluated(workspace: Workspace) -> Workspace:
    """The workspace with an evaluation: in p1 a dog is missed and a cat is taken for a dog; p0 has a false positive."""
    first = JudgedImage("p0.jpg", 160, 120, (), (JudgedDetection("dog", 0.6, *DOG, verdict="false positive"),))
    wrong = JudgedDetection("dog", 0.8, *CAT, verdict="wrong class", iou=0.9, object_label="cat")
    unsure = JudgedDetection("cat", 0.2, *DOG, verdict="false positive")  # scores too little
    second = JudgedImage("p1.jpg", 160, 120, (JudgedObject("dog", *DOG), JudgedObject("cat", *CAT)), (wrong, unsure))
    workspace.training.mkdir()
    write_verdicts(workspace.training, VerdictsRecord("model.ckpt-7", 7, min_score=0.05, images=(first, second)))
    classes = (ClassRecord("dog", best_score=0.55), ClassRecord("cat", best_score=0.3))
    write_evaluation(workspace.training, EvaluationRecord("model.ckpt-7", 7, images=2, classes=classes))
    return workspace


def rows(window: Any) -> list[str]:
    model = window.docks.mistakes.model
    return [model.data(model.index(row)).replace("\n", ", ") for row in range(model.rowCount())]


ALL = ["missed: cat, p1.jpg", "missed: dog, p1.jpg", "wrong class: dog instead of cat 0.80, p1.jpg",
       "false positive: dog 0.60, p0.jpg"]  # fmt: skip


def test_the_worst_come_first_and_are_filtered(evaluated: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from boxwright_labelimg.docks import thumbnails
    from robot import press, until

    window = open_window(evaluated.root)
    dock = window.docks.mistakes
    until(lambda: rows(window) == ALL, "the mistakes")
    assert dock.kind.itemText(0) == "All kinds (4)"
    makers: list[int] = []
    made: list[Any] = []
    make = thumbnails.thumbnail

    def thumbnail(*key: Any) -> Any:
        makers.append(threading.get_ident())
        made.append(make(*key))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thumbnails, "thumbnail", thumbnail)
        press(window, Qt.Key_3, Qt.ControlModifier)
        assert dock.list.hasFocus()
        until(lambda: len(made) >= 3, "the thumbnails of the rows that are seen")
    assert threading.get_ident() not in makers
    line = thumbnails.LINE.rgb()
    assert any(made[0].pixel(x, y) == line for x in range(72) for y in range(72)), "the box is drawn"
    index = dock.kind.findText("missed")
    dock.kind.setCurrentIndex(index)
    dock.kind.activated.emit(index)
    assert rows(window) == ALL[:2]
    dock.label.setCurrentIndex(dock.label.findText("cat"))
    dock.label.activated.emit(dock.label.currentIndex())
    assert rows(window) == ALL[:1]


def test_the_thumbnail_that_was_wanted_last_is_made_first(
    application: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from PyQt5.QtCore import QObject
    from PyQt5.QtGui import QImage

    from boxwright_labelimg.docks import thumbnails
    from robot import until

    made: list[str] = []
    may_go = threading.Event()

    def thumbnail(photo: Path, edges: Any) -> QImage:
        may_go.wait(60)
        made.append(photo.name)
        return QImage(1, 1, QImage.Format_RGB32)

    monkeypatch.setattr(thumbnails, "thumbnail", thumbnail)
    parent = QObject()
    maker = thumbnails.Thumbnails(parent)
    for name in "abc":
        assert maker.of(tmp_path / name, DOG) is None
    may_go.set()
    until(lambda: len(made) == 3, "the thumbnails")
    maker.close()
    assert made[-1] == "b", "c was wanted later; a may have begun before"


def test_a_double_click_shows_both_sets_and_changes_nothing(evaluated: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtGui import QColor
    from PyQt5.QtTest import QTest

    from boxwright_labelimg.window.overlay import COLOURS, Role
    from robot import on_canvas, press, settle, until

    window = open_window(evaluated.root)
    dock = window.docks.mistakes
    until(lambda: rows(window) == ALL, "the mistakes")
    window.docks.go_to_mistakes()
    before = (evaluated.images / "p1.xml").read_bytes()
    place = dock.list.visualRect(dock.model.index(2)).center()
    QTest.mouseClick(dock.list.viewport(), Qt.LeftButton, Qt.NoModifier, place)
    QTest.mouseDClick(dock.list.viewport(), Qt.LeftButton, Qt.NoModifier, place)
    settle()
    assert Path(window.file_path).name == "p1.jpg"
    shown = window.canvas.overlay.keywords["boxes"]
    assert [(box.text, box.role, box.is_chosen) for box in shown] == [
        ("dog", Role.TRUTH, False),
        ("cat", Role.TRUTH, False),
        ("dog 0.80", Role.WRONG, True),
    ]
    picture = window.canvas.grab().toImage()
    edge = on_canvas(window, 140, 60)
    colours = [QColor(picture.pixel(edge.x() + by, edge.y())) for by in range(-4, 5)]
    assert any(_like(colour, COLOURS[Role.WRONG]) for colour in colours), "the model's box is drawn"
    assert [shape.label for shape in window.canvas.shapes] == ["dog", "cat"]
    assert not window.dirty
    press(window, Qt.Key_D)
    assert window.canvas.overlay is None
    assert (evaluated.images / "p1.xml").read_bytes() == before


def _like(one: Any, other: Any) -> bool:
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return all(abs(first - second) < 30 for first, second in pairs)
