"""`boxwright doctor`: what works on this machine, and how to fix the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder
from boxwright.cli.console import echo
from boxwright.cli.machine.checkup import machine, packages, tensorflow_probe
from boxwright.cli.machine.checkup.check import Check, Status


def doctor(
    folder: Folder = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Say what works on this machine, and how to fix the rest.

    Looks at Python, the installed packages, TensorFlow, the GPU, labelImg, memory, disk space and write access.
    Ends with 1 when something needed does not work.

    Example:
      boxwright doctor
      boxwright doctor training_demo --json
    """
    checks = []
    for check in _checks(folder):
        checks.append(check)
        if not as_json:
            _show(check)
    problems = sum(check.status is Status.PROBLEM for check in checks)
    if as_json:
        shown = [{**asdict(check), "status": check.status.value} for check in checks]
        echo(json.dumps({"ok": not problems, "checks": shown}, indent=2, ensure_ascii=False))
    elif not problems:
        echo("\nEverything that Boxwright needs works here.")
    else:
        echo(f"\n{problems} problem{'s' if problems > 1 else ''} to fix: see above.")
    if problems:
        raise typer.Exit(1)


def _checks(folder: Path) -> Iterator[Check]:
    yield machine.check_python()
    yield from packages.check_packages()
    yield machine.check_processor()
    yield machine.check_memory()
    yield machine.check_writable("workspace", folder)
    yield machine.check_writable("temporary files", None)
    yield machine.check_disk(folder)
    yield from machine.check_long_paths(folder)
    yield packages.check_labelimg()
    yield from tensorflow_probe.check_tensorflow()  # last: it takes seconds


def _show(check: Check) -> None:
    echo(f"{check.status.value:>8}  {check.name}: {check.detail}")
    if check.advice:
        echo(f"{'':>8}  -> {check.advice}")
