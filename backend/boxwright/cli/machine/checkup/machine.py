"""Python, processor, memory, disk and permissions."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from boxwright.cli.machine.checkup.check import Check, Status

OLDEST, NEWEST = (3, 10), (3, 13)
GIB = 1 << 30
LITTLE_MEMORY = 3.5 * GIB  # training SSD Inception V2 at batch 12 takes about 3 GiB
LITTLE_DISK = 2 * GIB  # five checkpoints of 120 to 250 MB, exports, records
NO_DISK = GIB // 4
LONG_PATH = 140  # characters of the workspace's path; what Boxwright adds takes up to about 100 of Windows' 260


def check_python(
    version: tuple[int, ...] = sys.version_info[:3], bits: int = 64 if sys.maxsize > 2**32 else 32
) -> Check:
    """Check that TensorFlow has wheels for this Python."""
    found = f"{'.'.join(map(str, version))}, {bits} bit, {sys.executable}"
    if not OLDEST <= version[:2] <= NEWEST:
        return Check("Python", Status.PROBLEM, found, "Use Python 3.10 to 3.13: TensorFlow supports no other.")
    if bits != 64:
        return Check("Python", Status.PROBLEM, found, "Use a 64-bit Python: TensorFlow has no 32-bit packages.")
    return Check("Python", Status.OK, found)


def check_processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Check:
    """Check that the processor can run TensorFlow's packages, which need AVX on x86."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = f"{cores} core{'' if cores == 1 else 's'}, {platform.machine()}"
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return Check("processor", Status.OK, found)
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), None)
    if flags is None:  # not x86
        return Check("processor", Status.OK, found)
    known = [flag for flag in ("avx", "avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]
    found += f", {' '.join(known) or 'no vector extensions'}"
    if "avx" not in flags:
        return Check("processor", Status.PROBLEM, found, "TensorFlow's packages need AVX: use another machine.")
    return Check("processor", Status.OK, found)


def check_memory() -> Check:
    """Check that training fits, in what the container allows where there is one."""
    total = _memory()
    if total is None:
        return Check("memory", Status.OK, "unknown on this system")
    found = f"{total / GIB:.1f} GiB"
    if total < LITTLE_MEMORY:
        return Check("memory", Status.WARNING, found, "Train with a smaller batch, for example --batch-size 4.")
    return Check("memory", Status.OK, found)


def _memory() -> int | None:
    limits = []
    try:
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        windows = _windows_memory()
        if windows:
            limits.append(windows)
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limits.append(int(Path(name).read_text(encoding="ascii")))
        except (OSError, ValueError):  # no such control group, or "max"
            continue
    return min(limits, default=None)


def _windows_memory() -> int | None:
    if sys.platform != "win32":
        return None
    import ctypes

    class MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total", ctypes.c_ulonglong),
            *((f"other_{i}", ctypes.c_ulonglong) for i in range(6)),
        )

    status = MemoryStatus()
    status.length = ctypes.sizeof(status)
    return int(status.total) if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else None


def check_writable(name: str, folder: Path | None) -> Check:
    """Check that files can be made in a folder, or where it would be made; None for temporary files."""
    try:
        place = existing(folder if folder is not None else Path(tempfile.gettempdir()))
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"boxwright")
    except OSError as error:
        reason = f"cannot write in {error.filename or folder or 'any temporary folder'}: {error.strerror or error}"
        advice = "Change the folder's owner or permissions, or use another."
        return Check(name, Status.PROBLEM, reason, advice if folder else "Set TMPDIR to a folder of yours.")
    return Check(name, Status.OK, f"{place} can be written")


def check_disk(folder: Path, free: int | None = None) -> Check:
    """Check that checkpoints and exports fit."""
    place = existing(folder)
    free = shutil.disk_usage(place).free if free is None else free
    found = f"{free / GIB:.1f} GiB free at {place}"
    if free < NO_DISK:
        return Check(
            "disk space", Status.PROBLEM, found, "Free some: one checkpoint with its export takes up to 0.5 GiB."
        )
    if free < LITTLE_DISK:
        return Check("disk space", Status.WARNING, found, "Free some: five checkpoints and an export take about 2 GiB.")
    return Check("disk space", Status.OK, found)


def check_long_paths(folder: Path) -> Iterator[Check]:
    """Check Windows' limit of 260 characters, where it applies."""
    if sys.platform != "win32":
        return
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            enabled = bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        enabled = False
    length = len(str(folder.absolute()))
    if not enabled and length > LONG_PATH:
        advice = "Use a folder nearer to the drive's root, or enable long paths in Windows' settings."
        yield Check("path length", Status.WARNING, f"{length} characters of the 260 that Windows allows", advice)


def existing(folder: Path) -> Path:
    """Return `folder`, or the nearest folder above it that exists."""
    place = folder.absolute()
    while not place.is_dir() and place != place.parent:
        place = place.parent
    return place
