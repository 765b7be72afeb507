"""Measures the daemon: from a save to the record on the disk, a drop of thousands, start, idling, memory."""

from __future__ import annotations

import argparse
import atexit
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from boxwright.cli.console import echo, print_table

PROJECT = Path(__file__).resolve().parent.parent
PHOTOS = PROJECT.parent / "shared" / "data" / "raccoon"
SMALL = 500  # images
PAUSES = (0.2, 2.5)  # in seconds, between two saves; so some come while a former one is being proved
POLL = 0.004  # in seconds
IDLE = 60.0  # in seconds
LONGEST = 120.0  # in seconds; that something is waited for


def main() -> int:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--saves", type=int, default=60)
    parser.add_argument("--dropped", type=int, default=5_000)
    parser.add_argument("--work", type=Path, help="on the file system to be measured")
    arguments = parser.parse_args()
    if not PHOTOS.is_dir():
        echo("skipped: the photos to measure with (../shared/data/raccoon) are not there")
        return 0
    sys.path.insert(0, str(PROJECT / "tests"))
    folder = Path(tempfile.mkdtemp(prefix="boxwright-bench-", dir=arguments.work))
    try:
        _measure(folder, arguments.images, arguments.saves, arguments.dropped)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _measure(folder: Path, number: int, saves: int, dropped: int) -> None:
    small, large = _Daemon(_make(folder / "small", SMALL)), _Daemon(_make(folder / "large", number))
    rows: list[tuple[str, float, str]] = []
    for each in (small, large):
        each.start()
    taken = _save_in_turn([small, large], saves)
    p50 = [statistics.median(times) for times in taken]
    p95 = [sorted(times)[int(0.95 * len(times))] for times in taken]
    for name, count, values in (("p50", SMALL, p50[0]), ("p50", number, p50[1]), ("p95", number, p95[1])):
        rows.append((f"save to record, {count:,} images, {name} s", values, "0.3" if name == "p50" else "0.6"))
    rows.append((f"p50 at {number:,} images by p50 at {SMALL}", p50[1] / p50[0], "1.2"))
    small.end()

    time.sleep(3.0)
    before = large.cpu_seconds()
    time.sleep(IDLE)
    rows.append(("CPU while idle, % of a core", 100 * (large.cpu_seconds() - before) / IDLE, "1"))
    rows.append(("resident memory after it, MB", large.memory("VmRSS"), "150"))

    settled = _drop(large, folder / "aside", min(dropped, number // 2))
    rows.append(("resident memory after the drop, MB", large.memory("VmRSS"), "150"))
    large.end()
    built = _build(large.root, folder / "copy")
    rows.append((f"{min(dropped, number // 2):,} XML dropped, s", settled, ""))
    rows.append(("the whole dataset built from nothing, s", built, ""))
    rows.append(("drop by build", settled / built, "1.5"))

    time.sleep(2.5)  # so that the files are old enough to be believed
    large.start()
    large.end()
    starts = []
    for _ in range(3):
        starts.append(large.start())
        large.end()
    rows.append((f"start to settled, {number:,} images unchanged, s", statistics.median(starts), "1.5"))
    shown = [(what, value, limit, _verdict(value, limit)) for what, value, limit in rows]
    print_table(("measured", "value", "limit", ""), shown, title=f"The daemon, {saves} saves a workspace in turn")


def _verdict(value: float, limit: str) -> str:
    return "" if not limit else "ok" if value <= float(limit) else "MISSED"


def _make(root: Path, number: int) -> Path:
    """Lay out `number` photos with their XML, each with bytes of its own, on the same few photos."""
    photos = {path.stem: path for path in PHOTOS.rglob("*.jpg")}
    pairs = [(photos[xml.stem], xml) for xml in sorted(PHOTOS.rglob("*.xml")) if xml.stem in photos]
    images = root / "images"
    images.mkdir(parents=True)
    for i in range(number):
        image, xml = pairs[i % len(pairs)]
        (images / f"r{i:05d}.jpg").write_bytes(image.read_bytes() + i.to_bytes(4, "big"))
        (images / f"r{i:05d}.xml").write_bytes(xml.read_bytes())
    return root


class _Daemon:
    """A daemon of one workspace, and what can be seen of it from outside."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; return the seconds until it has settled."""
        before = self.status().get("time")
        started = time.perf_counter()
        command = [sys.executable, "-m", "boxwright", "daemon", str(self.root)]
        self.child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ})
        atexit.register(self.end)  # also when the bench gives up
        _until(lambda: self.status().get("settled") and self.status().get("time") != before)
        return time.perf_counter() - started

    def end(self) -> None:
        if self.child is not None:
            self.child.terminate()
            self.child.wait(30)
        self.child = None

    def status(self) -> dict[str, Any]:
        import daemon_process
        from boxwright.workspace import Workspace

        return daemon_process.status(Workspace.at(self.root))

    def cpu_seconds(self) -> float:
        assert self.child is not None
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, name: str) -> float:
        assert self.child is not None
        found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{self.child.pid}/status").read_text())
        return int(found[1]) / 1000 if found else 0.0

    def records(self) -> list[tuple[str, int, int]]:
        """Return what changes with every record file that is written."""
        found = []
        for entry in os.scandir(self.root / "annotations"):
            if ".record" in entry.name and not entry.name.startswith("."):
                status = entry.stat()
                found.append((entry.name, status.st_ino, status.st_mtime_ns))
        return sorted(found)


