"""What Boxwright did not write is never overwritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from boxwright.dataset.store.records import is_ours
from boxwright.dataset.sync import sync
from tiny_workspaces import add_image, make_workspace, outputs, write_xml

IMAGES = {f"{i}.jpg": ["dog"] for i in range(8)}
FOREIGN = b"a record of the tutorial's script"


@pytest.mark.parametrize("name", ["train.record", "train.record-00001-of-00002", "train_labels.csv", "test.record"])
def test_a_users_file_of_the_same_name_is_backed_up(tmp_path: Path, name: str) -> None:
    workspace = make_workspace(tmp_path / "ws", IMAGES)
    workspace.annotations.mkdir()
    (workspace.annotations / name).write_bytes(FOREIGN)
    (workspace.annotations / f"{name}.backup-1").write_bytes(b"an older one")
    report = sync(workspace)
    assert [path.name for path in report.backups] == [f"{name}.backup-2"]
    assert (workspace.annotations / f"{name}.backup-2").read_bytes() == FOREIGN
    assert (workspace.annotations / f"{name}.backup-1").read_bytes() == b"an older one"
    assert is_ours(workspace, "train")
    again = sync(workspace)
    assert not again.changed
    assert again.backups == ()


def test_a_record_that_replaced_ours_is_kept(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", IMAGES)
    sync(workspace)
    ours = workspace.record("train").read_bytes()
    workspace.record("train").write_bytes(FOREIGN)
    assert not is_ours(workspace, "train")
    assert is_ours(workspace, "test")
    report = sync(workspace)
    assert [path.read_bytes() for path in report.backups] == [FOREIGN]
    assert workspace.record("train").read_bytes() == ours


def test_the_same_bytes_are_ours(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", IMAGES)
    sync(workspace)
    before = outputs(workspace)
    inodes = {path.name: path.stat().st_ino for path in workspace.annotations.iterdir()}
    shutil.rmtree(workspace.state)
    report = sync(workspace)
    assert report.backups == ()
    assert outputs(workspace) == before
    assert {path.name: path.stat().st_ino for path in workspace.annotations.iterdir()} == inodes
    assert is_ours(workspace, "train")


def test_records_without_images_are_left_alone(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    workspace.annotations.mkdir()
    workspace.record("train").write_bytes(FOREIGN)
    report = sync(workspace)
    assert [finding.rule for finding in report.findings] == ["no-labelled-image"]
    assert outputs(workspace) == {"train.record": FOREIGN}


def test_a_side_without_images_keeps_someone_elses_record(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"train/a.jpg": ["dog"], "train/b.jpg": ["dog"]})
    workspace.annotations.mkdir()
    workspace.record("test").write_bytes(FOREIGN)
    report = sync(workspace)
    assert report.records["test"] == ()
    assert workspace.record("test").read_bytes() == FOREIGN
    assert report.backups == ()


def test_ours_goes_when_its_images_go(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", IMAGES)
    sync(workspace)
    for path in workspace.images.iterdir():
        path.unlink()
    sync(workspace)
    assert sorted(outputs(workspace)) == ["label_map.pbtxt", "split.csv"]


def test_images_and_xml_are_never_touched(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", IMAGES)
    add_image(workspace, "unlabelled.png", None)
    (workspace.images / "note.txt").write_text("mine")
    write_xml(workspace.images / "orphan.xml", "nowhere.jpg", ["dog"])
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in workspace.images.iterdir()}
    sync(workspace)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in workspace.images.iterdir()} == before
