"""From a finding to its image and its box."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boxwright.workspace import Workspace


def test_a_finding_opens_its_image_and_selects_its_box(setting: Any, workspace: Workspace) -> None:
    setting.controllers.workspaces.open_place(workspace.root)
    setting.docks.findings.opened.emit("images/p1.xml", 2)
    assert setting.host.image == workspace.images / "p1.jpg"
    assert setting.host.selected == 2
    setting.docks.findings.opened.emit("images/p2.jpg", 0)
    assert (setting.host.image, setting.host.selected) == (workspace.images / "p2.jpg", 0)


def test_unsaved_boxes_may_keep_the_image(setting: Any, workspace: Workspace) -> None:
    setting.controllers.workspaces.open_place(workspace.root)
    setting.host.closes_image = False
    setting.controllers.findings.open("images/p1.xml", 1)
    assert (setting.host.image, setting.host.selected) == (workspace.images / "p0.jpg", 0)


def test_xml_in_annotations_leads_to_the_image_of_the_same_name(setting: Any, workspace: Workspace) -> None:
    setting.controllers.workspaces.open_place(workspace.root)
    setting.controllers.findings.open("annotations/p1.xml", 1)
    assert setting.host.image == workspace.images / "p1.jpg"


@pytest.mark.parametrize(
    ("file", "opened"),
    [("annotations/label_map.pbtxt", "annotations/label_map.pbtxt"), ("images/deep/gone.xml", "images"), ("", "")],
)
def test_what_is_no_image_leads_to_its_file_or_folder(
    setting: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, file: str, opened: str
) -> None:
    paths: list[Path] = []
    monkeypatch.setattr("boxwright_labelimg.controllers.findings.open_path", lambda path, parent: paths.append(path))
    (workspace.annotations / "label_map.pbtxt").touch()
    setting.controllers.workspaces.open_place(workspace.root)
    setting.controllers.findings.open(file, 0)
    assert paths == [workspace.root / opened]
    assert "is not an image of this folder." in setting.host.messages[-1]