def _save_in_turn(daemons: Sequence[_Daemon], saves: int) -> list[list[float]]:
    """Save XML in each workspace in turn, as labelImg does; return the seconds until a record file was another."""
    taken: list[list[float]] = [[] for _ in daemons]
    chance = random.Random(0)
    for number in range(saves):
        for daemon, times in zip(daemons, taken, strict=True):
            xml = daemon.root / "images" / f"r{(number * 7) % SMALL:05d}.xml"
            text = xml.read_text("utf-8")
            wanted = next(x for x in range(3, 99) if f"<xmin>{x}</xmin>" not in text)
            text = re.sub(r"<xmin>.*?</xmin>", f"<xmin>{wanted}</xmin>", text, count=1)
            text = re.sub(r"<xmax>.*?</xmax>", "<xmax>150</xmax>", text, count=1)
            before = daemon.records()
            started = time.perf_counter()
            with xml.open("w", encoding="utf-8") as stream:
                stream.write(text)
            _until(lambda daemon=daemon, before=before: daemon.records() != before)  # type: ignore[misc]
            times.append(time.perf_counter() - started)
            time.sleep(chance.uniform(*PAUSES) / len(daemons))
    return taken


def _drop(daemon: _Daemon, aside: Path, number: int) -> float:
    """Drop `number` XML at once; return the seconds from the first until the last change of an output."""
    xmls = sorted((daemon.root / "images").glob("*.xml"))[-number:]
    total = sum(daemon.status()["images"].values())
    aside.mkdir()
    for xml in xmls:
        xml.replace(aside / xml.name)
    _until(lambda: sum(daemon.status()["images"].values()) <= total - number)
    time.sleep(3.0)
    started = time.time()
    for xml in xmls:
        (aside / xml.name).replace(xml)
    _until(lambda: sum(daemon.status()["images"].values()) >= total)
    last, still_since = 0.0, time.monotonic()
    while time.monotonic() - still_since < 2.0:
        newest = max(path.stat().st_mtime for path in (daemon.root / "annotations").iterdir())
        newest = max(newest, float(daemon.status()["time"]))
        if newest != last:
            last, still_since = newest, time.monotonic()
        time.sleep(0.05)
    return last - started


def _build(root: Path, copy: Path) -> float:
    """Return the seconds of `boxwright dataset` from nothing on the same files; the median of three."""
    (copy / "images").mkdir(parents=True)
    for path in (root / "images").iterdir():
        os.link(path, copy / "images" / path.name)
    taken = []
    for _ in range(3):
        for name in ("annotations", ".boxwright"):
            shutil.rmtree(copy / name, ignore_errors=True)
        started = time.perf_counter()
        command = [sys.executable, "-m", "boxwright", "dataset", str(copy)]
        subprocess.run(command, check=False, capture_output=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + LONGEST
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {LONGEST:.0f} s: the daemon does not do what is waited for")
        time.sleep(POLL)


if __name__ == "__main__":
    sys.exit(main())
