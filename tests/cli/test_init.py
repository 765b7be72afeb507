"""`boxwright init`: what it says to someone who made a workspace of a folder of photos."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boxwright.cli.labelling.init import init
from boxwright.workspace import as_argument
from tiny_workspaces import image_bytes


def test_photos_in_the_workspaces_own_folder_are_pointed_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(folder=tmp_path / "empty", images=None, coco=None, link=False, accept_links=False)
    assert "Nothing looks for them" not in capsys.readouterr().out
    folder = tmp_path / "my photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(image_bytes(1))
    init(folder=folder, images=None, coco=None, link=False, accept_links=False)
    assert f"boxwright init {as_argument(folder)} --images {as_argument(folder)}" in capsys.readouterr().out
    init(folder=folder, images=folder, coco=None, link=False, accept_links=False)
    assert (folder / "images" / "a.jpg").is_file()
    assert (folder / "a.jpg").is_file()


def test_a_coco_file_is_imported_and_what_it_lacks_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.jpg").write_bytes(image_bytes(1))
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "gone.jpg"}]
    objects = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 8, 8]}]
    content = {"images": images, "categories": [{"id": 1, "name": "dog"}], "annotations": objects}
    (source / "instances.json").write_text(json.dumps(content))
    init(folder=tmp_path / "work", images=None, coco=source / "instances.json", link=False, accept_links=False)
    output = capsys.readouterr().out
    assert "Copied 1 images and 1 annotation files" in output
    assert "no-image-for-xml" in output and "gone.jpg" in output
    assert (tmp_path / "work" / "images" / "a.xml").is_file()
