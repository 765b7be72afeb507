"""A folder that is no workspace is refused with the command that fixes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boxwright.errors import BoxwrightError, UsageError
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
    [
        ("été/a-1", "été/a-1"),
        ("my photos", "'my photos'"),
        ("a&b", "'a&b'"),
        ("~root", "'~root'"),
        ("$(rm a)", "'$(rm a)'"),
        ('"; rm a; "', """'"; rm a; "'"""),
        ("it's", """'it'"'"'s'"""),
        ("-rf", "./-rf"),
        ("", "''"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="another command line")
def test_a_path_is_quoted_where_a_shell_would_change_it(path: str, typed: str) -> None:
    assert as_argument(path) == typed


def test_the_next_exports_number_is_above_all_that_are_there(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.next_export_name() == "output_inference_graph_v1"
    for name in ("output_inference_graph_v2", "output_inference_graph_v10", "output_inference_graph_vx", "other"):
        (workspace.exports / name).mkdir(parents=True)
    assert workspace.next_export_name() == "output_inference_graph_v11"


def test_the_newest_export_is_the_one_made_last(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.find_newest_export() is None
    with pytest.raises(BoxwrightError, match="no exported model"):
        workspace.newest_export()
    for time, name in enumerate(("v2", "v1", ".v3.tmp")):
        (workspace.exports / name).mkdir(parents=True)
        os.utime(workspace.exports / name, (1e9 + time, 1e9 + time))
    (workspace.exports / "notes.txt").touch()
    assert workspace.newest_export().name == "v1"


def test_checkpoints_are_listed_newest_first(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert workspace.checkpoint_steps() == []
    workspace.training.mkdir()
    for name in ("model.ckpt-9.index", "model.ckpt-200.index", "model.ckpt-x.index", "model.ckpt-9.meta"):
        (workspace.training / name).touch()
    assert workspace.checkpoint_steps() == [200, 9]
    assert workspace.checkpoint_prefix(9) == workspace.training / "model.ckpt-9"
