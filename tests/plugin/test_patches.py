"""labelImg does not crash: each of its crashes, reproduced in plain labelImg and absent with the patches."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).with_name("scenarios.py")
PATIENCE = 300.0  # in seconds


def run(which: str, folder: Path, *names: str) -> dict[str, list[str]]:
    """Return what was raised in each scenario; a process that died raised that."""
    command = [sys.executable, str(SCENARIOS), which, str(folder), *names]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    outcomes = [line for line in ended.stdout.splitlines() if line.startswith("OUTCOME ")]
    if not outcomes:
        assert which == "plain", ended.stderr[-3000:]
        return {name: [f"the process ended with {ended.returncode}"] for name in names}
    return json.loads(outcomes[0].removeprefix("OUTCOME "))


def run_python(code: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


def names_of(table: str) -> list[str]:
    """Return the scenarios of a table, without importing Qt into the collection."""
    source = SCENARIOS.read_text("utf-8")
    names = source.split(f"{table}: tuple[Scenario, ...] = (", 1)[1].split(")", 1)[0]
    return [name.strip() for name in names.replace("\n", " ").split(",") if name.strip()]


@pytest.fixture(scope="module")
def patched(screen: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return run("patched", tmp_path_factory.mktemp("patched"))


@pytest.mark.parametrize("name", names_of("CRASHES"))
def test_a_crash_is_fixed(name: str, patched: dict[str, list[str]], tmp_path: Path) -> None:
    assert patched[name] == []
    assert run("plain", tmp_path, name)[name] != [], "plain labelImg survives this: the patch is not needed"


@pytest.mark.parametrize("name", names_of("KEPT"))
def test_what_worked_still_works(name: str, patched: dict[str, list[str]], tmp_path: Path) -> None:
    assert patched[name] == []
    assert run("plain", tmp_path, name)[name] == []


WITHOUT_DISTUTILS = """
import sys
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "distutils":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nowhere())
"""


def test_it_starts_where_python_has_no_distutils() -> None:
    plain = run_python(f"{WITHOUT_DISTUTILS}import labelImg.labelImg")
    assert "ModuleNotFoundError: distutils" in plain.stderr
    patched = run_python(
        f"{WITHOUT_DISTUTILS}import boxwright_labelimg.window.patched_window; print('distutils' in sys.modules)"
    )
    assert patched.stdout == "False\n", patched.stderr


def test_folders_called_libs_are_not_taken_for_labelimg(tmp_path: Path) -> None:
    for name in ("libs", "labelImg"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong one')")
    ended = subprocess.run(
        [sys.executable, "-m", "boxwright_labelimg", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0
    assert "IMAGE_DIR_OR_WORKSPACE" in ended.stdout
    code = (
        "import runpy, boxwright_labelimg.main as main; "
        "main.main = lambda: __import__('labelImg.labelImg') and print('the right one'); "
        "runpy.run_module('boxwright_labelimg', run_name='__main__')"
    )
    assert "the right one" in run_python(code, cwd=tmp_path).stdout
