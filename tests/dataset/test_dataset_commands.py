"""`boxwright init`, `dataset` and `check` as a user meets them."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from boxwright.workspace import Workspace
from command_line import run_here
from tiny_workspaces import add_image, make_workspace, write_xml


def run_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "boxwright.cli.app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)


def test_from_photos_to_records(tmp_path: Path) -> None:
    make_workspace(tmp_path / "src", {f"{i}.jpg": ["dog"] for i in range(15)})
    workspace = Workspace.at(tmp_path / "ws")
    made = run_process("init", workspace.root, "--images", tmp_path / "src" / "images")
    assert made.returncode == 0, made.stderr
    assert "Copied 15 images and 15 annotation files" in made.stdout
    assert f"Next: boxwright dataset {workspace.root}" in made.stdout

    written = run_process("dataset", workspace.root)
    assert written.returncode == 0, written.stdout + written.stderr
    assert "objects: dog" in written.stdout
    assert f"Next: boxwright train {workspace.root}" in written.stdout
    names = {path.name for path in workspace.annotations.iterdir()}
    assert names == {
        *("label_map.pbtxt", "split.csv", "train.record", "test.record", "train_labels.csv", "test_labels.csv"),
    }
    with workspace.labels_csv("train").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"]
    assert rows[1][1:] == ["16", "12", "dog", "1", "2", "12", "9"]

    assert "Nothing has changed" in run_process("dataset", workspace.root).stdout
    checked = run_process("check", workspace.root)
    assert (checked.returncode, checked.stdout) == (0, "No findings in 15 labelled images.\n")
    shutil.copy(next(workspace.images.rglob("*.jpg")), workspace.images / "no_xml_yet.jpg")
    checked = run_process("check", workspace.root)
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (
        0,
        "1 images have no annotation yet and are left out.",
    )


def test_findings_and_exit_codes(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(15)})
    write_xml(workspace.images / "orphan.xml", "gone.jpg", ["dog"])
    written = run_here("dataset", workspace.root)
    assert written.returncode == 1
    assert "images/orphan.xml" in written.stdout
    assert workspace.record("train").exists()
    checked = run_here("check", workspace.root, "--json")
    assert checked.returncode == 1
    (finding,) = json.loads(checked.stdout)
    assert (finding["file"], finding["rule"], finding["severity"]) == ("images/orphan.xml", "no-image-for-xml", "error")


def test_a_warning_alone_fails_check_and_not_dataset(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(3)})
    assert run_here("dataset", workspace.root).returncode == 0
    assert run_here("check", workspace.root).returncode == 1


def test_kept_files_are_announced(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(15)})
    workspace.annotations.mkdir()
    workspace.record("train").write_bytes(b"not ours")
    written = run_here("dataset", workspace.root)
    assert written.returncode == 0
    assert "annotations/train.record.backup-1" in written.stdout


def test_a_closed_label_map(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(15)})
    run_here("dataset", workspace.root)
    add_image(workspace, "new.jpg", ["dgo"])
    written = run_here("dataset", workspace.root, "--closed")
    assert written.returncode == 1
    assert "Did you mean 'dog'?" in written.stdout


@pytest.mark.parametrize("command", ["dataset", "check"])
def test_what_is_no_workspace_is_a_usage_error(tmp_path: Path, command: str) -> None:
    result = run_here(command, tmp_path)
    assert result.returncode == 2
    assert "boxwright init" in result.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "photo.jpg").write_bytes(b"")
    result = run_here(command, tmp_path / "photo.jpg")
    assert (result.returncode, "is a file" in result.stderr) == (2, True)
