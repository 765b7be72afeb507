"""Which window may edit the boxes of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from boxwright_labelimg.client.open_folders import OpenFolder


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def test_one_window_has_a_folder_until_it_releases_it(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(photos, target_is_directory=True)
    first, second, elsewhere = OpenFolder(photos), OpenFolder(tmp_path / "link"), OpenFolder(tmp_path)
    assert first.take() and first.take()
    assert not second.take(), "another path to the same folder"
    assert elsewhere.take()
    first.release()
    assert second.take()
    for each in (second, elsewhere):
        each.release()


@pytest.mark.parametrize("error", [OSError("read-only"), NotImplementedError("no locks")])
def test_where_nothing_can_be_locked_every_window_has_the_folder(
    photos: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def acquire(self: FileLock, **_: object) -> None:
        raise error

    monkeypatch.setattr(FileLock, "acquire", acquire)
    assert OpenFolder(photos).take() and OpenFolder(photos).take()
