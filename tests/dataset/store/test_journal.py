"""The journal is read as it was written, also by the version after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boxwright.dataset.cache.manifest import Manifest, WrittenFile
from boxwright.dataset.store import journal
from boxwright.dataset.store.journal import Journal, commit, is_interrupted, roll_forward
from boxwright.workspace import Workspace
from tiny_workspaces import make_workspace

TEMPORARY = ".train.record.0123abcd.boxwright-tmp"
WRITTEN = WrittenFile(3, "digest", "print", {"a": (0, 3)})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = make_workspace(tmp_path / "ws")
    workspace.annotations.mkdir()
    workspace.state.mkdir()
    (workspace.annotations / "train.record").write_bytes(b"user")
    (workspace.annotations / TEMPORARY).write_bytes(b"new")
    (workspace.annotations / "test.record").write_bytes(b"old")
    return workspace


def test_an_interrupted_change_is_finished(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    change = Journal(
        [("train.record", "train.record.backup-1")],
        [(TEMPORARY, "train.record")],
        ["test.record"],
        {"train.record": WRITTEN},
    )
    manifest = Manifest(None)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "_carry_out", lambda *arguments: None)
        commit(workspace, manifest, change)
    assert is_interrupted(workspace)
    assert roll_forward(workspace, manifest)
    _assert_done(workspace, manifest, "train.record.backup-1")


def test_the_journal_of_the_version_before_is_finished(workspace: Workspace) -> None:
    content = {
        "kept": [["train.record", "train.record.kept-1"]],
        "moves": [[TEMPORARY, "train.record"]],
        "deletes": ["test.record"],
        "written": {"train.record": [3, "digest", "print", [["a", 0, 3]]]},
    }
    (workspace.state / "journal.json").write_text(json.dumps(content))
    manifest = Manifest(None)
    assert roll_forward(workspace, manifest)
    _assert_done(workspace, manifest, "train.record.kept-1")


def _assert_done(workspace: Workspace, manifest: Manifest, backup: str) -> None:
    files = {path.name: path.read_bytes() for path in workspace.annotations.iterdir()}
    assert files == {backup: b"user", "train.record": b"new"}
    written = manifest.written["train.record"]
    assert (written.size, written.digest, written.index) == (3, "digest", {"a": (0, 3)})
    assert not is_interrupted(workspace)
