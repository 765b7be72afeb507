"""What every test may use, and what no test may leave behind."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell that started us in the background made us deaf to Ctrl+C, and every program that a test starts as well
    signal.signal(signal.SIGINT, signal.default_int_handler)

# a first training fetches pretrained weights: never in a test, nor does a test find those that a person fetched
os.environ["BOXWRIGHT_OFFLINE"] = "1"
os.environ["BOXWRIGHT_CACHE"] = str(Path(tempfile.gettempdir()) / f"boxwright-tests-{os.environ.get('USER', 'user')}")

# never a timed test: on a busy machine an example may take any time; nor a different one each day in CI
settings.register_profile("boxwright", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("boxwright")

PROJECT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).resolve().parent / "golden"

LEAK_GRACE = 2.0  # in seconds; what is still there after it was left behind

TIERS = {
    "fast": "no TensorFlow, no Qt, no long-lived process",
    "tensor": "TensorFlow in the test's own process",
    "process": "other processes: daemon, jobs, kill -9, the command line, tools",
    "gui": "labelImg's window on a virtual screen",
    "train": "whole trainings",
}
"""Marker to what its tests need. Each test has exactly one; `./scripts/test TIER` runs those of one."""

SLOWEST_FIRST = ("train", "gui", "tensor", "process", "fast")

TIER_OF_PATH = {
    "": "fast",
    "architecture": "process",
    "checkpoints": "tensor",
    "conversion": "tensor",
    "cli": "process",
    "daemon": "process",
    "dataset/sources/test_images_decode.py": "tensor",
    "dataset/store/test_records_tensorflow.py": "tensor",
    "dataset/test_kill.py": "process",
    "detection": "tensor",
    "docs": "process",
    "evaluation": "tensor",
    "export": "tensor",
    "inference": "tensor",
    "jobs/test_supervisor.py": "process",
    "plugin": "gui",
    "plugin/client": "process",
    "report/test_browser.py": "process",
    "scripts": "process",
    "test_model_contract.py": "tensor",
    "training": "tensor",
    "training/hardware": "train",
    "training/test_exact_resume.py": "train",
    "training/test_live_evaluation.py": "train",
    "training/test_loop.py": "train",
    "workflow": "train",
    "workflow/preparation/test_effort.py": "fast",
    "workflow/preparation/test_new_classes.py": "fast",
    "workflow/preparation/test_pretrained.py": "fast",
    "workflow/test_api.py": "process",
    "workflow/test_converted_photos.py": "fast",
    "workflow/test_demo.py": "fast",
    "workflow/test_estimate.py": "tensor",
    "workflow/test_options.py": "fast",
    "workflow/test_rank.py": "fast",
    "workflow/test_run_job.py": "fast",
    "workflow/test_shown_boxes.py": "fast",
    "workflow/test_suggest.py": "tensor",
    "workflow/test_suggestions.py": "fast",
    "workflow/test_tensorflow_quiet.py": "process",
    "workflow/test_train.py": "fast",
}
"""Path below tests/ to the tier of the tests there that carry no tier's marker; the longest path counts."""

HEAVY = ("tensorflow", "PyQt5")
"""What the fast tier must not load: it is for the minute between two edits."""


def tier_of(item: pytest.Item) -> str:
    """Return the tier of a test: its own marker's, or that of the longest path that it lies in."""
    own = [mark.name for mark in item.iter_markers() if mark.name in TIERS]
    if own:
        return own[0]
    path = item.path.relative_to(PROJECT / "tests").as_posix()
    within = [place for place in TIER_OF_PATH if not place or path == place or path.startswith(f"{place}/")]
    return TIER_OF_PATH[max(within, key=len)]


def pytest_configure(config: pytest.Config) -> None:
    """Declare the tiers' markers."""
    for name, meaning in TIERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its tier's marker; where processes share the tests, put files that take minutes first."""
    for item in items:
        tier = tier_of(item)
        if item.get_closest_marker(tier) is None:
            item.add_marker(tier)
    if hasattr(config, "workerinput"):  # of pytest-xdist: at the end no process waits long for the other
        items.sort(key=lambda item: SLOWEST_FIRST.index(tier_of(item)))


@pytest.fixture(autouse=True)
def stays_in_its_tier(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of the fast tier that loads TensorFlow or Qt."""
    before = {name for name in HEAVY if name in sys.modules}
    yield
    if request.node.get_closest_marker("fast") is not None:
        loaded = {name for name in HEAVY if name in sys.modules} - before
        assert not loaded, f"a test of the fast tier loads {', '.join(sorted(loaded))}: mark it with another tier"


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
