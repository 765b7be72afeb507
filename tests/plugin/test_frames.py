"""A photo whose boxes lie in another frame is shown, and saved, with its boxes where the dataset puts them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

import pytest

from boxwright.dataset.sync import sync
from boxwright.workspace import Workspace
from image_files import oriented
from tiny_workspaces import image_bytes, write_boxes

Opener = Callable[..., Any]
STORED = (160, 120)  # as the photo is stored
BOX = (20, 30, 60, 50)


def rows(workspace: Workspace, name: str) -> list[list[str]]:
    """Return the dataset's rows of an image: width, height, class and edges."""
    sync(workspace)
    tables = [workspace.annotations / f"{split}_labels.csv" for split in ("train", "test")]
    return [row[1:] for table in tables for row in csv.reader(table.read_text("utf-8").splitlines()) if row[0] == name]


@pytest.mark.parametrize(
    ("orientation", "size", "box", "expected"),
    [
        (6, STORED, BOX, (70, 20, 90, 60)),  # turned by a quarter: x = 120 - y
        (5, STORED, BOX, (30, 20, 50, 60)),  # mirrored, too: x and y exchanged
        (6, STORED[::-1], BOX, BOX),  # drawn in the upright photo
        (1, (320, 240), tuple(2 * edge for edge in BOX), BOX),  # scaled after it was annotated
    ],
)
def test_boxes_are_shown_and_saved_where_the_dataset_puts_them(
    workspace: Workspace,
    open_window: Opener,
    orientation: int,
    size: tuple[int, int],
    box: tuple[float, float, float, float],
    expected: tuple[int, ...],
) -> None:
    from PyQt5.QtCore import Qt
    from PyQt5.QtGui import QImage

    from robot import press

    photo = workspace.images / "turned.jpg"
    photo.write_bytes(image_bytes(7, width=STORED[0], height=STORED[1], exif=oriented(orientation)))
    write_boxes(photo.with_suffix(".xml"), photo.name, [box], size=size)
    before = rows(workspace, photo.name)
    assert [tuple(map(int, row[3:])) for row in before] == [expected]

    window = open_window(workspace.root)
    window.load_file(str(photo))
    image: QImage = window.image
    assert (image.width(), image.height()) == (STORED[::-1] if orientation > 1 else STORED)
    (shape,) = window.canvas.shapes
    corners = [(point.x(), point.y()) for point in shape.points]
    assert (*corners[0], *corners[2]) == expected
    assert not window.dirty
    window.set_dirty()
    press(window, Qt.Key_S, Qt.ControlModifier)
    assert not window.dirty
    assert rows(workspace, photo.name) == before


def test_where_the_set_tells_the_frame_boxes_are_shown_and_saved_as_the_dataset_takes_them(
    workspace: Workspace, open_window: Opener
) -> None:
    from PyQt5.QtCore import Qt

    from robot import press

    photo, other = workspace.images / "half.jpg", workspace.images / "quarter.jpg"
    for path, orientation in ((photo, 3), (other, 6)):  # of both labelled in the stored frame only the second tells
        path.write_bytes(image_bytes(7, width=STORED[0], height=STORED[1], exif=oriented(orientation)))
        write_boxes(path.with_suffix(".xml"), path.name, [BOX], size=STORED)
    before = rows(workspace, photo.name)
    assert [tuple(map(int, row[3:])) for row in before] == [(100, 70, 140, 90)]

    window = open_window(workspace.root)
    window.load_file(str(photo))
    for _ in range(2):
        (shape,) = window.canvas.shapes
        corners = [(point.x(), point.y()) for point in shape.points]
        assert (*corners[0], *corners[2]) == (100, 70, 140, 90)
        window.set_dirty()
        press(window, Qt.Key_S, Qt.ControlModifier)
        assert not window.dirty
        assert rows(workspace, photo.name) == before


def test_boxes_for_a_photo_of_another_size_are_shown_with_a_warning(workspace: Workspace, open_window: Opener) -> None:
    photo = workspace.images / "other.jpg"
    photo.write_bytes(image_bytes(7, width=STORED[0], height=STORED[1]))
    write_boxes(photo.with_suffix(".xml"), photo.name, [(200, 10, 280, 90)], size=(300, 100))
    window = open_window(workspace.root)
    window.load_file(str(photo))
    assert len(window.canvas.shapes) == 1
    assert "check them before you save" in window.statusBar().currentMessage()
