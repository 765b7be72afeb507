"""Boxes as a window shows them lie where a dataset puts them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from boxwright.dataset.sync import sync
from boxwright.workflow.shown_boxes import saved_frame, shown_boxes
from boxwright.workspace import Workspace
from image_files import oriented
from tiny_workspaces import image_bytes, write_boxes

BOX = (10, 20, 30, 26)  # xmin, ymin, xmax, ymax in the stored frame of 60 x 40 pixels
SIZE = (60, 40)


def photo(path: Path, orientation: int) -> Image.Image:
    """Write a photo whose box is white; return it as a viewer shows it."""
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95, exif=oriented(orientation))
    path.write_bytes(stream.getvalue())
    return ImageOps.exif_transpose(Image.open(io.BytesIO(stream.getvalue())))


def white_edges(image: Image.Image) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(np.asarray(image.convert("L")) > 127)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_of_the_stored_frame_are_turned_with_the_pixels(tmp_path: Path, orientation: int) -> None:
    upright = photo(tmp_path / "a.jpg", orientation)
    write_boxes(tmp_path / "a.xml", "a.jpg", [BOX], size=SIZE)
    shown = shown_boxes(tmp_path / "a.jpg", tmp_path / "a.xml")
    assert shown is not None
    assert shown.fit
    (box,) = shown.boxes
    edges = (box.xmin, box.ymin, box.xmax, box.ymax)
    if orientation in (1, 5, 6, 7, 8):  # the size tells the frame; a half turn leaves it, and labelImg's is upright
        assert edges == white_edges(upright)
    else:
        assert edges == BOX
    assert shown.are_moved == (edges != BOX)


@pytest.mark.parametrize("others", ["stored", "upright", "none"])
@pytest.mark.parametrize(("orientation", "size"), [(3, SIZE), (2, SIZE), (6, (60, 60)), (8, (60, 60))])
def test_the_other_photos_of_the_set_tell_the_frame(
    tmp_path: Path, orientation: int, size: tuple[int, int], others: str
) -> None:
    workspace = Workspace.at(tmp_path)
    workspace.images.mkdir()
    image, annotation_file = workspace.images / "a.jpg", workspace.images / "a.xml"
    image.write_bytes(image_bytes(1, width=size[0], height=size[1], exif=oriented(orientation)))
    write_boxes(annotation_file, "a.jpg", [BOX], size=size)
    if others != "none":
        photo(workspace.images / "b.jpg", 6)
        write_boxes(workspace.images / "b.xml", "b.jpg", [BOX], size=SIZE if others == "stored" else SIZE[::-1])
    sync(workspace)
    shown = shown_boxes(image, annotation_file, workspace)
    assert shown is not None
    edges = [tuple(map(int, (box.xmin, box.ymin, box.xmax, box.ymax))) for box in shown.boxes]
    tables = [workspace.annotations / f"{split}_labels.csv" for split in ("train", "test")]
    rows = [row for table in tables if table.exists() for row in csv.reader(table.read_text("utf-8").splitlines())]
    assert edges == [tuple(map(int, row[4:])) for row in rows if row[0] == "a.jpg"]
    assert shown.are_moved == (others == "stored")

    frame = saved_frame(image, workspace)
    assert (frame is not None) == (others == "stored")
    if frame is not None:  # what is saved is what the file had
        (box,) = shown.boxes
        corners = [frame.point(box.xmin, box.ymin), frame.point(box.xmax, box.ymax)]
        assert [sorted(axis) for axis in zip(*corners, strict=True)] == [[BOX[0], BOX[2]], [BOX[1], BOX[3]]]
    assert saved_frame(workspace.images / "b.jpg", workspace) is None  # its size tells, or there is none


def test_without_a_sync_the_boxes_are_upright(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", 3)
    write_boxes(tmp_path / "a.xml", "a.jpg", [BOX], size=SIZE)
    shown = shown_boxes(tmp_path / "a.jpg", tmp_path / "a.xml", Workspace.at(tmp_path))
    assert shown is not None
    assert not shown.are_moved
    assert not any(tmp_path.glob(".boxwright*"))


def test_boxes_are_scaled_and_fractions_become_pixels(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", 1)
    write_boxes(tmp_path / "a.xml", "a.jpg", [(20, 40, 60, 52)], size=(120, 80))
    shown = shown_boxes(tmp_path / "a.jpg", tmp_path / "a.xml")
    assert shown is not None
    assert shown.are_moved
    assert [(box.xmin, box.ymin, box.xmax, box.ymax) for box in shown.boxes] == [BOX]


def test_a_file_for_another_photo_does_not_fit(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg", 1)
    write_boxes(tmp_path / "a.xml", "a.jpg", [(200, 10, 280, 90)], size=(300, 100))
    shown = shown_boxes(tmp_path / "a.jpg", tmp_path / "a.xml")
    assert shown is not None
    assert not shown.fit
    assert not shown.are_moved


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    write_boxes(tmp_path / "a.xml", "a.jpg", [BOX], size=SIZE)
    assert shown_boxes(tmp_path / "a.jpg", tmp_path / "a.xml") is None
    photo(tmp_path / "b.jpg", 1)
    (tmp_path / "b.xml").write_text("<annotation", "utf-8")
    assert shown_boxes(tmp_path / "b.jpg", tmp_path / "b.xml") is None
    assert shown_boxes(tmp_path / "b.jpg", tmp_path / "none.xml") is None
