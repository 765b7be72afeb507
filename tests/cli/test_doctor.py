"""The doctor: what it finds, and that it explains each way in which a GPU can be missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from boxwright.cli.machine.checkup import machine, packages
from boxwright.cli.machine.checkup.check import Status
from boxwright.cli.machine.checkup.tensorflow_probe import Driver, _card_on_bus, explain_failure, explain_no_gpu

CARD = Driver(("NVIDIA GeForce RTX 3060, 550.1, 12288 MiB",), "", True, True)


def test_it_says_how_this_machine_stands(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "boxwright.cli.app", "doctor", str(tmp_path), "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(ended.stdout)
    by_name = {check["name"]: check for check in report["checks"]}
    assert {"Python", "packages", "memory", "disk space", "workspace", "labelImg", "TensorFlow", "GPU"} <= set(by_name)
    assert by_name["TensorFlow"]["status"] == "ok"
    assert all(check["advice"] for check in report["checks"] if check["status"] != "ok")
    assert ended.returncode == (0 if report["ok"] else 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("version", "bits"), [((3, 9, 1), 64), ((3, 14, 0), 64), ((3, 12, 1), 32)])
def test_a_python_without_tensorflow_is_a_problem(version: tuple[int, ...], bits: int) -> None:
    assert machine.check_python(version, bits).status is Status.PROBLEM


def test_a_processor_without_avx_is_a_problem(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nflags\t: fpu sse4_2 ssse3\n")
    assert machine.check_processor(cpuinfo).status is Status.PROBLEM
    cpuinfo.write_text("processor : 0\nflags\t: fpu avx avx2\n")
    assert machine.check_processor(cpuinfo).status is Status.OK


def test_a_full_disk_is_a_problem_and_a_small_one_a_warning(tmp_path: Path) -> None:
    assert machine.check_disk(tmp_path, free=1 << 20).status is Status.PROBLEM
    assert machine.check_disk(tmp_path, free=1 << 30).status is Status.WARNING
    assert machine.check_disk(tmp_path, free=1 << 40).status is Status.OK


def test_a_folder_that_does_not_exist_is_judged_by_the_one_above(tmp_path: Path) -> None:
    assert str(tmp_path) in machine.check_writable("workspace", tmp_path / "new" / "deep").detail
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="root and Windows ignore the mode of a folder",
)
def test_a_folder_of_somebody_else_is_a_problem(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        assert machine.check_writable("workspace", tmp_path).status is Status.PROBLEM
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.parametrize(
    ("system", "driver", "cuda_build", "stderr", "status", "said"),
    [
        ("linux", Driver((), "", False, False), True, "", Status.OK, "no NVIDIA driver"),
        ("linux", Driver((), "", False, True), True, "", Status.WARNING, "Install NVIDIA's driver"),
        ("linux", Driver((), "couldn't communicate", True, True), True, "", Status.WARNING, "couldn't communicate"),
        ("linux", CARD, True, "Cannot dlopen some GPU libraries", Status.WARNING, "boxwright[gpu]"),
        ("linux", CARD, True, "CUDA driver version is insufficient", Status.WARNING, "Update NVIDIA's driver"),
        ("linux", CARD, False, "", Status.WARNING, "tensorflow-cpu"),
        ("win32", CARD, False, "", Status.WARNING, "WSL2"),
        ("win32", Driver((), "", False, None), False, "", Status.OK, "2.11"),
        ("darwin", Driver((), "", False, None), False, "", Status.OK, "macOS"),
    ],
)
def test_a_missing_gpu_is_explained(
    system: str, driver: Driver, cuda_build: bool, stderr: str, status: Status, said: str
) -> None:
    check = explain_no_gpu(system, driver, cuda_build=cuda_build, stderr=stderr)
    assert check.status is status
    assert said in f"{check.detail} {check.advice}"


def test_a_card_is_found_on_the_bus(tmp_path: Path) -> None:
    assert _card_on_bus(tmp_path / "nothing") is None
    device = tmp_path / "0000:01:00.0"
    device.mkdir()
    (device / "vendor").write_text("0x10de\n")
    (device / "class").write_text("0x040300\n")  # the card's sound
    assert _card_on_bus(tmp_path) is False
    (device / "class").write_text("0x030000\n")
    assert _card_on_bus(tmp_path) is True


@pytest.mark.parametrize(
    ("code", "stderr", "said"),
    [
        (-4, "", "AVX"),
        (1, "ImportError: DLL load failed while importing _pywrap", "Visual C++"),
        (-9, "", "Free memory"),
        (1, "Traceback\nImportError: numpy is broken\n", "numpy is broken"),
    ],
)
def test_a_tensorflow_that_does_not_import_is_explained(code: int, stderr: str, said: str) -> None:
    check = explain_failure(code, stderr)
    assert check.status is Status.PROBLEM
    assert said in f"{check.detail} {check.advice}"


def test_a_package_that_is_missing_or_too_old_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        packages.metadata,
        "requires",
        lambda name: ["rich>=99", "no-such-package-here>=1", "typer", 'x; extra == "gpu"'],
    )
    problem = next(check for check in packages.check_packages() if check.status is Status.PROBLEM)
    assert "rich is" in problem.detail and "needs >=99" in problem.detail
    assert "no-such-package-here is missing" in problem.detail
    assert "typer" not in problem.detail
