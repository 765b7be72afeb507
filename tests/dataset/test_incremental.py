"""An incremental sync leaves byte for byte what a rebuild from nothing leaves."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxwright.annotations.readers import read_annotation
from boxwright.dataset.plan.split import append_rows
from boxwright.dataset.store import shards
from boxwright.dataset.sync import sync
from boxwright.workspace import Workspace
from image_files import oriented
from tiny_workspaces import OLD_NS, add_image, clean_copy, image_bytes, make_workspace, outputs, write_xml

KEYS = ("a.jpg", "b.JPG", "c.png", "deep/er/a.jpg", "größe é.jpg", "train/t.jpg", "test/t.png")
LABELS = ("dog", "cat", "猫", "bird")


@pytest.fixture(autouse=True, scope="module")
def small_shards() -> Iterator[None]:
    """Let a handful of tiny images fill several shards."""
    patch = pytest.MonkeyPatch()
    patch.setattr(shards, "SHARD_BYTES", 1500)
    yield
    patch.undo()


keys = st.sampled_from(KEYS)
labels = st.lists(st.sampled_from(LABELS), max_size=3)
steps = st.one_of(
    st.tuples(st.just("create"), keys, labels, st.integers(0, 3)),
    st.tuples(st.just("edit"), keys, labels, st.integers(0, 2)),
    st.tuples(st.just("nudge"), keys, st.integers(1, 2)),
    st.tuples(st.just("pixels"), keys, st.integers(0, 3)),
    st.tuples(st.just("resize"), keys, st.sampled_from(((32, 24), (8, 6), (12, 16), (40, 12), (0, 0)))),
    st.tuples(st.just("turn"), keys, st.integers(1, 8)),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("delete xml"), keys),
    st.tuples(st.just("rename"), keys, keys),
    st.tuples(st.just("relabel"), st.sampled_from(LABELS), st.sampled_from(LABELS)),
    st.tuples(st.just("resplit"), keys, st.sampled_from(("train", "test"))),
    st.tuples(
        st.just("forget"),
    ),
)


class Player:
    """Does what a user does to the files, each write with a time of its own."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.clock = 0

    def do(self, step: tuple) -> None:
        kind, *arguments = step
        getattr(self, kind.replace(" ", "_"))(*arguments)

    def create(self, key: str, labels: list[str], seed: int) -> None:
        self.old(add_image(self.workspace, key, labels, seed=seed))
        self.old(self.xml(key))

    def edit(self, key: str, labels: list[str], offset: int) -> None:
        if self.image(key).exists():
            write_xml(self.xml(key), self.image(key).name, labels, offset=offset)
            self.old(self.xml(key))

    def nudge(self, key: str, offset: int) -> None:
        """Move the boxes and leave the rest."""
        if self.image(key).exists() and self.xml(key).exists():
            annotation = read_annotation(self.xml(key))
            self.edit(key, [box.label for box in annotation.boxes], offset)

    def pixels(self, key: str, seed: int) -> None:
        if self.image(key).exists():
            self.image(key).write_bytes(image_bytes(seed, kind="PNG" if key.endswith("png") else "JPEG"))
            self.old(self.image(key))

    def resize(self, key: str, size: tuple[int, int]) -> None:
        """Have the XML say another size, as after scaling or turning the photo."""
        if self.image(key).exists():
            write_xml(self.xml(key), self.image(key).name, ["dog"], width=size[0], height=size[1])
            self.old(self.xml(key))

    def turn(self, key: str, orientation: int) -> None:
        """Give a JPEG an EXIF orientation; its XML stays in the frame in which it was."""
        if self.image(key).exists() and key.lower().endswith("jpg"):
            self.image(key).write_bytes(image_bytes(3, exif=oriented(orientation)))
            self.old(self.image(key))

    def delete(self, key: str) -> None:
        self.image(key).unlink(missing_ok=True)
        self.xml(key).unlink(missing_ok=True)

    def delete_xml(self, key: str) -> None:
        self.xml(key).unlink(missing_ok=True)

    def rename(self, key: str, other: str) -> None:
        for source, target in ((self.image(key), self.image(other)), (self.xml(key), self.xml(other))):
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)

    def relabel(self, label: str, other: str) -> None:
        for xml in sorted(self.workspace.images.rglob("*.xml")):
            text = xml.read_text("utf-8")
            if f">{label}<" in text:
                xml.write_text(text.replace(f">{label}<", f">{other}<"), "utf-8")
                self.old(xml)

    def resplit(self, key: str, split: str) -> None:
        if not self.workspace.split_csv.exists():
            return
        with self.workspace.split_csv.open(encoding="utf-8", newline="") as stream:
            rows = dict(list(csv.reader(stream))[1:])
        rows[key] = split
        self.workspace.split_csv.write_bytes(append_rows(b"", rows))

    def forget(self) -> None:
        """Delete .boxwright/ of a workspace that is up to date; what is there is known again by its bytes."""
        before = sync(self.workspace)
        shutil.rmtree(self.workspace.state)
        after = sync(self.workspace)
        assert not after.changed
        assert after.fingerprint == before.fingerprint

    def image(self, key: str) -> Path:
        return self.workspace.images / key

    def xml(self, key: str) -> Path:
        return self.image(key).with_suffix(".xml")

    def old(self, path: Path) -> None:
        self.clock += 1
        os.utime(path, ns=(OLD_NS, OLD_NS + self.clock))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(steps, min_size=1, max_size=4), min_size=1, max_size=6))
