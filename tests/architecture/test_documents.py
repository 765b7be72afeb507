"""README, documentation and help are correct: their command lines parse; no file names somebody's machine."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from boxwright.cli.app import COMMANDS, load_command

README_LINES = 120
"""What is longer is a page of the documentation."""

LINE = re.compile(r"^\s*(?:\$ )?(boxwright [^#\n]*)", re.MULTILINE)


def command_lines(text: str) -> list[list[str]]:
    """Return the arguments of each line of `text` that begins with boxwright, comments left out."""
    return [shlex.split(line)[1:] for line in LINE.findall(text.replace("\\\n", " "))]


def assert_parses(arguments: list[str]) -> None:
    name = arguments[0]
    if name in ("--help", "--version"):
        return
    assert name in COMMANDS, f"boxwright {shlex.join(arguments)}: no such command"
    if "--help" in arguments:
        return
    load_command(name).make_context(name, list(arguments[1:]))


def documents(project: Path) -> list[Path]:
    """Return the texts for users and contributors; records of decisions keep the names of their time."""
    pages = [path for path in (project / "docs").rglob("*.md") if path.parent.name != "decisions"]
    return [project / "README.md", project / "CONTRIBUTING.md", *(page for page in pages if "_build" not in page.parts)]


def test_the_documents_command_lines_parse(project: Path) -> None:
    found = 0
    for document in documents(project):
        fenced = re.findall(r"^ *```\w*\n(.*?)^ *```", document.read_text(encoding="utf-8"), re.M | re.S)
        for arguments in command_lines("\n".join(fenced)):
            assert_parses(arguments)
            found += 1
    assert found > 20


@pytest.mark.parametrize("name", COMMANDS)
def test_the_helps_command_lines_parse(name: str) -> None:
    lines = command_lines(load_command(name).help)
    assert any(arguments[0] == name for arguments in lines)
    for arguments in lines:
        assert_parses(arguments)


def test_the_readme_is_short(project: Path) -> None:
    assert len((project / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


def test_the_documents_link_only_to_files_that_exist(project: Path) -> None:
    for document in documents(project):
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document} links to {target}, which does not exist"


def test_no_tracked_file_names_this_machines_folders(project: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=project, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    here = {str(project), str(Path.home()), str(project.parent) + os.sep}
    marks = [mark.encode() for mark in here if len(mark) > 4]
    for name in filter(None, listed.stdout.split("\0")):
        if (path := project / name).is_file():
            content = path.read_bytes()
            found = [mark for mark in marks if re.search(rb"(?<![\w.])" + re.escape(mark), content)]
            assert not found, f"{name} names {found}"


@pytest.mark.parametrize("script", ["run", "test", "bench", "docs"])
def test_scripts_are_valid_and_executable(script: str, project: Path) -> None:
    path = project / "scripts" / script
    assert os.access(path, os.X_OK)
    assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", str(path)], check=True)


@pytest.mark.skipif(os.name == "nt", reason="the set-up scripts are bash scripts")
@pytest.mark.parametrize(
    ("present", "chosen"), [({"python3": 14, "python3.11": 11}, "11"), ({"python3": 12, "python3.13": 13}, "12")]
)
def test_set_up_finds_a_python_that_tensorflow_supports(
    present: dict[str, int], chosen: str, project: Path, tmp_path: Path
) -> None:
    for name, minor in present.items():
        fake = tmp_path / name
        fake.write_text(f'#!/bin/sh\ncase "$2" in *sys.exit*) [ {minor} -lt 14 ];; *) echo {minor};; esac\n')
        fake.chmod(0o755)
    found = _find_python(project, tmp_path)
    assert (found.returncode, found.stdout.strip()) == (0, chosen), found.stderr


@pytest.mark.skipif(os.name == "nt", reason="the set-up scripts are bash scripts")
def test_set_up_without_a_suitable_python_says_what_to_install(project: Path, tmp_path: Path) -> None:
    found = _find_python(project, tmp_path)
    assert found.returncode == 1
    assert "apt-get install python3 python3-venv" in found.stderr


def _find_python(project: Path, path: Path) -> subprocess.CompletedProcess[str]:
    code = f'. "{project}/scripts/python.sh"; PYTHON= PATH="{path}"; find_python'
    return subprocess.run(["bash", "-euc", code], capture_output=True, text=True, check=False)
