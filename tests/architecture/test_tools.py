"""The tools that keep the house in order pass: borders between rooms, style, types."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = {
    "rooms import only what lies below them": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
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
