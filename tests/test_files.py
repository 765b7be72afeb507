"""Writing whole files, also where the disk fails; backups: one scheme of names, and nothing is lost."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from boxwright.errors import describe_os_error
from boxwright.files import atomic_write_text, backup, backups, stays_within


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


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folder")
@pytest.mark.parametrize(
    ("failure", "is_said"), [(errno.EIO, True), (errno.ENOSPC, True), (errno.EINVAL, False), (errno.ENOTSUP, False)]
)
def test_a_disk_that_fails_to_keep_a_rename_is_said_with_the_folder(
    failure: int, is_said: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def fail_for_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(failure, os.strerror(failure))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_folders)
    if not is_said:
        atomic_write_text(tmp_path / "a.txt", "new")
        return
    with pytest.raises(OSError) as raised:
        atomic_write_text(tmp_path / "a.txt", "new")
    assert describe_os_error(raised.value).startswith(f"{tmp_path}: ")


@pytest.mark.parametrize("failure", [errno.EIO, errno.ENOSPC])
def test_a_disk_that_fails_a_write_is_said_with_the_file(
    failure: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(failure, os.strerror(failure))

    (tmp_path / "a.txt").write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError) as raised:
        atomic_write_text(tmp_path / "a.txt", "new")
    assert describe_os_error(raised.value).startswith(f"{tmp_path / 'a.txt'}: ")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]
