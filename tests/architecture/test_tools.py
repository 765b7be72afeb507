"""The tools that check the code base pass: layers of packages, style, types."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

COMMANDS = {
    "import-linter": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_tool_passes(name: str, project: Path) -> None:
    command = [sys.executable, *COMMANDS[name]]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project / "backend"), str(project / "plugin")])}
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 0, f"{name}:\n{ended.stdout[-6000:]}{ended.stderr[-3000:]}"


def test_pre_commit_runs_the_same_tools(project: Path) -> None:
    config = yaml.safe_load((project / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = {hook["id"] for repository in config["repos"] for hook in repository["hooks"]}
    assert hooks == {name.replace(" ", "-") for name in COMMANDS}
