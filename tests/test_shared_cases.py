"""Folders of difficult input give the right result, where they lie beside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
NAMES = sorted(path.parent.name for path in CASES.glob("*/expected.json"))

pytestmark = pytest.mark.process


@pytest.mark.skipif(not NAMES, reason="the folder ../shared with the cases is not beside this checkout")
@pytest.mark.parametrize("name", NAMES or ["none"])
def test_a_case_gives_the_right_result(name: str, project: Path) -> None:
    path = os.pathsep.join([str(project / "backend"), str(project / "plugin")])
    command = [sys.executable, str(CASES / "run_cases.py"), "--python", sys.executable, "--project", str(project)]
    ended = subprocess.run(
        [*command, str(CASES / name)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
