"""What `boxwright label` hands to the window."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from boxwright.cli.labelling.label import label
from boxwright.errors import UsageError


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of each window that is started, without the program."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command[3:])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("boxwright.cli.labelling.label.NEEDED", {})
    monkeypatch.setattr("boxwright.cli.labelling.label.subprocess.run", run)
    return commands


def test_an_empty_class_file_is_none_and_the_save_folder_is_handed_on(started: list[list[str]], tmp_path: Path) -> None:
    with pytest.raises(typer.Exit):
        label(tmp_path, "", str(tmp_path / "xml"))
    with pytest.raises(typer.Exit):
        label(tmp_path, "", "")
    assert started == [[str(tmp_path), "", str(tmp_path / "xml")], [str(tmp_path)]]


def test_a_folder_is_no_class_file(started: list[list[str]], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no file\. Give a text file with class names"):
        label(tmp_path, str(tmp_path))
    assert started == []
