"""Making a workspace and importing images."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from boxwright.dataset.layout import lay_out
from boxwright.dataset.sync import sync
from boxwright.errors import UsageError
from boxwright.workspace import Workspace
from tiny_workspaces import image_bytes, write_xml


def _photos(folder: Path, *names: str, xml: Path | None = None) -> None:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image_bytes(number))
        write_xml((xml or path.parent) / f"{path.stem}.xml", path.name, ["dog"])


def _tree(workspace: Workspace) -> list[str]:
    return sorted(
        path.relative_to(workspace.images).as_posix() for path in workspace.images.rglob("*") if path.is_file()
    )


def test_folders_of_the_tutorial(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "deep" / "ws")
    report = lay_out(workspace)
    folders = ["annotations/", "images/", "pre-trained-model/", "training/", "trained-inference-graphs/"]
    assert list(report.created) == folders
    assert sorted(f"{path.name}/" for path in workspace.root.iterdir()) == sorted(folders)
    assert lay_out(workspace).created == ()


def test_photos_with_xml_beside_them(tmp_path: Path) -> None:
    _photos(tmp_path / "src", "a.jpg", "sub/b.JPG")
    (tmp_path / "src" / "c.png").write_bytes(image_bytes(7, kind="PNG"))
    write_xml(tmp_path / "src" / "orphan.xml", "gone.jpg", ["dog"])
    workspace = Workspace.at(tmp_path / "ws")
    report = lay_out(workspace, images=tmp_path / "src")
    assert (report.images, report.annotations, report.present, report.kept) == (3, 2, 0, ())
    assert [finding.rule for finding in report.findings] == ["no-image-for-xml"]
    assert _tree(workspace) == ["a.jpg", "a.xml", "c.png", "sub/b.JPG", "sub/b.xml"]
    again = lay_out(workspace, images=tmp_path / "src")
    assert (again.images, again.annotations, again.present) == (0, 0, 5)


def test_photos_beside_an_empty_folder_called_images(tmp_path: Path) -> None:
    """As in a folder of images of which someone made a workspace."""
    source = Workspace.at(tmp_path / "photos")
    lay_out(source)
    (source.root / "a.jpg").write_bytes(image_bytes(1))
    assert lay_out(Workspace.at(tmp_path / "work"), images=source.root).images == 1
    assert lay_out(source, images=source.root).images == 1
    assert (source.images / "a.jpg").is_file()


@pytest.mark.parametrize("given", ["raccoon", "raccoon/images"])
def test_xml_in_a_folder_beside_the_images(tmp_path: Path, given: str) -> None:
    _photos(tmp_path / "raccoon" / "images", "a.jpg", "b.jpg", xml=tmp_path / "raccoon" / "annotations")
    workspace = Workspace.at(tmp_path / "ws")
    report = lay_out(workspace, images=tmp_path / given)
    assert (report.images, report.annotations, report.findings) == (2, 2, ())
    assert _tree(workspace) == ["a.jpg", "a.xml", "b.jpg", "b.xml"]


@pytest.mark.parametrize("given", ["src", "src/images"])
def test_train_and_test_are_kept(tmp_path: Path, given: str) -> None:
    _photos(tmp_path / "src" / "images", "Train/a.jpg", "test/b.jpg")
    workspace = Workspace.at(tmp_path / "ws")
    lay_out(workspace, images=tmp_path / given)
    assert _tree(workspace) == ["test/b.jpg", "test/b.xml", "train/a.jpg", "train/a.xml"]
    assert sync(workspace).images == {"train": 1, "test": 1}
    assert not workspace.split_csv.exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    _photos(tmp_path / "src", "a.jpg")
    workspace = Workspace.at(tmp_path / "ws")
    lay_out(workspace, images=tmp_path / "src")
    (workspace.images / "a.xml").write_text("mine")
    report = lay_out(workspace, images=tmp_path / "src")
    assert report.kept == ("images/a.xml",)
    assert (workspace.images / "a.xml").read_text() == "mine"


def test_no_xml_comes_to_lie_beside_another_image(tmp_path: Path) -> None:
    (tmp_path / "src" / "day1" / "train").mkdir(parents=True)
    (tmp_path / "src" / "day1" / "train" / "a.jpg").write_bytes(image_bytes(20))
    _photos(tmp_path / "src" / "day2", "train/a.jpg")
    workspace = Workspace.at(tmp_path / "ws")
    report = lay_out(workspace, images=tmp_path / "src")
    assert (workspace.images / "train" / "a.jpg").read_bytes() == image_bytes(20)
    assert _tree(workspace) == ["train/a.jpg"]
    assert report.kept == ("images/train/a.jpg", "images/train/a.xml")


def test_a_copy_can_be_edited_though_its_source_cannot(tmp_path: Path) -> None:
    _photos(tmp_path / "src", "a.jpg")
    for path in (tmp_path / "src").iterdir():
        path.chmod(0o444)
    workspace = Workspace.at(tmp_path / "ws")
    lay_out(workspace, images=tmp_path / "src")
    assert (workspace.images / "a.xml").stat().st_mode & 0o200
    assert (workspace.images / "a.xml").stat().st_mtime_ns == (tmp_path / "src" / "a.xml").stat().st_mtime_ns


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")
def test_links(tmp_path: Path) -> None:
    _photos(tmp_path / "src", "a.jpg")
    workspace = Workspace.at(tmp_path / "ws")
    report = lay_out(workspace, images=tmp_path / "src", link=True)
    assert (report.images, report.annotations) == (1, 1)
    assert (workspace.images / "a.jpg").resolve() == tmp_path / "src" / "a.jpg"
    assert sync(workspace).images == {"train": 1, "test": 0}
    assert lay_out(workspace, images=tmp_path / "src", link=True).present == 2


def test_a_workspace_inside_its_source_does_not_swallow_itself(tmp_path: Path) -> None:
    _photos(tmp_path, "a.jpg")
    workspace = Workspace.at(tmp_path / "ws")
    for _ in range(3):
        lay_out(workspace, images=tmp_path)
    assert _tree(workspace) == ["a.jpg", "a.xml"]


def test_a_second_import_beside_the_source_finds_nothing_new(tmp_path: Path) -> None:
    _photos(tmp_path / "photos", "a.jpg")
    workspace = Workspace.at(tmp_path / "ws")
    assert lay_out(workspace, images=tmp_path / "photos").annotations == 1
    (workspace.images / "a.jpg").unlink()
    again = lay_out(workspace, images=tmp_path / "photos")
    assert (again.images, again.present, again.findings) == (1, 1, ())


def test_another_workspace_of_the_same_photos_is_left_alone(tmp_path: Path) -> None:
    _photos(tmp_path / "photos", "a.jpg", "b.jpg")
    (tmp_path / "photos" / "b.xml").unlink()
    _photos(tmp_path / "other" / "images", "a.jpg", "b.jpg")
    report = lay_out(Workspace.at(tmp_path / "ws"), images=tmp_path / "photos")
    assert (report.images, report.annotations, report.findings) == (2, 1, ())


def test_the_workspaces_own_images_stay(tmp_path: Path) -> None:
    _photos(tmp_path / "ws" / "images", "a.jpg")
    workspace = Workspace.at(tmp_path / "ws")
    report = lay_out(workspace, images=workspace.images)
    assert (report.images, report.present) == (0, 0)
    assert _tree(workspace) == ["a.jpg", "a.xml"]


def test_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="is a file"):
        lay_out(Workspace.at(tmp_path / "file"))
    for source, message in (("nowhere", "no such folder"), ("empty", "no image")):
        with pytest.raises(UsageError, match=message):
            lay_out(Workspace.at(tmp_path / "ws"), images=tmp_path / source)
    assert not (tmp_path / "ws").exists()
