"""A folder that is no workspace is refused with the command that mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.errors import UsageError
from boxwright.workspace import Workspace, as_argument


def refusal(folder: Path) -> str:
    with pytest.raises(UsageError) as raised:
        Workspace.find(folder)
    return str(raised.value)


def test_a_folder_within_a_workspace_names_the_workspace(tmp_path: Path) -> None:
    within = tmp_path / "ma forêt" / "images" / "train"
    within.mkdir(parents=True)
    (tmp_path / "ma forêt" / "training").mkdir()
    assert refusal(within).endswith(f"give {as_argument(tmp_path / 'ma forêt')}")


def test_a_folder_of_photos_is_what_init_takes(tmp_path: Path) -> None:
    (tmp_path / "a.xml").touch()
    assert refusal(tmp_path).endswith(f"boxwright init training_demo --images {as_argument(tmp_path)}")


def test_an_empty_folder_is_what_init_makes(tmp_path: Path) -> None:
    assert f"boxwright init {as_argument(tmp_path)} --images FOLDER," in refusal(tmp_path)


def test_a_missing_folder_and_a_file_are_said(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no").endswith(f"boxwright init {as_argument(tmp_path / 'no')}")
    (tmp_path / "a.jpg").touch()
    assert "is a file" in refusal(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("path", "typed"),
    [("été/a-1", "été/a-1"), ("my photos", '"my photos"'), ("a&b", '"a&b"'), (r"C:\photos", r"C:\photos")],
)
def test_a_path_is_quoted_where_a_shell_would_split_it(path: str, typed: str) -> None:
    assert as_argument(path) == typed
