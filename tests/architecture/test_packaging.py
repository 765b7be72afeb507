"""What is in the distribution: every package, every data file; and a wheel of it works on its own."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

ROOTS = {"boxwright": "backend/boxwright", "boxwright_labelimg": "plugin/boxwright_labelimg"}


@pytest.fixture(scope="module")
def setup_cfg(project: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(project / "setup.cfg", encoding="utf-8")
    return parser


def test_setup_cfg_lists_every_package_of_the_tree(project: Path, setup_cfg: configparser.ConfigParser) -> None:
    packages = set()
    for name, folder in ROOTS.items():
        for file in (project / folder).rglob("__init__.py"):
            packages.add(".".join((name, *file.parent.relative_to(project / folder).parts)))
    assert setup_cfg["options"]["packages"].split() == sorted(packages)


def test_every_folder_with_code_is_a_package(project: Path) -> None:
    for folder in ROOTS.values():
        for file in (project / folder).rglob("*.py"):
            assert (file.parent / "__init__.py").exists(), f"{file.parent} has no __init__.py"


def test_every_data_file_is_named_in_setup_cfg(project: Path, setup_cfg: configparser.ConfigParser) -> None:
    named = set()
    for package, patterns in setup_cfg["options.package_data"].items():
        name, *rest = package.split(".")
        for pattern in patterns.replace(",", " ").split():
            named |= set((project / ROOTS[name]).joinpath(*rest).glob(pattern))
    tracked = _tracked(project, *ROOTS.values())
    assert {path for path in tracked if path.suffix != ".py"} <= named


def test_supported_pythons_agree_everywhere(project: Path, setup_cfg: configparser.ConfigParser) -> None:
    from boxwright.cli.machine.checkup.machine import NEWEST, OLDEST

    assert setup_cfg["options"]["python_requires"] == f">={OLDEST[0]}.{OLDEST[1]}, <{NEWEST[0]}.{NEWEST[1] + 1}"
    script = (project / "scripts/python.sh").read_text(encoding="utf-8")
    assert f"{OLDEST} <= sys.version_info < ({NEWEST[0]}, {NEWEST[1] + 1})" in script
    supported = [f"{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    workflow = yaml.safe_load((project / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    for job in ("fast", "all"):
        assert workflow["jobs"][job]["strategy"]["matrix"]["python"] == supported


def test_a_wheel_goes_the_whole_way_in_an_environment_of_its_own(project: Path, tmp_path: Path) -> None:
    python = _install_wheel(project, tmp_path)
    elsewhere = tmp_path / "some where"
    elsewhere.mkdir()
    where = "import boxwright, boxwright.pipeline; print(boxwright.__file__)"
    found = _run([str(python), "-c", where], elsewhere)
    assert Path(found.stdout.strip()).is_relative_to(tmp_path / "environment"), found.stdout + found.stderr
    program = python.with_name("boxwright.exe" if os.name == "nt" else "boxwright")
    ended = _run([str(program), "demo", "try it", "--images", "24", "--steps", "2"], elsewhere)
    # two steps teach nothing: the demo goes the whole way, then says that the precision is too low
    assert "below 0.5" in ended.stderr, ended.stdout[-4000:] + ended.stderr[-4000:]
    assert ended.returncode == 1
    workspace = elsewhere / "try it"
    assert (workspace / "annotations/train.record").exists()
    assert list(workspace.glob("trained-inference-graphs/*/frozen_inference_graph.pb"))
    assert list((workspace / "detections").glob("*.png"))


def _install_wheel(project: Path, folder: Path) -> Path:
    """Build a wheel of the tracked files, install it into a new environment, and return its Python.

    The environment sees the dependencies that are installed here, but not our own editable install: a line of a
    .pth file adds a folder without reading the .pth files in it, and those are what makes an install editable.
    """
    source = folder / "source"
    for path in _tracked(project):
        copy = source / path.relative_to(project)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    built = _run(build, folder)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    assert "License-Expression: Apache-2.0\n" in metadata.replace("\r", "")
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert not [name for name in names if name.startswith(("tests/", "backend/", "scripts/"))]
    venv.create(folder / "environment", with_pip=False, symlinks=os.name != "nt")
    python = folder / "environment" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = ["-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    installed = _run([sys.executable, *install], folder)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    (packages,) = (folder / "environment").rglob("site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def _tracked(project: Path, *folders: str) -> list[Path]:
    """Return the files that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := project / name).is_file()]


def test_every_requirement_has_its_licence_in_the_documentation(
    project: Path, setup_cfg: configparser.ConfigParser
) -> None:
    extras = setup_cfg["options.extras_require"]
    lines = "\n".join(
        [setup_cfg["options"]["install_requires"], *(extras[name] for name in ("labelimg", "tflite", "onnx", "mlflow"))]
    )
    needed = {line.split()[0] for line in lines.splitlines() if line.strip()}
    page = (project / "docs/reference/licences.md").read_text(encoding="utf-8")
    assert {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")} == needed


def test_the_lower_bounds_become_constraints(project: Path, setup_cfg: configparser.ConfigParser) -> None:
    command = [sys.executable, str(project / "scripts/dependencies.py"), "constraints"]
    oldest, newest = (
        subprocess.run([*command, part], capture_output=True, text=True, check=True).stdout.split()
        for part in ("oldest", "newest")
    )
    required = setup_cfg["options"]["install_requires"].strip().splitlines()
    assert oldest == [line.replace(" >= ", "==") for line in required]
    assert newest == []


def test_the_hosted_workflow_tests_both_ends_of_the_bounds(project: Path) -> None:
    workflow = yaml.safe_load((project / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    ends = workflow["jobs"]["dependencies"]["strategy"]["matrix"]["include"]
    assert ends == [{"bounds": "oldest", "python": "3.10"}, {"bounds": "newest", "python": "3.13"}]
