"""Bad days of a disk, a clock and a user: the daemon says what is wrong, lives, loses nothing, and settles.

Needs Linux; the cases that need root say that they were left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torture_cases import LeftOutError, run_cases

DAY = 86_400.0  # in seconds


class _Day:
    """A small workspace and what is needed to watch its daemon."""

    def __init__(self, folder: Path, images: int = 10) -> None:
        import daemon_process
        import tiny_workspaces

        self.folder = folder
        self.process: Any = daemon_process
        self.tiny: Any = tiny_workspaces
        self.images = images
        self.workspace = self.make(folder / "work")

    def make(self, root: Path) -> Any:
        return self.tiny.make_workspace(root, {f"p{i}.jpg": ["dog", "cat"][: 1 + i % 2] for i in range(self.images)})

    def settle(self) -> None:
        self.process.until_settled(self.workspace, self.folder / "scratch")
        shutil.rmtree(self.folder / "scratch", ignore_errors=True)

    def edit(self, name: str, *labels: str) -> None:
        self.tiny.write_xml(self.workspace.images / f"{name}.xml", f"{name}.jpg", labels)

    def said(self, *words: str) -> str:
        """Return the line of the log, or the finding, that holds one of the words."""

        def look() -> str:
            lines = self.process.log(self.workspace).splitlines()
            lines += [str(finding) for finding in self.process.findings(self.workspace)]
            return next((line for line in lines if any(word in line for word in words)), "")

        line: str = self.process.until(look, f"a word about {words}")
        return "It said: " + " ".join(line.split(" ")[2:] if line.startswith("20") else line.split(" "))[:150]

    def has_label(self, label: str) -> None:
        def look() -> bool:
            return label.encode() in self.tiny.outputs(self.workspace).get("label_map.pbtxt", b"")

        self.process.until(look, f"{label} in the label map")

    def lives(self, child: Any) -> None:
        assert child.poll() is None, "the daemon died"


def _disk_full(day: _Day) -> str:
    disk = day.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        raise LeftOutError("no tmpfs can be mounted here")
    try:
        day.workspace = day.make(disk / "work")
        with day.process.daemon(day.workspace) as child:
            day.settle()
            before = day.tiny.outputs(day.workspace)
            day.edit("p1", "bird", "bird")  # takes its room before the disk is full
            filler = disk / "filler"
            with filler.open("wb", buffering=0) as stream:
                try:
                    while True:
                        stream.write(b"x" * 4096)
                except OSError:
                    pass
            day.edit("p0", "cow")
            line = day.said("No space left", "disk is full")
            day.lives(child)
            now = day.tiny.outputs(day.workspace)
            assert now == before or b"bird" in now["label_map.pbtxt"], "neither old nor new"
            filler.unlink()
            day.edit("p0", "cow")
            day.has_label("cow")
            day.settle()
            day.lives(child)
        return line
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def _annotations_read_only(day: _Day) -> str:
    with day.process.daemon(day.workspace) as child:
        day.settle()
        folder = str(day.workspace.annotations)
        if subprocess.run(["mount", "--bind", "-o", "ro", folder, folder], capture_output=True, check=False).returncode:
            raise LeftOutError("nothing can be mounted read-only here")
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
            day.edit("p0", "cow")
            line = day.said("Read-only", "may not do that")
            day.lives(child)
        finally:
            subprocess.run(["umount", "-l", folder], check=False)
        day.has_label("cow")
        day.settle()
        day.lives(child)
    return line


def _workspace_vanishes(day: _Day) -> str:
    with day.process.daemon(day.workspace) as child:
        day.settle()
        root = day.workspace.root
        root.rename(day.folder / "away")
        time.sleep(3.0)
        assert not root.exists(), "the daemon made it again"
        (day.folder / "away").rename(root)
        line = day.said("the folder is gone")
        day.edit("p0", "cow")
        day.has_label("cow")
        day.settle()
        day.lives(child)
    return line


def _clock_set_back(day: _Day) -> str:
    with day.process.daemon(day.workspace) as child:
        day.settle()
        xml = day.workspace.images / "p0.xml"
        for labels, when in ((("cow",), time.time() + DAY), (("hen",), 1e9), (("pig",), 1e9)):  # sizes are equal
            day.tiny.write_xml(day.folder / "new.xml", "p0.jpg", labels)
            os.utime(day.folder / "new.xml", (when, when))
            (day.folder / "new.xml").replace(xml)
            day.has_label(labels[0])
            day.settle()
        xml.write_bytes(b"")
        os.utime(xml, (time.time() + DAY, time.time() + DAY))  # "half written" until tomorrow?
        line = day.said("p0.xml")
        day.edit("p0", "dog")
        day.settle()
        day.lives(child)
    return line


def _twenty_thousand_events(day: _Day) -> str:
    with day.process.daemon(day.workspace) as child:
        day.settle()
        started = time.monotonic()
        for i in range(1000):
            day.tiny.add_image(day.workspace, f"many{i}.jpg", None, seed=i)
        for round_number in range(20):
            for i in range(1000):
                day.tiny.write_xml(
                    day.workspace.images / f"many{i}.xml", f"many{i}.jpg", ["dog"], offset=i + round_number
                )
        wrote = time.monotonic() - started
        day.process.until(
            lambda: sum(day.process.status(day.workspace).get("images", {}).values()) == 1000 + day.images, "all images"
        )
        day.settle()
        day.lives(child)
    return f"20,000 saves in {wrote:.0f} s; settled {time.monotonic() - started - wrote:.1f} s after the last"


def _xml_written_for_three_seconds(day: _Day) -> str:
    with day.process.daemon(day.workspace) as child:
        day.settle()
        day.tiny.write_xml(day.folder / "slow.xml", "p0.jpg", ["cow", "dog"])
        whole = (day.folder / "slow.xml").read_bytes()
        with (day.workspace.images / "p0.xml").open("wb") as stream:
            for i in range(30):
                stream.write(whole[len(whole) * i // 30 : len(whole) * (i + 1) // 30])
                stream.flush()
                time.sleep(0.1)
        day.has_label("cow")
        day.settle()
        day.lives(child)
        assert "p0.xml: The" not in day.process.log(day.workspace), "a half written file was found fault with"
    return "nothing to say"


def _symlink_loop(day: _Day) -> str:
    (day.workspace.images / "loop").symlink_to(".", target_is_directory=True)
    (day.workspace.images / "self.jpg").symlink_to("self.jpg")
    with day.process.daemon(day.workspace) as child:
        day.settle()
        day.edit("p0", "cow")
        day.has_label("cow")
        images = sum(day.process.status(day.workspace)["images"].values())
        assert images == day.images, f"{images} images"
        day.lives(child)
    return f"{images} images, none twice"


def _name_of_255_bytes(day: _Day) -> str:
    stem = "n" * 251
    with day.process.daemon(day.workspace) as child:
        day.settle()
        day.tiny.add_image(day.workspace, f"{stem}.jpg", ["cow"], seed=70)
        day.has_label("cow")
        day.edit(stem, "hen")
        day.has_label("hen")
        day.settle()
        day.lives(child)
    return "in the records"


def _names_that_are_no_unicode(day: _Day) -> str:
    with day.process.daemon(day.workspace) as child:
        day.settle()
        name = os.fsdecode(b"caf\xe9\xff")
        day.tiny.add_image(day.workspace, f"{name}.jpg", None, seed=71)
        day.tiny.write_xml(day.workspace.images / f"{name}.xml", "cafe.jpg", ["cow"])
        day.has_label("cow")
        day.tiny.write_xml(day.workspace.images / f"{name}.xml", "cafe.jpg", ["hen"])
        day.has_label("hen")
        day.settle()
        (day.workspace.images / f"{name}.xml").write_bytes(b"<annot")
        line = day.said("caf")
        (day.workspace.images / f"{name}.xml").unlink()
        day.settle()
        day.lives(child)
    return line


def _folder_in_and_out(day: _Day) -> str:
    outside = day.tiny.make_workspace(day.folder / "outside", {f"o{i}.jpg": ["cow"] for i in range(300)})
    with day.process.daemon(day.workspace) as child:
        day.settle()
        for _ in range(3):
            outside.images.rename(day.workspace.images / "herd")
            day.process.until(
                lambda: sum(day.process.status(day.workspace)["images"].values()) == 300 + day.images, "the herd"
            )
            day.settle()
            (day.workspace.images / "herd").rename(outside.images)
            day.process.until(
                lambda: sum(day.process.status(day.workspace)["images"].values()) == day.images, "its end"
            )
            day.settle()
        day.lives(child)
    return "three times"


CASES: tuple[Callable[[_Day], str], ...] = (
    _disk_full,
    _annotations_read_only,
    _workspace_vanishes,
    _clock_set_back,
    _twenty_thousand_events,
    _xml_written_for_three_seconds,
    _symlink_loop,
    _name_of_255_bytes,
    _names_that_are_no_unicode,
    _folder_in_and_out,
)

if __name__ == "__main__":
    sys.exit(run_cases(CASES, _Day, __doc__))
