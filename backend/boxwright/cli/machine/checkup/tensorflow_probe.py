"""TensorFlow and the GPU, looked at from a child process: what it writes to stderr says why there is no GPU."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from boxwright.cli.machine.checkup.check import Check, Status

PROBE = """
import json, time
start = time.perf_counter()
import tensorflow as tf
took = time.perf_counter() - start
gpus = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tf.config.list_physical_devices("GPU")]
build = tf.sysconfig.get_build_info()
ok = float(tf.reduce_sum(tf.matmul(tf.ones([64, 64]), tf.ones([64, 64]))))
print("PROBE" + json.dumps({"version": tf.__version__, "seconds": took, "gpus": gpus, "sum": ok,
                            "cuda_build": bool(build.get("is_cuda_build")), "cuda": build.get("cuda_version", "")}))
"""
PROBE_TIMEOUT = 180.0  # in seconds; a first import from a slow disk took 40 s
NVIDIA_TIMEOUT = 20.0  # in seconds
NVIDIA_VENDOR = "0x10de"
INSTALL_GPU = 'pip install "boxwright[gpu]" (2.8 GB: TensorFlow with NVIDIA\'s CUDA 12 libraries)'
USE_WSL2 = "Use WSL2 (as administrator: wsl --install -d Ubuntu; install no driver inside it), and there"


@dataclass(frozen=True)
class Driver:
    """NVIDIA's driver.

    Attributes:
        gpus: What nvidia-smi lists, "name, driver version, memory" each; empty when it lists none.
        failure: What nvidia-smi said instead; "" when it works.
        installed: Whether there is an nvidia-smi.
        card: Whether an NVIDIA card is on the bus; None when the system does not tell.
    """

    gpus: tuple[str, ...]
    failure: str
    installed: bool
    card: bool | None


def check_tensorflow() -> Iterator[Check]:
    """Import TensorFlow in a child process, multiply matrices, list GPUs; explain what fails."""
    if importlib.util.find_spec("tensorflow") is None:
        yield Check("TensorFlow", Status.PROBLEM, "not installed", "pip install tensorflow")
        return
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    try:
        child = subprocess.run(
            [sys.executable, "-c", PROBE],
            capture_output=True,
            timeout=PROBE_TIMEOUT,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield Check("TensorFlow", Status.PROBLEM, f"its import did not end within {PROBE_TIMEOUT:.0f} s", "Try again.")
        return
    stdout, stderr = (stream.decode("utf-8", errors="replace") for stream in (child.stdout, child.stderr))
    answer = next((line for line in stdout.splitlines() if line.startswith("PROBE")), None)
    if child.returncode or answer is None:
        yield explain_failure(child.returncode, stderr)
        return
    found = json.loads(answer.removeprefix("PROBE"))
    yield Check("TensorFlow", Status.OK, f"{found['version']}, imported in {found['seconds']:.1f} s")
    if found["gpus"]:
        yield Check("GPU", Status.OK, f"{', '.join(found['gpus'])}; CUDA {found['cuda'] or 'of this build'}")
    else:
        yield explain_no_gpu(sys.platform, find_driver(), cuda_build=found["cuda_build"], stderr=stderr)


def explain_failure(code: int, stderr: str) -> Check:
    """Return the check for a TensorFlow that does not import."""
    last = next((line.strip() for line in reversed(stderr.splitlines()) if line.strip()), f"it ended with {code}")
    if code in (-4, 0xC000001D):  # SIGILL; Windows' STATUS_ILLEGAL_INSTRUCTION
        return Check(
            "TensorFlow",
            Status.PROBLEM,
            "the processor lacks an instruction that TensorFlow uses",
            "TensorFlow's packages need AVX: use another machine.",
        )
    if "DLL load failed" in stderr:
        return Check(
            "TensorFlow", Status.PROBLEM, last, "Install Microsoft's Visual C++ Redistributable (x64), then try again."
        )
    if code == -9:
        return Check("TensorFlow", Status.PROBLEM, "its import was killed", "Free memory: the import takes 0.6 GiB.")
    return Check("TensorFlow", Status.PROBLEM, last, "Install it again: pip install --force-reinstall tensorflow")


def explain_no_gpu(system: str, driver: Driver, *, cuda_build: bool, stderr: str) -> Check:
    """Return the check for a TensorFlow that sees no GPU: is there one, and what keeps TensorFlow from it?"""
    if system == "win32":
        text = "TensorFlow has had no GPU support on Windows itself since 2.11; training runs on the processor"
        if driver.gpus:
            return Check("GPU", Status.WARNING, f"{driver.gpus[0]}: {text}", f"{USE_WSL2}: {INSTALL_GPU}")
        return Check("GPU", Status.OK, text)
    if system == "darwin":
        return Check("GPU", Status.OK, "TensorFlow uses no GPU on macOS; training runs on the processor")
    return _explain_unseen(driver, cuda_build, stderr) if driver.gpus else _explain_no_driver(driver)


def _explain_unseen(driver: Driver, cuda_build: bool, stderr: str) -> Check:
    shown = driver.gpus[0]
    if not cuda_build:
        advice = f"pip uninstall tensorflow-cpu tensorflow, then {INSTALL_GPU}"
        return Check("GPU", Status.WARNING, f"{shown}: this TensorFlow was built without CUDA", advice)
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return Check("GPU", Status.WARNING, f"{shown}: hidden by CUDA_VISIBLE_DEVICES", "unset CUDA_VISIBLE_DEVICES")
    if "driver version is insufficient" in stderr:
        advice = "Update NVIDIA's driver to 525.60 or newer."
        return Check("GPU", Status.WARNING, f"{shown}: the driver is too old for CUDA 12", advice)
    if "Cannot dlopen" in stderr or "Could not find cuda" in stderr or importlib.util.find_spec("nvidia") is None:
        reason = "TensorFlow does not find the CUDA 12 and cuDNN 9 libraries (those of CUDA 13 do not serve it)"
        return Check("GPU", Status.WARNING, f"{shown}: {reason}", INSTALL_GPU)
    reason = next((line for line in stderr.splitlines() if "cuInit" in line or "CUDA error" in line), "no reason given")
    return Check("GPU", Status.WARNING, f"{shown}: TensorFlow does not see it ({reason.strip()[-160:]})", INSTALL_GPU)


def _explain_no_driver(driver: Driver) -> Check:
    if driver.installed:
        advice = "Reinstall NVIDIA's driver, restart; in a container, start it with access to the GPU (--gpus all)."
        return Check("GPU", Status.WARNING, f"NVIDIA's driver does not answer: {driver.failure}", advice)
    if driver.card:
        advice = f"Install NVIDIA's driver (on Ubuntu: sudo ubuntu-drivers install), restart, then {INSTALL_GPU}"
        return Check("GPU", Status.WARNING, "there is an NVIDIA card, but no driver (no nvidia-smi)", advice)
    return Check("GPU", Status.OK, "none (no NVIDIA driver found); training runs on the processor")


def find_driver() -> Driver:
    """Ask nvidia-smi, and the PCI bus where the system shows it."""
    card = _card_on_bus(Path("/sys/bus/pci/devices"))
    program = shutil.which("nvidia-smi")
    if program is None:
        return Driver((), "", False, card)
    query = [program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=NVIDIA_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Driver((), str(error), True, card)
    lines = tuple(line.strip() for line in answer.stdout.splitlines() if line.strip())
    if answer.returncode or not lines:
        output = (answer.stdout + answer.stderr).strip().splitlines()
        return Driver((), output[0] if output else f"nvidia-smi ended with {answer.returncode}", True, card)
    return Driver(lines, "", True, True)


def _card_on_bus(devices: Path) -> bool | None:
    if not devices.is_dir():
        return None
    for device in devices.iterdir():
        try:
            vendor, kind = (device / "vendor").read_text().strip(), (device / "class").read_text().strip()
        except OSError:
            continue
        if vendor == NVIDIA_VENDOR and kind.startswith("0x03"):  # a display controller
            return True
    return False
