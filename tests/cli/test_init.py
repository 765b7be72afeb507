"""`boxwright init`: what it says to someone who made a workspace of a folder of photos."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.cli.labelling.init import init
from tiny_workspaces import image_bytes


def test_photos_in_the_workspaces_own_folder_are_pointed_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(folder=tmp_path / "empty", images=None, link=False)
    assert "Nothing looks for them" not in capsys.readouterr().out
    folder = tmp_path / "my photos"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(image_bytes(1))
    init(folder=folder, images=None, link=False)
    assert f'boxwright init "{folder}" --images "{folder}"' in capsys.readouterr().out
    init(folder=folder, images=folder, link=False)
    assert (folder / "images" / "a.jpg").is_file()
    assert (folder / "a.jpg").is_file()
