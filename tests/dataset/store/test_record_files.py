"""Which files an input_path means, and snapshots of them."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from boxwright.dataset.store import shards
from boxwright.dataset.store import snapshot as snapshots
from boxwright.dataset.store.records import is_ours, resolve_records
from boxwright.dataset.store.snapshot import snapshot
from boxwright.dataset.sync import sync
from boxwright.errors import BoxwrightError
from tiny_workspaces import add_image, make_workspace, write_xml


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(name.encode())


def _names(patterns: list[str], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in resolve_records(patterns, folder)]


def test_path_glob_stem_and_list(tmp_path: Path) -> None:
    (tmp_path / "annotations").mkdir()
    sharded = [f"annotations/train.record-{i:05d}-of-00004" for i in range(4)]
    backups = ("annotations/train.record.kept-1", "annotations/train.record.backup-2")
    _touch(tmp_path, "annotations/test.record", *backups, *sharded)
    _touch(tmp_path, "annotations/.train.record.00aa.boxwright-tmp", "a[1].record")
    assert _names(["annotations/test.record"], tmp_path) == ["annotations/test.record"]
    assert _names([str(tmp_path / "annotations/test.record")], tmp_path) == ["annotations/test.record"]
    assert _names(["annotations/train.record"], tmp_path) == sharded
    assert _names(["annotations/train.record*"], tmp_path) == sharded
    assert _names(["annotations/train.record-?????-of-00004"], tmp_path) == sharded
    assert _names(["annotations/train.record-?????-of-00016"], tmp_path) == sharded
    assert _names(["annotations/test.record-?????-of-00004"], tmp_path) == ["annotations/test.record"]
    assert _names(["annotations/t*.record*", "annotations/test.record"], tmp_path) == [
        "annotations/test.record",
        *sharded,
    ]
    assert _names(["a[1].record"], tmp_path) == ["a[1].record"]


@pytest.mark.parametrize("pattern", ["none.record", "none*.record", "x.record-?????-of-00002"])
def test_none_is_an_error(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(BoxwrightError, match=r"there is no record.*boxwright dataset"):
        resolve_records([pattern], tmp_path)


@pytest.mark.parametrize("names", [("t-00000-of-00002",), ("t-00000-of-00001", "t-00000-of-00002", "t-00001-of-00002")])
def test_a_set_with_holes_is_an_error(tmp_path: Path, names: tuple[str, ...]) -> None:
    _touch(tmp_path, *names)
    with pytest.raises(BoxwrightError, match="missing"):
        resolve_records(["t"], tmp_path)


def test_a_snapshot_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 2000)
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(20)})
    report = sync(workspace)
    paths = [path for split in ("train", "test") for path in report.records[split]]
    held = snapshot(paths, tmp_path / "held")
    assert held.fingerprint == report.fingerprint
    before = [path.read_bytes() for path in held.paths]
    for i in range(20):
        write_xml(workspace.images / f"{i}.xml", f"{i}.jpg", ["dog", "cat"])
    assert sync(workspace).fingerprint != report.fingerprint
    assert [path.read_bytes() for path in held.paths] == before
    assert is_ours(workspace, "train")


def test_a_hard_link_does_not_make_a_record_look_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "CHEAP_BYTES", 0)
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    report = sync(workspace)
    snapshot(report.records["train"], tmp_path / "held")
    assert report.records["train"][0].stat().st_nlink == 2
    again = sync(workspace)
    assert (again.changed, again.backups) == (False, ())


@pytest.mark.parametrize("cheap_bytes", [0, 1 << 20])
def test_a_program_that_writes_into_its_own_record_changes_no_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cheap_bytes: int
) -> None:
    monkeypatch.setattr(snapshots, "CHEAP_BYTES", cheap_bytes)
    workspace = make_workspace(tmp_path / "ws", {f"{i}.jpg": ["dog"] for i in range(12)})
    (record,) = sync(workspace).records["train"]
    foreign = record.with_name("mine.record")
    foreign.write_bytes(record.read_bytes())
    paths = [foreign, record] if cheap_bytes else [foreign]
    held = snapshot(paths, tmp_path / "held")
    before = [path.read_bytes() for path in held.paths]
    for path in paths:
        with path.open("r+b") as stream:  # the same file, as a program that appends or rewrites in place leaves it
            stream.write(bytes(64))
            stream.truncate()
    assert [path.read_bytes() for path in held.paths] == before


def test_a_disk_without_room_for_a_copy_holds_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    _touch(tmp_path, "x.record")
    snapshot([tmp_path / "x.record"], tmp_path / "held")
    assert (tmp_path / "x.record").stat().st_nlink == 2


def test_same_names_from_two_folders(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        _touch(tmp_path / folder, "x.record")
    (tmp_path / "b" / "x.record").write_bytes(b"other")
    held = snapshot([tmp_path / "a" / "x.record", tmp_path / "b" / "x.record"], tmp_path / "held")
    assert [path.read_bytes() for path in held.paths] == [b"x.record", b"other"]
    lines = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(held.paths, key=lambda path: path.name)
    )
    assert held.fingerprint == hashlib.sha256(lines.encode()).hexdigest()


def test_a_record_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(BoxwrightError, match="gone"):
        snapshot([tmp_path / "x.record"], tmp_path / "held")


def test_nobody_wrote_it(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    assert not is_ours(workspace, "train")
    add_image(workspace, "a.jpg", ["dog"])
    sync(workspace)
    assert is_ours(workspace, "train")
    assert not is_ours(workspace, "test")
