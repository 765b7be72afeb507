"""Measures labelImg with training beside plain labelImg: start, memory, stalls of the interface, and suggestions.

Start and memory are of processes that take turns. A stall is a gap between two beats of a timer; beside the gap on the
clock stands the processor time that the interface's thread spent in it, which other programs do not lengthen.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
BEAT = 5  # in milliseconds
SETTLED = 2.0  # in seconds, before memory is looked at
LONGEST = 900.0  # in seconds; that a training is waited for


def main() -> int:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=7, help="of each program")
    parser.add_argument("--images", type=int, default=2000, help="of the dataset that is exported while beats count")
    parser.add_argument("--steps", type=int, default=60, help="of the training while beats count")
    parser.add_argument("--suggestions", type=int, default=20)
    parser.add_argument("--child", nargs=2, metavar=("WHICH", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _child(*arguments.child, arguments)
        return 0
    sys.path.insert(0, str(PROJECT / "tests"))
    folder = Path(tempfile.mkdtemp(prefix="boxwright-bench-"))
    screen = subprocess.Popen(["Xvfb", ":78", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"])
    os.environ |= {
        "HOME": str(folder), "BOXWRIGHT_CACHE": str(folder / "cache"), "DISPLAY": ":78", "QT_QPA_PLATFORM": "xcb"
    }  # fmt: skip
    try:
        _measure(folder, arguments)
    finally:
        screen.terminate()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _measure(folder: Path, arguments: Any) -> None:
    from boxwright.cli.console import print_table
    from boxwright.demo.write import write_scenes

    workspace = folder / "work"
    write_scenes(workspace / "images", 40, seed=1)
    _boxwright("dataset", workspace)
    _start("plain", workspace), _start("ours", workspace)
    plain, ours = [], []
    for _ in range(arguments.starts):
        plain.append(_start("plain", workspace))
        ours.append(_start("ours", workspace))
    rows: list[tuple[str, float, str, str]] = []

    def add(what: str, value: float, limit: str = "") -> None:
        rows.append((what, value, limit, "" if not limit else "ok" if value <= float(limit) else "MISSED"))

    for name, unit, limit in (("start", "ms", 200), ("memory", "MB", 40)):
        of_plain, of_ours = (statistics.median(each[name] for each in group) for group in (plain, ours))
        pairs = [b[name] - a[name] for a, b in zip(plain, ours, strict=True)]
        add(f"{name} of plain labelImg, {unit}", of_plain)
        add(f"{name} of labelImg with training, {unit}", of_ours)
        add(f"{name}: what training adds, {unit}", statistics.median(pairs), str(limit))
    stalls = _run("stalls", workspace, arguments)
    for name in ("plain browsing", "export", "training"):
        add(f"longest gap while {name}, ms on the clock", stalls[name][0], "" if "plain" in name else "50")
        add(f"longest gap while {name}, ms of the thread's own time", stalls[name][1])
    tutorial = folder / "tutorial"
    write_scenes(tutorial / "images", 20, seed=4)
    options = ("--preset", "ssd_inception_v2", "--batch-size", "1", "--num-steps", "1", "--eval-every", "0")
    _boxwright("train", tutorial, *options)
    _boxwright("export", tutorial)
    suggestions = _run("suggestions", tutorial, arguments)
    add("first suggestion, the model being loaded, s", suggestions["first"])
    add("suggestion of SSD Inception V2 300x300, warm, median ms", suggestions["median"], "400")
    add("the same, the slowest of all, ms", suggestions["worst"])
    print_table(("measured", "value", "limit", ""), rows, title=f"labelImg, {arguments.starts} starts each, in turn")


def _boxwright(command: str, workspace: Path, *options: str) -> None:
    line = [sys.executable, "-m", "boxwright", command, str(workspace), *options]
    ended = subprocess.run(line, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"boxwright {command}: {ended.stdout}{ended.stderr}")


def _start(which: str, workspace: Path) -> dict[str, float]:
    return _run(which, workspace, None)


def _run(which: str, workspace: Path, arguments: Any) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", which, str(workspace)]
    if arguments is not None:
        for name in ("images", "steps", "suggestions"):
            command += [f"--{name}", str(getattr(arguments, name))]
    environment = {**os.environ, "STARTED": str(time.time())}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    for line in ended.stdout.splitlines():
        if line.startswith("MEASURED "):
            return dict(json.loads(line.removeprefix("MEASURED ")))
    raise SystemExit(f"{which}: {ended.stdout}{ended.stderr}")


# what follows runs in a process of its own
def _child(which: str, place: str, arguments: Any) -> None:
    sys.path.insert(0, str(PROJECT / "tests"))
    measured = {"stalls": _stalls, "suggestions": _suggestions}.get(which, _started)(which, Path(place), arguments)
    print("MEASURED", json.dumps(measured), flush=True)


def _started(which: str, workspace: Path, arguments: Any) -> dict[str, float]:
    from PyQt5.QtTest import QTest
    from PyQt5.QtWidgets import QApplication

    application = QApplication(["labelImg"])
    window: Any
    if which == "plain":
        import types

        if sys.version_info >= (3, 12):
            sys.modules |= {name: types.ModuleType(name) for name in ("distutils", "distutils.spawn")}
        from labelImg.labelImg import MainWindow

        window = MainWindow(None, "", None)
        window.show()
        window.import_dir_images(str(workspace / "images"))
    else:
        from boxwright_labelimg.main import build_window

        window = build_window()
        window.show()
        window.open_place(workspace)
    application.processEvents()
    seconds = time.time() - float(os.environ["STARTED"])
    QTest.qWait(int(SETTLED * 1000))
    status = Path("/proc/self/status").read_text()
    memory = int(status.split("VmRSS:")[1].split()[0]) / 1000
    window.dirty = False
    window.close()
    return {"start": 1000 * seconds, "memory": memory}


class _Heart:
    """Beats in the thread of the interface; remembers the longest gap."""

    def __init__(self) -> None:
        from PyQt5.QtCore import QTimer

        self.timer = QTimer()
        self.timer.timeout.connect(self._beat)
        self.timer.start(BEAT)
        self.begin()

    def begin(self) -> None:
        self.clock, self.own = time.perf_counter(), time.thread_time()
        self.gaps = [0.0, 0.0]

    def _beat(self) -> None:
        clock, own = time.perf_counter(), time.thread_time()
        self.gaps = [max(self.gaps[0], clock - self.clock), max(self.gaps[1], own - self.own)]
        self.clock, self.own = clock, own

    def end(self) -> list[float]:
        return [1000 * gap for gap in self.gaps]


def _stalls(which: str, workspace: Path, arguments: Any) -> dict[str, list[float]]:
    from PyQt5.QtWidgets import QApplication

    from boxwright.demo.write import write_scenes
    from boxwright.workflow.dataset import DatasetOptions
    from boxwright.workflow.train import TrainOptions
    from boxwright.workspace import Workspace
    from boxwright_labelimg.client import commands
    from boxwright_labelimg.main import build_window
    from robot import settle, until

    application = QApplication(["labelImg"])
    large = workspace.with_name("large")
    scenes = workspace.with_name("scenes")
    write_scenes(scenes, 40, seed=2)
    (large / "images").mkdir(parents=True)
    pairs = [(path, path.with_suffix(".xml")) for path in sorted(scenes.glob("*.jpg"))]
    for number in range(arguments.images):
        image, xml = pairs[number % len(pairs)]
        (large / "images" / f"p{number:05d}.jpg").write_bytes(image.read_bytes() + number.to_bytes(4, "big"))
        (large / "images" / f"p{number:05d}.xml").write_bytes(xml.read_bytes())
    (large / "annotations").mkdir()
    measured = {}
    for name, root in (("export", large), ("training", workspace)):
        window = build_window()
        window.show()
        application.setActiveWindow(window)
        window.open_place(root)
        settle(1500)
        heart = _Heart()
        if not measured:
            settle(3000)
            measured["plain browsing"] = heart.end()
        heart.begin()
        training = ("train", TrainOptions(preset="demo", batch_size=4, num_steps=arguments.steps))
        job = training if name == "training" else ("export-dataset", DatasetOptions())
        window.session.tasks.do(partial(commands.submit, Workspace.at(root), *job), lambda job: None, print)
        until(partial(_has_ended, window), name, patience=LONGEST)
        measured[name] = heart.end()
        heart.timer.stop()
        window.dirty = False
        window.close()
        _boxwright("daemon", root, "--stop")
    return measured


def _has_ended(window: Any) -> bool:
    return bool(window.session.status and window.session.status.jobs and window.session.status.jobs[-1].state.is_end)


def _suggestions(which: str, workspace: Path, arguments: Any) -> dict[str, float]:
    import queue

    from boxwright.workspace import Workspace
    from boxwright_labelimg.client.suggestion_process import Answer, SuggestionProcess

    answers: queue.Queue[Answer] = queue.Queue()
    suggestion_process = SuggestionProcess(answers.put)
    images = sorted((workspace / "images").glob("*.jpg"))
    taken = []
    for number in range(arguments.suggestions + 1):
        began = time.perf_counter()
        suggestion_process.ask(Workspace.at(workspace), images[number % len(images)])
        answer = answers.get()
        if answer.error:
            raise SystemExit(answer.error)
        taken.append(time.perf_counter() - began)
    suggestion_process.close()
    warm = taken[1:]
    return {"first": taken[0], "median": 1000 * statistics.median(warm), "worst": 1000 * max(warm)}


if __name__ == "__main__":
    sys.exit(main())
