"""Walking through the photos without labels by key, and what the list of photos says of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.annotations.readers import read_annotation
from boxwright.files import sha256_of
from boxwright.findings import Finding, FindingsFile
from boxwright.suggestions.model import PhotoSuggestions, SuggestedBox
from boxwright.suggestions.photos import read_photos
from boxwright.suggestions.ranking_record import RankedPhoto, Ranking, write_ranking
from boxwright.suggestions.review import ReviewCounts
from boxwright.suggestions.store import SuggestionStore
from boxwright.workspace import Workspace
from tiny_workspaces import add_export, add_image

EXPORT = "output_inference_graph_v1"
DOG = SuggestedBox("dog", 0.9, 10.0, 10.0, 60.0, 60.0)
Opener = Callable[..., Any]


@pytest.fixture
def ranked(workspace: Workspace) -> Workspace:
    """Two labelled photos, p0 and p1, and four that are not: p4, p2, p5 are worth labelling in this order, then p3."""
    add_export(workspace)
    for number in (3, 4, 5):
        add_image(workspace, f"p{number}.jpg", None, seed=number, size=(160, 120))
    store = SuggestionStore(workspace)
    read_photos(workspace, store)
    photo = sha256_of(workspace.images / "p4.jpg")
    store.save([PhotoSuggestions(photo, "c" * 64, EXPORT, 160, 120, (DOG,))])
    order = [RankedPhoto(f"images/p{number}.jpg", "unsure", 0.5, 0.5) for number in (4, 2, 5)]
    write_ranking(workspace, Ranking(tuple(order), 2, EXPORT))
    return workspace


def marks(window: Any) -> str:
    """Return the sign of each photo in the list, by its first letter."""
    from PyQt5.QtCore import Qt

    photos = window.file_list_widget
    return "".join((photos.item(row).data(Qt.UserRole) or "-")[0] for row in range(photos.count()))


def names(window: Any) -> list[str]:
    photos = window.file_list_widget
    rows = [photos.item(row) for row in range(photos.count())]
    assert [row.text() for row in rows] == window.m_img_list
    return [Path(row.text()).stem for row in rows if not row.isHidden()]


def test_the_list_says_what_each_photo_is(ranked: Workspace, open_window: Opener) -> None:
    from robot import until

    window = open_window(ranked.root)
    panel = window.docks.photos
    until(lambda: marks(window) == "lluusu", "the signs")
    assert panel.progress.text() == "2 of 6 labelled"
    assert window.file_list_widget.item(4).toolTip().endswith("p4.jpg\nThe model suggests boxes")
    panel.unlabelled.click()
    assert names(window) == ["p2", "p3", "p4", "p5"]
    panel.unlabelled.click()
    panel.order.setCurrentIndex(1)
    panel.order.activated.emit(1)
    assert names(window) == ["p4", "p2", "p5", "p0", "p1", "p3"]
    assert (window.counter_str(), marks(window)) == ("[4 / 6]", "suullu")
    panel.order.setCurrentIndex(0)
    panel.order.activated.emit(0)
    assert names(window) == [f"p{number}" for number in range(6)]
    finding = Finding(file="images/p1.xml", rule="box-outside", message="a problem", advice="Fix it.")
    FindingsFile((finding,)).write(ranked.state / FindingsFile.NAME)
    until(lambda: marks(window) == "lfuusu", "the sign of a finding")


def test_a_sign_is_seen_in_a_selected_row(ranked: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtGui import QColor, QIcon

    from robot import until

    window = open_window(ranked.root)
    until(lambda: marks(window) == "lluusu", "the signs")
    icon = window.file_list_widget.item(0).icon()
    assert icon.pixmap(16, 16, QIcon.Selected).toImage().pixelColor(0, 0) == QColor(Qt.white)
    assert icon.pixmap(16, 16).toImage().pixelColor(0, 0).alpha() == 0


def test_the_keys_walk_in_the_order_of_the_ranking(ranked: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import draw_box, press, until

    window = open_window(ranked.root)
    until(lambda: marks(window) == "lluusu", "the signs")
    press(window, Qt.Key_N)
    assert window.file_path.endswith("p4.jpg")
    assert window.file_list_widget.currentRow() == 4
    until(lambda: window.canvas.shapes, "the suggestion")
    press(window, Qt.Key_Return, Qt.ControlModifier | Qt.ShiftModifier)
    assert [box.label for box in read_annotation(ranked.images / "p4.xml").boxes] == ["dog"]
    assert window.file_path.endswith("p2.jpg")
    assert window.docks.photos.progress.text() == "3 of 6 labelled"
    press(window, Qt.Key_Return, Qt.ControlModifier | Qt.ShiftModifier)
    assert window.file_path.endswith("p2.jpg"), "nothing is there to accept: nobody said that it is empty"
    assert not (ranked.images / "p2.xml").exists()
    press(window, Qt.Key_0)
    assert read_annotation(ranked.images / "p2.xml").boxes == ()
    assert window.file_path.endswith("p5.jpg")
    assert marks(window) == "llnulu"
    draw_box(window, (20, 20), (60, 60), "cat")
    press(window, Qt.Key_0)
    assert window.file_path.endswith("p5.jpg") and not (ranked.images / "p5.xml").exists(), "it has a box"
    press(window, Qt.Key_Return, Qt.ControlModifier | Qt.ShiftModifier)
    assert window.file_path.endswith("p3.jpg"), "photos that are not ranked come last"
    press(window, Qt.Key_N)
    assert window.file_path.endswith("p3.jpg")
    assert window.statusBar().currentMessage() == "No other photo is without labels."
    store = SuggestionStore(ranked)
    until(lambda: store.review() == ReviewCounts(accepted=1, drawn=1), "the counts")


def test_no_objects_deletes_what_was_suggested(ranked: Workspace, open_window: Opener) -> None:
    from PyQt5.QtCore import Qt

    from robot import press, until

    window = open_window(ranked.root)
    until(lambda: marks(window) == "lluusu", "the signs")
    press(window, Qt.Key_N)
    until(lambda: window.canvas.shapes, "the suggestion")
    window.train_menu.actions["no_objects"].trigger()
    assert read_annotation(ranked.images / "p4.xml").boxes == ()
    assert window.file_path.endswith("p2.jpg")
    until(lambda: SuggestionStore(ranked).review() == ReviewCounts(deleted=1), "the counts")
