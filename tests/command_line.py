"""The command line in the process of the test, which saves the second that Python takes to start."""

from __future__ import annotations

import subprocess

from typer.testing import CliRunner

from boxwright.cli.app import app


def run_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `boxwright ARGUMENTS`; an exception that the command line does not handle is raised."""
    given = [str(argument) for argument in arguments]
    ended = CliRunner().invoke(app, given, catch_exceptions=False)
    return subprocess.CompletedProcess(given, ended.exit_code, ended.stdout, ended.stderr)
