"""From a finding to its image and its box."""

from __future__ import annotations

from typing import Any

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


def test_a_file_without_an_image_is_said(setting: Any, workspace: Workspace) -> None:
    setting.controllers.workspaces.open_place(workspace.root)
    setting.controllers.findings.open("annotations/label_map.pbtxt", 0)
    assert setting.host.messages[-1] == "annotations/label_map.pbtxt is not an image of this folder."
