"""Workspaces and machines at their limits: each ends in words or in the right result, never in a traceback.

Needs Linux; the cases that need root say that they were left out.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torture_cases import LeftOutError, run_cases

NOBODY = 65_534
FEW_DESCRIPTORS = 64


def _workspace(folder: Path, images: int = 10, size: tuple[int, int] = (96, 96)) -> Any:
    from tiny_workspaces import add_image, make_workspace

    workspace = make_workspace(folder / "work", {})
    for i in range(images):
        add_image(workspace, f"p{i}.jpg", ["dog", "cat"][: 1 + i % 2], size=size, seed=i)
    return workspace


def _boxwright(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "boxwright", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert "Traceback" not in done.stderr + done.stdout, done.stderr[-400:]
    assert "unexpected failure" not in done.stderr, done.stderr[-400:]
    return done


def _words(done: subprocess.CompletedProcess[str], *wanted: str) -> str:
    """Return the last line of what was said, which must hold one of the words."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("boxwright: ")] or [""]
    assert any(word in lines[-1] for word in wanted), f"exit {done.returncode}: {done.stderr[-400:]}"
    return f"It said: {lines[-1][:160]}"


def _sixty_four_descriptors(folder: Path) -> str:
    workspace = _workspace(folder, images=300)

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_DESCRIPTORS, FEW_DESCRIPTORS))

    done = _boxwright("dataset", workspace.root, preexec_fn=few)
    assert done.returncode == 0, done.stderr[-400:]
    return "300 images in the records"


def _train(workspace: Any, steps: int, **options: Any) -> subprocess.CompletedProcess[str]:
    return _boxwright(
        "train", workspace.root, "--num-steps", steps, "--batch-size", 2, "--preset", "demo", "--pretrained", "none",
        "--eval-every", 0, **options,
    )  # fmt: skip


def _config_and_checkpoint(folder: Path) -> Any:
    workspace = _workspace(folder)
    assert _boxwright("dataset", workspace.root).returncode == 0
    done = _train(workspace, 3)
    assert done.returncode == 0, done.stderr[-400:]
    return workspace


def _truncated_checkpoint_index(folder: Path) -> str:
    workspace = _config_and_checkpoint(folder)
    index = workspace.checkpoint_prefix(3).with_name("model.ckpt-3.index")
    whole = index.read_bytes()
    said = ""
    for length in (0, len(whole) // 2):
        index.write_bytes(whole[:length])
        for arguments in (("train", workspace.root, "--num-steps", 6, "--batch-size", 2), ("export", workspace.root)):
            done = _boxwright(*arguments)
            assert done.returncode, f"{arguments[0]} took an index of {length} bytes"
            said = _words(done, "model.ckpt-3")
    return said


def _workspace_of_another_owner(folder: Path) -> str:
    if os.getuid():
        raise LeftOutError("only root can be somebody else")
    workspace = _workspace(folder)
    assert _boxwright("dataset", workspace.root).returncode == 0
    other = {"user": NOBODY, "group": NOBODY, "env": {**os.environ, "HOME": "/nonexistent", "BOXWRIGHT_CACHE": "/none"}}
    try:
        checked = _boxwright("check", workspace.root, **other)
    except PermissionError:
        raise LeftOutError("this Python cannot be run by others") from None
    if checked.returncode not in (0, 1) or "No module named" in checked.stderr:
        raise LeftOutError("this Python cannot be read by others")
    said = _words(_boxwright("init", workspace.root, "--images", workspace.images, **other), "may not", "denied")
    for command in ("jobs", "runs"):
        _boxwright(command, workspace.root, **other)
    return said


def _accents_of_another_system(folder: Path) -> str:
    from tiny_workspaces import add_image, make_workspace, write_xml

    workspace = make_workspace(folder / "work", {"a.jpg": ["dog"], "b.jpg": ["dog"]})
    composed, split = (unicodedata.normalize(form, "for\u00eat") for form in ("NFC", "NFD"))
    add_image(workspace, f"{split}.jpg", None, seed=70)  # as macOS writes names
    write_xml(workspace.images / f"{composed}.xml", f"{composed}.jpg", ["cow"])
    assert _boxwright("dataset", workspace.root).returncode == 0
    before = workspace.split_csv.read_text("utf-8").splitlines()
    side = [line.rpartition(",")[2] for line in before if unicodedata.normalize("NFC", line).startswith(composed)]
    assert len(side) == 1, f"{len(side)} records of one photo"
    (workspace.images / f"{split}.jpg").rename(workspace.images / f"{composed}.jpg")
    assert _boxwright("dataset", workspace.root).returncode == 0
    rows = [line.rpartition(",") for line in workspace.split_csv.read_text("utf-8").splitlines()]
    assert {row[2] for row in rows if unicodedata.normalize("NFC", row[0]) == f"{composed}.jpg"} == set(side)
    return f"one photo, one record, {side[0]} before and after its name was composed"


def _number_of_a_process_used_again(folder: Path) -> str:
    from boxwright.jobs.store import JobStore
    from daemon_process import daemon, until

    workspace = _workspace(folder)
    store = JobStore(workspace)
    store.submit("export-dataset")
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        store.start(1, sleeper.pid)  # as if a worker of that number had died, and another program got it
        store.cancel(1)
        with daemon(workspace):
            until(lambda: store.get(1).state.is_end, "the job's end")
        assert sleeper.poll() is None, "another program was killed"
    finally:
        sleeper.kill()
        sleeper.wait()
    return f"the job is {store.get(1).state.value}, the other program lives"


CASES: tuple[Callable[[Path], str], ...] = (
    _sixty_four_descriptors,
    _truncated_checkpoint_index,
    _workspace_of_another_owner,
    _accents_of_another_system,
    _number_of_a_process_used_again,
)

if __name__ == "__main__":
    sys.exit(run_cases(CASES, lambda folder: folder, __doc__))
