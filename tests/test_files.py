"""Backups: one scheme of names, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.files import backup, backups, stays_within


def test_a_backup_takes_the_next_free_number(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.config"
    for number in (1, 2, 3):
        path.write_text(f"version {number}")
        assert backup(path) == tmp_path / f"pipeline.config.backup-{number}"
        assert not path.exists()
    assert [found.read_text() for found in backups(path)] == ["version 1", "version 2", "version 3"]
    (tmp_path / "pipeline.config.backup-4").symlink_to(tmp_path / "gone")
    path.write_text("version 5")
    assert backup(path).name == "pipeline.config.backup-5"


def test_a_copy_leaves_the_file_and_a_folder_is_renamed_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("mine")
    assert backup(path, copy=True).read_text() == path.read_text() == "mine"
    folder = tmp_path / "training"
    folder.mkdir()
    (folder / "inside").touch()
    assert (backup(folder) / "inside").exists()
    assert backups(tmp_path / "none" / "there") == []


@pytest.mark.parametrize("name", ["a.jpg", "train/a.jpg", "..a/b..jpg"])
def test_a_name_that_stays(name: str) -> None:
    assert stays_within(name)


@pytest.mark.parametrize("name", ["", ".", "/a.jpg", "../a.jpg", "a/../../b.jpg", "..", "a\\..\\b.jpg", "C:\\a.jpg"])
def test_a_name_that_leads_elsewhere(name: str) -> None:
    assert not stays_within(name)
