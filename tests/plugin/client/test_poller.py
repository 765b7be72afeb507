"""The thread that polls: it hands on what has changed, and nothing of a workspace that was left."""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from boxwright.jobs.daemon_lock import hold_daemon_lock
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from boxwright_labelimg.client import workspace_status
from boxwright_labelimg.client.poller import StatusPoller
from boxwright_labelimg.client.workspace_status import StatusReader, WorkspaceStatus
from tiny_workspaces import make_workspace

PATIENCE = 30.0


class Seen:
    """A poller, and the statuses that came."""

    def __init__(self) -> None:
        self.statuses: queue.Queue[WorkspaceStatus] = queue.Queue()
        self.poller = StatusPoller(self.statuses.put)

    def next(self) -> WorkspaceStatus:
        return self.statuses.get(timeout=PATIENCE)

    def assert_nothing_comes(self) -> None:
        """Have the poller read twice more; the second reading starts after the first has been handed on."""
        for _ in range(3):
            self.poller._wake.set()
            deadline = time.monotonic() + PATIENCE
            while self.poller._wake.is_set():
                assert time.monotonic() < deadline, "the poller does not read"
                time.sleep(0.001)
        assert self.statuses.empty()

    def close(self) -> None:
        self.poller.close()
        assert not self.poller._thread.is_alive()


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    yield made
    made.close()


def test_nothing_is_handed_on_before_there_is_a_workspace(seen: Seen) -> None:
    seen.poller.poll_now()
    seen.poller.watch(None)
    seen.assert_nothing_comes()


def test_what_has_changed_is_handed_on_once(seen: Seen, workspace: Workspace) -> None:
    seen.poller.watch(workspace)
    assert seen.next() == WorkspaceStatus(workspace)
    JobStore(workspace).submit("train")
    seen.poller.poll_now()
    assert [job.kind for job in seen.next().jobs] == ["train"]
    seen.assert_nothing_comes()


def test_a_daemon_is_seen_at_once_when_polled(
    seen: Seen, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_status, "DAEMON_EVERY", 1_000_000)  # only poll_now makes it look again
    seen.poller.watch(workspace)
    assert seen.next().daemon is None
    with hold_daemon_lock(workspace):
        seen.poller.poll_now()
        assert seen.next().daemon is not None


def test_another_workspace_and_the_first_again(seen: Seen, workspace: Workspace, tmp_path: Path) -> None:
    other = make_workspace(tmp_path / "other")
    for watched in (workspace, other, workspace):
        seen.poller.watch(watched)
        assert seen.next().workspace == watched


def test_a_workspace_that_is_left_and_joined_again_is_handed_on_again(seen: Seen, workspace: Workspace) -> None:
    """The window has forgotten what it showed; a reading under way at that moment must not count."""
    seen.poller.watch(workspace)
    first = seen.next()
    for _ in range(20):
        seen.poller.watch(None)
        seen.poller.watch(workspace)
        assert seen.next() == first


def test_a_reading_that_fails_is_handed_on_and_the_next_one_succeeds(
    seen: Seen, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: StatusReader) -> WorkspaceStatus:
        raise RecursionError("something unexpected")

    with monkeypatch.context() as moment:
        moment.setattr(StatusReader, "read", fail)
        seen.poller.watch(workspace)
        assert seen.next().trouble == "RecursionError: something unexpected"
    assert seen.next() == WorkspaceStatus(workspace)


def test_a_workspace_that_vanishes_and_comes_back(seen: Seen, workspace: Workspace) -> None:
    seen.poller.watch(workspace)
    seen.next()
    shutil.rmtree(workspace.root)
    assert seen.next().is_gone
    workspace.images.mkdir(parents=True)
    assert not seen.next().is_gone


def test_nothing_is_handed_on_after_the_end(workspace: Workspace) -> None:
    made = Seen()
    made.poller.watch(workspace)
    made.next()
    made.close()
    made.poller.watch(workspace)
    made.close()
    assert made.statuses.empty()
    assert "poller" not in {thread.name for thread in threading.enumerate()}
