"""What every test may use, and what no test may leave behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell that started us in the background made us deaf to Ctrl+C, and every program that a test starts as well
    signal.signal(signal.SIGINT, signal.default_int_handler)

# never a timed test: on a busy machine an example may take any time; nor a different one each day in CI
settings.register_profile("boxwright", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("boxwright")

PROJECT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).resolve().parent / "golden"

LEAK_GRACE = 2.0  # in seconds; what is still there after it was left behind


@pytest.fixture(scope="session")
def golden() -> Path:
    """Numbers of the original TF 1.15 stack, committed with the tests."""
    return GOLDEN


@pytest.fixture(scope="session")
def project() -> Path:
    """The checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs and configs that lies beside the project on a developer's machine."""
    folder = PROJECT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the folder ../shared with real photographs is not beside this checkout")
    return folder


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test that leaves a thread, a child process or another working directory behind."""
    threads, children, folder = set(threading.enumerate()), _children(), Path.cwd()
    yield
    moved_to = Path.cwd()
    os.chdir(folder)
    assert moved_to == folder, f"the test left the working directory at {moved_to}"
    patience = time.monotonic() + LEAK_GRACE
    while (left := _left(threads, children)) and time.monotonic() < patience:
        time.sleep(0.02)
    assert not left, f"the test left behind: {', '.join(left)}"


def _left(threads: set[threading.Thread], children: dict[int, str]) -> list[str]:
    left = [f"thread {thread.name}" for thread in threading.enumerate() if thread not in threads]
    # multiprocessing's tracker serves the whole process and ends with it
    return left + [
        f"process {pid} ({command})"
        for pid, command in _children().items()
        if pid not in children and "resource_tracker" not in command
    ]


def _children() -> dict[int, str]:
    """Return our child processes and their commands, where the system tells (Linux)."""
    found: dict[int, str] = {}
    for listing in Path("/proc/self/task").glob("*/children"):
        try:
            pids = [int(pid) for pid in listing.read_text().split()]
        except OSError:  # the thread ended meanwhile
            continue
        for pid in pids:
            try:
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
    return found
