"""Label maps kept elsewhere or spelled otherwise keep their ids; annotations of any folder find their image."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.dataset.layout import lay_out
from boxwright.dataset.plan.label_map import read_label_map
from boxwright.dataset.report import DatasetReport
from boxwright.dataset.sync import sync
from boxwright.workspace import Workspace
from tiny_workspaces import image_bytes, make_workspace, write_xml

LABEL_MAP = "".join(
    f"item {{ id: {number} name: '{name}' }}\n" for number, name in enumerate(("wolf", "lynx", "fox"), 1)
)


def write_image(path: Path) -> None:
    path.write_bytes(image_bytes(sum(map(ord, str(path)))))


def rules(report: DatasetReport) -> set[str]:
    return {finding.rule for finding in report.findings}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "work", {f"{number}.jpg": ["wolf", "fox"] for number in range(4)})


@pytest.mark.parametrize(
    "place", ["training/labelmap.pbtxt", "annotations/labelmap.pbtxt", "data/my_label_map.pbtxt", "classes.pbtxt"]
)
def test_a_label_map_elsewhere_is_adopted_with_its_ids(workspace: Workspace, place: str) -> None:
    (workspace.root / place).parent.mkdir(exist_ok=True)
    (workspace.root / place).write_text(LABEL_MAP)
    report = sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"wolf": 1, "lynx": 2, "fox": 3}
    (finding,) = [finding for finding in report.findings if finding.rule == "label-map-adopted"]
    assert (finding.file, "wolf 1, lynx 2, fox 3" in finding.message) == (place, True)
    assert (workspace.root / place).read_text() == LABEL_MAP
    assert "label-map-adopted" not in rules(sync(workspace))


def test_a_new_class_is_appended_to_an_adopted_label_map(workspace: Workspace) -> None:
    (workspace.root / "labelmap.pbtxt").write_text(LABEL_MAP)
    write_xml(workspace.images / "0.xml", "0.jpg", ["wolf", "bear"])
    sync(workspace)
    assert dict(read_label_map(workspace.label_map)) == {"wolf": 1, "lynx": 2, "fox": 3, "bear": 4}


def test_a_label_map_of_other_classes_is_left_alone(workspace: Workspace) -> None:
    (workspace.root / "data").mkdir()
    (workspace.root / "data" / "mscoco_label_map.pbtxt").write_text("item { id: 1 name: 'person' }")
    (workspace.root / "data" / "graph.pbtxt").write_text("node { name: 'image_tensor' op: 'Placeholder' }")
    assert "label-map-adopted" not in rules(sync(workspace))
    assert set(read_label_map(workspace.label_map)) == {"wolf", "fox"}


def test_init_brings_the_label_map_of_a_whole_project(tmp_path: Path, workspace: Workspace) -> None:
    (workspace.root / "training").mkdir(exist_ok=True)
    (workspace.root / "training" / "labelmap.pbtxt").write_text(LABEL_MAP)
    other = Workspace.at(tmp_path / "other")
    assert lay_out(other, images=workspace.root).label_maps == ("annotations/labelmap.pbtxt",)
    sync(other)
    assert read_label_map(other.label_map)["fox"] == 3


def test_labels_in_another_spelling_are_taken_for_the_names_of_the_label_map(workspace: Workspace) -> None:
    text = "item { id: 1 name: 'Wolf' }\nitem { id: 2 name: 'FOX' }\n"
    workspace.label_map.parent.mkdir(exist_ok=True)
    workspace.label_map.write_text(text)
    report = sync(workspace)
    assert (workspace.label_map.read_text(), report.objects["Wolf"]["train"] > 0) == (text, True)
    assert "labels-spelled-otherwise" in rules(report)


def test_one_label_in_another_spelling_is_a_class_of_its_own_with_a_warning(workspace: Workspace) -> None:
    workspace.label_map.parent.mkdir(exist_ok=True)
    workspace.label_map.write_text(LABEL_MAP.replace("fox", "Fox"))
    report = sync(workspace)
    assert {"similar-labels"} <= rules(report)
    assert "labels-spelled-otherwise" not in rules(report)


def test_the_folder_tells_images_of_one_name_apart(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    for folder in ("morning", "evening"):
        (source / folder).mkdir(parents=True)
        write_image(source / folder / "p.jpg")
        write_image(source / folder / "q.jpg")
    (source / "saved").mkdir()
    for name, folder in (("p", "morning"), ("q", "evening")):
        write_xml(source / "saved" / f"{name}.xml", f"{name}.jpg", ["wolf"])
        xml = source / "saved" / f"{name}.xml"
        xml.write_text(xml.read_text().replace("<annotation>", f"<annotation><folder>{folder}</folder>", 1))
    workspace = Workspace.at(tmp_path / "work")
    lay_out(workspace, images=source)
    found = sorted(path.relative_to(workspace.images).as_posix() for path in workspace.images.rglob("*.xml"))
    assert found == ["evening/q.xml", "morning/p.xml"]


def test_a_folder_of_any_name_whose_files_have_the_images_stems_is_theirs(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / "images").mkdir(exist_ok=True)
        write_image(tmp_path / "images" / f"{number}.jpg")
        (tmp_path / "annots").mkdir(exist_ok=True)
        write_xml(tmp_path / "annots" / f"{number}.xml", f"{number}.jpg", ["wolf"])
    (tmp_path / "unrelated").mkdir()
    write_xml(tmp_path / "unrelated" / "z.xml", "z.jpg", ["wolf"])
    for number, images in enumerate((tmp_path / "images", tmp_path)):
        workspace = Workspace.at(tmp_path / f"work{number}")
        assert lay_out(workspace, images=images).annotations == 4


def test_photos_without_a_suffix_are_known_by_their_bytes(tmp_path: Path) -> None:
    source = tmp_path / "export"
    source.mkdir()
    for number in range(6):
        write_image(source / f"task-{number}")
        write_xml(source / f"task-{number}.xml", "", ["wolf"])
    (source / "LICENSE").write_text("no photo")
    workspace = Workspace.at(tmp_path / "work")
    assert lay_out(workspace, images=source).images == 6
    report = sync(workspace)
    assert (sum(report.images.values()), report.unlabelled) == (6, 0)
