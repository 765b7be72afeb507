"""status.json: what the daemon writes is what plugin and command line read."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from boxwright.daemon.dataset_sync import DatasetSync
from boxwright.jobs.daemon_status import TROUBLE, WATCHING, DaemonStatus, read_daemon_status, status_file
from tiny_workspaces import make_workspace


def test_the_daemons_file_is_read_with_every_field(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, {"a.jpg": ["dog"], "b.jpg": ["cat", "dog"]})
    assert read_daemon_status(workspace) is None
    sync = DatasetSync(workspace, log=lambda line: None)
    try:
        sync.settle()
    finally:
        stop = threading.Event()
        stop.set()
        sync.run(stop)  # closes the watch
    status = read_daemon_status(workspace)
    assert status is not None and status.dataset is not None
    assert (status.state, status.settled, status.message) == (WATCHING, 1, "")
    assert sum(status.dataset.images.values()) == 2
    assert set(status.dataset.classes) == {"cat", "dog"}
    assert len(status.dataset.fingerprint) == 64
    # the file itself, for programs in other languages
    said = json.loads(status_file(workspace).read_text("utf-8"))
    assert sorted(said) == [
        "classes", "findings", "fingerprint", "images", "message", "settled", "state", "time", "unlabelled", "version",
    ]  # fmt: skip


def test_trouble_has_no_dataset() -> None:
    status = DaemonStatus(TROUBLE, 3, "the disk is full", 5.0)
    assert DaemonStatus.from_json(status.to_json()) == status


def test_the_file_of_an_earlier_version_is_read() -> None:
    text = (
        '{"state": "watching", "settled": 2, "message": "", "time": 7.5, "images": {"train": 3, "test": 1}, '
        '"findings": 1, "fingerprint": "ab", "unlabelled": 0, "classes": ["dog"]}'
    )
    status = DaemonStatus.from_json(text)
    assert status.dataset is not None
    assert (status.dataset.classes, status.dataset.images) == (("dog",), {"train": 3, "test": 1})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"state": "watching"}', "\0"])
def test_what_is_no_status_is_none(tmp_path: Path, text: str) -> None:
    workspace = make_workspace(tmp_path, {})
    status_file(workspace).parent.mkdir(exist_ok=True)
    status_file(workspace).write_text(text)
    assert read_daemon_status(workspace) is None
