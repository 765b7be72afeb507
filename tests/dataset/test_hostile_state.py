"""State from a stranger's workspace makes a sync touch nothing but its own files, and never ends it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from boxwright.dataset.cache.manifest import Manifest
from boxwright.dataset.store.journal import Journal, commit, is_interrupted, temporary_for
from boxwright.dataset.sync import sync
from boxwright.workspace import Workspace, is_output_name
from tiny_workspaces import make_workspace, outputs

OUTSIDE = "../../victim/diary.txt"
HEX = "0123abcd"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "diary.txt").write_text("mine")
    workspace = make_workspace(tmp_path / "work", {f"{number}.jpg": ["dog"] for number in range(6)})
    sync(workspace)
    (workspace.annotations / "notes.txt").write_text("mine too")
    return workspace


def snapshot(workspace: Workspace) -> dict[str, bytes]:
    root = workspace.root.parent
    files = [*root.glob("victim/*"), *workspace.images.rglob("*"), workspace.annotations / "notes.txt"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files if path.is_file()}


def journal(**parts: Any) -> dict[str, Any]:
    return {"version": 1, "backups": [], "moves": [], "deletes": [], "written": {}, **parts}


JOURNALS: dict[str, Any] = {
    "deletes outside": journal(deletes=[OUTSIDE]),
    "deletes an image": journal(deletes=["../images/0.jpg"]),
    "deletes a file that is not ours": journal(deletes=["notes.txt"]),
    "moves over a file outside": journal(moves=[["notes.txt", OUTSIDE]]),
    "moves an image away": journal(moves=[["../images/0.jpg", "train.record"]]),
    "moves a user's file over ours": journal(moves=[["notes.txt", "train.record"]]),
    "keeps a file from outside": journal(backups=[[OUTSIDE, "train.record.backup-1"]]),
    "keeps under a name outside": journal(backups=[["train.record", OUTSIDE]]),
    "absolute": journal(deletes=["/etc/hostname"]),
    "backslashes": journal(deletes=["..\\images\\0.jpg"]),
    "version 0": {"kept": [[OUTSIDE, "diary.txt"]], "moves": [], "deletes": [], "written": {}},
    "writes outside": journal(written={OUTSIDE: {"size": 1, "digest": "", "fingerprint": "", "index": {}}}),
    "a list": [1],
    "an empty object": {},
    "wrong types": {"kept": 1, "moves": [["a"]], "deletes": {"a": 1}, "written": [2]},
    "null": None,
    "no pair": journal(moves=[["a", "b", "c"]]),
    "numbers": journal(deletes=[1, 2]),
}


@pytest.mark.parametrize("name", JOURNALS)
def test_a_journal_that_is_not_ours_is_dropped(name: str, workspace: Workspace) -> None:
    before, records = snapshot(workspace), outputs(workspace)
    (workspace.state / "journal.json").write_text(json.dumps(JOURNALS[name]))
    report = sync(workspace)
    assert (snapshot(workspace), outputs(workspace), sum(report.images.values())) == (before, records, 6)
    assert not is_interrupted(workspace)


def test_a_journal_that_is_no_json_is_dropped(workspace: Workspace) -> None:
    for data in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        (workspace.state / "journal.json").write_bytes(data)
        assert sum(sync(workspace).images.values()) == 6


def test_our_own_journal_is_carried_out(workspace: Workspace) -> None:
    temporary = temporary_for("train_labels.csv")
    (workspace.annotations / temporary).write_text("new")
    manifest = Manifest(workspace.state / "manifest.sqlite")
    commit(workspace, manifest, Journal(moves=[(temporary, "train_labels.csv")]))
    assert workspace.labels_csv("train").read_text() == "new"


@pytest.mark.parametrize("name", [OUTSIDE, "../images/0.jpg", "notes.txt"])
def test_a_manifest_that_names_other_files_deletes_none(name: str, workspace: Workspace) -> None:
    before = snapshot(workspace)
    manifest = Manifest(workspace.state / "manifest.sqlite")
    (of_ours,) = [entry for ours, entry in manifest.written.items() if ours == "train_labels.csv"]
    manifest.save(written={name: of_ours})
    with closing(sqlite3.connect(workspace.state / "manifest.sqlite")) as database:
        assert (name,) in database.execute("SELECT name FROM written").fetchall()
    (workspace.images / "0.xml").unlink()
    sync(workspace)
    before.pop("work/images/0.xml")
    assert snapshot(workspace) == before


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        *((name, True) for name in ("train.record", "test.record-00001-of-00003", "train_labels.csv", "split.csv")),
        *((name, False) for name in ("../train.record", "train.record/", "a.txt", "", ".", "train.record\n", None, 3)),
    ],
)
def test_names_of_ours_are_bare_and_known(name: object, is_ours: bool) -> None:
    assert is_output_name(name) is is_ours
