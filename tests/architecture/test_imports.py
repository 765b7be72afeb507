"""What is imported where: TensorFlow's five seconds and 600 MB only where tensors are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from boxwright.cli.app import COMMANDS

HEAVY = ("tensorflow", "keras", "PyQt5", "pandas", "pycocotools", "rich.progress")
RUN = """
import sys
from boxwright.cli.app import main
sys.argv[1:] = {arguments!r}
try:
    main()
except SystemExit as ended:
    code = ended.code
print("LOADED", code or 0, *(name for name in {heavy!r} if name in sys.modules))
"""


def loaded_by(*arguments: str, heavy: tuple[str, ...] = HEAVY) -> tuple[int, set[str]]:
    """Run the program in a process of its own; return its exit code and which heavy modules it loaded."""
    code = RUN.format(arguments=list(arguments), heavy=heavy)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = ended.stdout.splitlines()[-1].split()
    assert last[0] == "LOADED", ended.stdout + ended.stderr
    return int(last[1]), set(last[2:])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_loads_nothing_heavy(name: str) -> None:
    assert loaded_by(name, "--help", heavy=(*HEAVY, "numpy", "PIL", "rich")) == (0, set())


def test_making_a_dataset_loads_no_tensorflow(tmp_path: Path) -> None:
    from boxwright.demo.write import write_scenes

    write_scenes(tmp_path / "images", 24, seed=1)
    heavy = ("tensorflow", "keras", "PyQt5", "pycocotools")
    for arguments in (["init"], ["dataset"], ["check", "--json"]):
        code, loaded = loaded_by(*arguments[:1], str(tmp_path), *arguments[1:], heavy=heavy)
        assert code in (0, 1)
        assert loaded == set(), arguments
    assert (tmp_path / "annotations/train.record").stat().st_size > 10_000


def test_comparing_runs_loads_nothing_heavy(tmp_path: Path) -> None:
    from run_folders import make_run

    for name in ("one", "other"):
        make_run(tmp_path / name)
    assert loaded_by("runs", str(tmp_path), heavy=(*HEAVY, "numpy", "PIL", "rich")) == (0, set())


@pytest.mark.parametrize(
    "package",
    ["annotations.voc", "dataset.sync", "pipeline.load", "runs.compare", "workspace", "demo.write", "zoo.install"],
)
def test_packages_above_the_line_load_no_tensorflow(package: str) -> None:
    code = f"import sys, boxwright.{package}; print('tensorflow' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"