def test_incremental_equals_rebuild(rounds: list[list[tuple]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = make_workspace(Path(folder) / "grown")
        player = Player(workspace)
        for number, key in enumerate(KEYS[:4]):
            player.create(key, ["dog"], number)
        sync(workspace)
        for batch in rounds:
            for step in batch:
                player.do(step)
            report = sync(workspace)
            assert not report.backups
        again = sync(workspace)
        assert not again.changed
        assert (again.images, again.objects, again.fingerprint) == (report.images, report.objects, report.fingerprint)

        rebuilt = clean_copy(workspace, Path(folder) / "rebuilt")
        fresh = sync(rebuilt)
        assert outputs(workspace) == outputs(rebuilt)
        assert fresh.fingerprint == again.fingerprint
        assert fresh.images == again.images
        assert fresh.findings == again.findings


def test_one_edit_rewrites_one_shard(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {f"{i:02d}.jpg": ["dog"] for i in range(40)})
    report = sync(workspace)
    assert len(report.records["train"]) >= 8
    before = {path.name: path.stat().st_ino for path in workspace.annotations.iterdir()}
    write_xml(workspace.images / "07.xml", "07.jpg", ["dog"], offset=1)
    assert sync(workspace).changed
    after = {path.name: path.stat().st_ino for path in workspace.annotations.iterdir()}
    rewritten = {name for name in after if after[name] != before.get(name)}
    assert len([name for name in rewritten if ".record" in name]) == 1
    assert before.keys() == after.keys()


def test_shards_double_and_shrink(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", {"000.jpg": ["dog"], "001.jpg": ["dog"]})
    assert [path.name for path in sync(workspace).records["train"]] == ["train.record"]
    for i in range(2, 40):
        add_image(workspace, f"{i:03d}.jpg", ["dog"], seed=i)
    many = sync(workspace).records["train"]
    count = len(many)
    assert count & (count - 1) == 0
    assert [path.name for path in many] == [f"train.record-{i:05d}-of-{count:05d}" for i in range(count)]
    assert not workspace.record("train").exists()
    for i in range(2, 40):
        (workspace.images / f"{i:03d}.jpg").unlink()
        (workspace.images / f"{i:03d}.xml").unlink()
    sync(workspace)
    records = sorted(path.name for path in workspace.annotations.glob("train.record*"))
    assert records == ["train.record"]
