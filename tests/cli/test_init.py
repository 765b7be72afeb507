"""`boxwright init`: what it says to someone who made a workspace of a folder of photos."""

from __future__ import annotations

import json
from pathlib import Path

from boxwright.workspace import as_argument
from command_line import run_here
from tiny_workspaces import image_bytes


def test_photos_in_the_workspaces_own_folder_are_pointed_at(tmp_path: Path) -> None:
    assert "Nothing looks for them" not in run_here("init", tmp_path / "empty").stdout
    folder = tmp_path / "my photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(image_bytes(1))
    said = run_here("init", folder).stdout
    assert f"boxwright init {as_argument(folder)} --images {as_argument(folder)}" in said
    run_here("init", folder, "--images", folder)
    assert (folder / "images" / "a.jpg").is_file()
    assert (folder / "a.jpg").is_file()


def test_a_coco_file_is_imported_and_what_it_lacks_is_said(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.jpg").write_bytes(image_bytes(1))
    images = [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "gone.jpg"}]
    objects = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 8, 8]}]
    content = {"images": images, "categories": [{"id": 1, "name": "dog"}], "annotations": objects}
    (source / "instances.json").write_text(json.dumps(content))
    output = run_here("init", tmp_path / "work", "--coco", source / "instances.json").stdout
    assert "Copied 1 images and 1 annotation files" in output
    assert "no-image-for-xml" in output and "gone.jpg" in output
    assert (tmp_path / "work" / "images" / "a.xml").is_file()
