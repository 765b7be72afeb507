"""A session that amends writes the bytes of a rebuild, or declines."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.dataset.cache import inputs, reading
from boxwright.dataset.plan.plan import make_plan
from boxwright.dataset.sources import file_info
from boxwright.dataset.sources.file_info import AnnotationInfo
from boxwright.dataset.sources.scan import FileStat
from boxwright.dataset.sync import Session, SyncPostponedError, assess, sync
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, clean_copy, image_bytes, make_workspace, outputs, write_xml


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "work", {f"p{i}.jpg": ["dog", "cat"][: 1 + i % 2] for i in range(12)})


@pytest.fixture
def session(workspace: Workspace) -> Session:
    session = Session(workspace)
    session.sync()
    return session


def rebuilt(workspace: Workspace, tmp_path: Path) -> dict[str, bytes]:
    copy = clean_copy(workspace, tmp_path / "rebuilt")
    sync(copy)
    return outputs(copy)


def test_amended_is_rebuilt_and_nothing_is_scanned(
    workspace: Workspace, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat", "cat", "dog"])
    write_xml(workspace.images / "p3.xml", "p3.jpg", [])  # a negative example
    before = outputs(workspace)
    with monkeypatch.context() as patch:
        patch.delattr(inputs, "scan")
        assert session.amend(["images/p0.xml", "images/p3.xml"])
        write_xml(workspace.images / "p3.xml", "p3.jpg", ["dog"], offset=1)
        assert session.amend(["images/p3.xml"])
    assert before != outputs(workspace) == rebuilt(workspace, tmp_path)


def test_the_sync_after_it_has_nothing_to_write(workspace: Workspace, session: Session) -> None:
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat", "cat"])
    assert session.amend(["images/p0.xml"])
    report = session.sync()
    assert not report.changed
    assert report.objects == sync(workspace).objects


def test_many_shards(workspace: Workspace, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boxwright.dataset.store.shards.SHARD_BYTES", 1500)
    session.sync()
    sync_whole = Session(workspace)
    (workspace.images / "p1.jpg").write_bytes(image_bytes(99))
    sync_whole.sync()
    names = [name for name in outputs(workspace) if "train.record-" in name]
    assert len(names) > 2
    for i in range(12):
        write_xml(workspace.images / f"p{i}.xml", f"p{i}.jpg", ["cat", "dog"], offset=i)
        before = outputs(workspace)
        assert sync_whole.amend([f"images/p{i}.xml"])
        after = outputs(workspace)
        assert sum(before[name] != after[name] for name in before if ".record" in name) == 1
    assert outputs(workspace) == rebuilt(workspace, tmp_path)


def _new_label(workspace: Workspace) -> None:
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["bird"])


def _alias(workspace: Workspace) -> None:
    _new_label(workspace)
    text = workspace.label_map.read_text("utf-8")
    workspace.label_map.write_text(text.replace("name: 'dog'", "name: 'dog'\n  display_name: 'bird'"), "utf-8")


def _other_filename(workspace: Workspace) -> None:
    write_xml(workspace.images / "p0.xml", "p5.jpg", ["dog"])


def _unreadable(workspace: Workspace) -> None:
    (workspace.images / "p0.xml").write_bytes(b"<annot")


def _unusable(workspace: Workspace) -> None:
    xml = workspace.images / "p0.xml"
    xml.write_bytes(xml.read_bytes().replace(b"<xmax>12", b"<xmax>0"))


def _gone(workspace: Workspace) -> None:
    (workspace.images / "p0.xml").unlink()


def _image_changed(workspace: Workspace) -> None:
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    (workspace.images / "p0.jpg").write_bytes(image_bytes(98))


def _image_gone(workspace: Workspace) -> None:
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    (workspace.images / "p0.jpg").unlink()


def _split_edited(workspace: Workspace) -> None:
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    text = workspace.split_csv.read_text("utf-8")
    workspace.split_csv.write_text(
        text.replace("p0.jpg,train", "p0.jpg,X").replace("p0.jpg,test", "p0.jpg,train"), "utf-8"
    )


def _another_program_synced(workspace: Workspace) -> None:
    add_image(workspace, "more.jpg", ["dog"], seed=97)
    sync(workspace)
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])


def _cache_deleted(workspace: Workspace) -> None:
    (workspace.state / "manifest.sqlite").unlink()
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])


@pytest.mark.parametrize(
    "change",
    [
        _new_label, _alias, _other_filename, _unreadable, _unusable, _gone, _image_changed, _image_gone,
        _split_edited, _another_program_synced, _cache_deleted,
    ],
)  # fmt: skip
def test_whatever_else_may_change_takes_a_sync(
    workspace: Workspace, session: Session, tmp_path: Path, change: Callable[[Workspace], None]
) -> None:
    change(workspace)
    before = outputs(workspace)
    assert not session.amend(["images/p0.xml"])
    assert outputs(workspace) == before
    session.sync()
    if change is _unreadable:
        return  # its last good record is kept, which a rebuild has not
    # without a cache our own old records are taken for a user's, and backed up
    ours = {name: data for name, data in outputs(workspace).items() if ".backup-" not in name}
    assert ours == rebuilt(workspace, tmp_path)


@pytest.mark.parametrize("name", ["images/p0.jpg", "images/unknown.xml", "annotations/split.csv"])
def test_only_known_xml_is_amended(workspace: Workspace, session: Session, name: str) -> None:
    assert not session.amend(["images/p1.xml", name])


def test_nothing_is_amended_before_the_first_sync(workspace: Workspace) -> None:
    assert not Session(workspace).amend(["images/p0.xml"])


def test_after_a_sync_without_news_it_is_amended_as_before(
    workspace: Workspace, session: Session, tmp_path: Path
) -> None:
    session.sync()
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat", "cat"])
    assert session.amend(["images/p0.xml"])
    assert outputs(workspace) == rebuilt(workspace, tmp_path)


def test_a_new_session_that_finds_no_news_has_to_be_thorough(
    workspace: Workspace, session: Session, tmp_path: Path
) -> None:
    other = Session(workspace)
    other.sync()
    assert not other.can_amend()
    before = outputs(workspace)
    assert not other.sync(thorough=True).changed
    assert other.can_amend()
    assert outputs(workspace) == before
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat", "cat"])
    assert other.amend(["images/p0.xml"])
    assert outputs(workspace) == rebuilt(workspace, tmp_path)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """As many elements as plans were made."""
    made: list[None] = []

    def counted(*arguments: Any, **named: Any) -> Any:
        made.append(None)
        return make_plan(*arguments, **named)

    monkeypatch.setattr("boxwright.dataset.sync.make_plan", counted)
    return made


def test_what_was_read_too_soon_is_read_again_and_no_more(
    workspace: Workspace, session: Session, plans: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat", "cat"])
    session.sync()
    read: list[str] = []
    read_file = reading.read_annotation_info

    def noted(path: str, scanned: FileStat | None = None) -> AnnotationInfo:
        read.append(Path(path).name)
        return read_file(path, scanned)

    monkeypatch.setattr(reading, "read_annotation_info", noted)
    plans.clear()
    session.sync()
    assert "p0.xml" in read
    monkeypatch.setattr(file_info, "RACY_NS", -(1 << 62))  # a while later
    session.sync()
    read.clear()
    session.sync()
    Session(workspace).sync()
    assert (read, plans) == ([], [])


@pytest.mark.parametrize("meanwhile", ["nothing", "check", "postponed", "amended and back"])
def test_a_write_within_the_tick_of_the_last_is_found(
    workspace: Workspace, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    xml = workspace.images / "p0.xml"
    write_xml(xml, "p0.jpg", ["cat"])
    session.sync()
    known, cat = FileStat.of(xml.stat()), xml.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(FileStat, "of", classmethod(lambda cls, status: _as_if(known, FileStat(*_four(status)))))
        xml.write_bytes(cat.replace(b"cat", b"dog"))
        if meanwhile == "check":
            assess(workspace)
        elif meanwhile == "postponed":
            asked = iter([False, True])
            with pytest.raises(SyncPostponedError):
                session.sync(postpone=lambda: next(asked), thorough=True)
        elif meanwhile == "amended and back":
            assert session.amend(["images/p0.xml"])
            xml.write_bytes(cat)
        session.sync()
    assert outputs(workspace) == rebuilt(workspace, tmp_path)


def _four(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _as_if(known: FileStat, now: FileStat) -> FileStat:
    """Return the stat of a coarse clock, which did not move between two writes of one file."""
    return known if now.inode == known.inode else now


def test_an_edit_that_changes_nothing_writes_nothing(workspace: Workspace, session: Session) -> None:
    xml = workspace.images / "p0.xml"
    xml.write_bytes(xml.read_bytes())
    inodes = {path.name: path.stat().st_ino for path in workspace.annotations.iterdir()}
    assert session.amend(["images/p0.xml"])
    assert inodes == {path.name: path.stat().st_ino for path in workspace.annotations.iterdir()}


def test_a_session_that_goes_on_gives_what_new_ones_give(workspace: Workspace, session: Session) -> None:
    steps: list[Callable[[], object]] = [
        lambda: add_image(workspace, "new.jpg", ["bird"], seed=96),
        (workspace.images / "p4.xml").unlink,
        lambda: (workspace.images / "p5.jpg").rename(workspace.images / "q5.jpg"),
        lambda: workspace.label_map.write_text(workspace.label_map.read_text("utf-8").replace("bird", "fowl"), "utf-8"),
        lambda: write_xml(workspace.images / "p6.xml", "p6.jpg", ["cat", "fowl"]),
    ]
    for step in steps:
        step()
        report = session.sync()
        written = outputs(workspace)
        (workspace.state / "manifest.sqlite").unlink()
        rebuilt = Session(workspace).sync()
        assert written == outputs(workspace)
        assert (report.images, report.objects, report.findings) == (rebuilt.images, rebuilt.objects, rebuilt.findings)


def test_a_sync_that_was_postponed_is_no_ground_after_anothers(
    workspace: Workspace, session: Session, tmp_path: Path
) -> None:
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    with pytest.raises(SyncPostponedError):
        session.sync(postpone=lambda: True)
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["dog"])
    assert session.amend(["images/p0.xml"])
    write_xml(workspace.images / "p1.xml", "p1.jpg", ["bird"])
    sync(workspace)
    write_xml(workspace.images / "p0.xml", "p0.jpg", ["cat"])
    with pytest.raises(SyncPostponedError):
        session.sync(postpone=lambda: True)
    assert not session.amend(["images/p0.xml"])
    session.sync()
    assert outputs(workspace) == rebuilt(workspace, tmp_path)
