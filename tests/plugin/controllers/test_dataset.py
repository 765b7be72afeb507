"""Exporting the dataset: the window waits for the job, and shows what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.jobs.job import Job, JobRequest, State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace
from tiny_workspaces import image_bytes


@pytest.fixture
def summaries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the jobs whose summary was shown; no dialog opens."""
    from boxwright_labelimg.controllers.dataset import DatasetController

    shown: list[int] = []
    monkeypatch.setattr(DatasetController, "_show_summary", lambda self, workspace, job: shown.append(job.id))
    return shown


@pytest.fixture
def export(setting: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Job]:
    """Return what exports the dataset of the workspace, without a daemon, and waits until the job is queued."""
    from boxwright_labelimg.client import commands
    from robot import until

    monkeypatch.setattr(commands, "start_daemon", lambda workspace: None)

    def act() -> Job:
        setting.controllers.workspaces.open_place(workspace.root)
        setting.controllers.dataset.export_dataset()
        until(lambda: setting.controllers.dataset.is_exporting, "the job")
        return JobStore(workspace).newest()[-1]

    return act


def test_the_summary_is_shown_when_the_export_is_done(
    setting: Any, workspace: Workspace, export: Callable[[], Job], summaries: list[int]
) -> None:
    from robot import until

    job = export()
    assert job.kind == "export-dataset"
    store = JobStore(workspace)
    store.start(job.id, 1)
    assert not summaries
    store.finish(job.id, State.SUCCEEDED)
    until(lambda: summaries == [job.id], "the summary")
    assert not setting.controllers.dataset.is_exporting


def test_a_failed_export_says_why(
    setting: Any, workspace: Workspace, export: Callable[[], Job], summaries: list[int]
) -> None:
    from robot import until

    job = export()
    store = JobStore(workspace)
    store.start(job.id, 1)
    store.finish(job.id, State.FAILED, error="The disk is full.\n\nlast line of the log")
    until(lambda: not setting.controllers.dataset.is_exporting, "the end")
    assert setting.docks.training.notice.text() == "The disk is full."
    assert not summaries


def test_the_progress_dialog_cancels_the_export(setting: Any, workspace: Workspace, export: Callable[[], Job]) -> None:
    from robot import until

    job = export()
    store = JobStore(workspace)
    store.start(job.id, 1)
    setting.controllers.dataset._progress.canceled.emit()
    until(lambda: store.get(job.id).request is JobRequest.CANCEL, "the request")


def test_another_folder_ends_the_waiting_not_the_export(
    setting: Any, workspace: Workspace, export: Callable[[], Job], summaries: list[int], tmp_path: Path
) -> None:
    job = export()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.jpg").write_bytes(image_bytes(1))
    setting.controllers.workspaces.open_place(tmp_path / "other")
    assert not setting.controllers.dataset.is_exporting
    assert JobStore(workspace).get(job.id).state is State.QUEUED
    assert not summaries
