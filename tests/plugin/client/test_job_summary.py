"""The summary in the dock: always a headline, and the one button that helps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.jobs.job import STAGES, Job, JobRequest, State
from boxwright.jobs.options import NO_OPTIONS
from boxwright.jobs.result import JobResult
from boxwright.runs.evaluation_record import AP50_TAG, EvaluationRecord, IntervalRecord
from boxwright.workspace import Workspace
from boxwright_labelimg.client.job_summary import JobSummary, duration, precision_text, summarize
from boxwright_labelimg.client.workspace_status import WorkspaceStatus

WORKSPACE = Workspace(Path("training_demo"))
JOB = Job(
    id=1, kind="train", options=NO_OPTIONS,
    state=State.RUNNING, stage="train", finished=(), doing="", done=120, total=1000,
    metrics={"loss": 2.3149}, rate=2.0, eta=440.0, message="", waits_for="", error="",
    result=JobResult(), attempts=1, pid=4,
    request=JobRequest.NONE, created=0.0, started=100.0, ended=None, asked=None,
)  # fmt: skip


def summary(job: Job | None = None, *, daemon: int | None = 7, trouble: str = "", export: str = "") -> JobSummary:
    jobs = () if job is None else (job,)
    return summarize(WorkspaceStatus(WORKSPACE, daemon=daemon, jobs=jobs, trouble=trouble, export=export))


def test_a_running_training() -> None:
    shown = summary(JOB)
    assert shown == JobSummary(
        "Training is running", detail="training (2/4), loss 2.31, 2.0/s", is_running=True, done=120, total=1000,
        progress="120 / 1,000, 7 min left",
    )  # fmt: skip


def test_a_slow_training_says_how_long_a_step_takes() -> None:
    assert "4.0 s each" in summary(replace(JOB, rate=0.25)).detail


def test_progress_whose_end_is_not_known() -> None:
    shown = summary(replace(JOB, total=None, eta=None, rate=None, metrics={}))
    assert (shown.total, shown.progress, shown.is_running) == (0, "120", True)
    assert summary(replace(JOB, total=None, done=0, eta=30.0)).progress == "30 s left"


@pytest.mark.parametrize(
    ("requested", "text"), [(JobRequest.CANCEL, "then it ends"), (JobRequest.PAUSE, "then it waits")]
)
def test_a_job_that_is_saving(requested: JobRequest, text: str) -> None:
    assert text in summary(replace(JOB, request=requested)).detail


def test_jobs_that_wait() -> None:
    queued = replace(JOB, state=State.QUEUED)
    assert "starts soon" in summary(queued).detail
    assert "waits for the device" in summary(replace(queued, waits_for="the device")).detail
    paused = summary(replace(JOB, state=State.PAUSED, message="saved at step 120"))
    assert (paused.help, paused.detail, paused.is_running) == ("resume", "At step 120 of 1,000.", False)
    assert summary(replace(JOB, state=State.PAUSED), daemon=None).help == "resume"  # which starts a daemon


def test_jobs_that_have_ended() -> None:
    ended = replace(JOB, ended=3700.0)
    made = summary(replace(ended, state=State.SUCCEEDED, result=JobResult(export="trained-inference-graphs/v1")))
    assert (made.headline, made.help) == ("Training is done", "open-folder")
    assert "60 min" in made.detail and "trained-inference-graphs/v1" in made.detail
    lacking = JobResult(no_evaluation="the test split has no image", no_export="no room\n\nmore")
    short = summary(replace(ended, state=State.SUCCEEDED, result=lacking))
    assert short.trouble == "Trained, not evaluated: the test split has no image\nTrained, not exported: no room"
    assert "kept" in summary(replace(ended, state=State.CANCELLED)).detail
    failed = summary(replace(ended, state=State.FAILED, error="No images.\n\nThe log ends with:\n..."))
    assert (failed.headline, failed.trouble, failed.help) == ("Training failed", "No images.", "show-log")


def test_nothing_yet() -> None:
    assert "No training yet" in summary().headline
    assert "newest model is v1" in summary(export="v1").headline


def test_what_is_wrong_has_a_button() -> None:
    dead = summary(JOB, daemon=None)
    assert (dead.help, dead.is_running) == ("start-daemon", False)
    assert "Nothing is lost" in dead.trouble
    assert dead.headline == "Training was interrupted", "one state, not two"
    damaged = summary(JOB, trouble="jobs.sqlite: disk I/O error")
    assert (damaged.trouble, damaged.help) == ("jobs.sqlite: disk I/O error", "start-daemon")
    assert summary(daemon=None).help == "start-daemon"
    assert summary(daemon=0).help == ""  # one that has not written its number yet


JOBS = st.builds(
    replace, st.just(JOB), kind=st.sampled_from([*STAGES, "of a later version"]), state=st.sampled_from(State),
    stage=st.sampled_from(["", *(stage for stages in STAGES.values() for stage in stages)]),
    request=st.sampled_from(JobRequest), done=st.integers(0, 10**9), total=st.none() | st.integers(0, 10**9),
    rate=st.none() | st.floats(0, 1e9), eta=st.none() | st.floats(0, 1e12), started=st.none() | st.floats(0, 1e10),
    error=st.text(), metrics=st.just({}) | st.just({"loss": float("nan")}), waits_for=st.text(), message=st.text(),
)  # fmt: skip


@given(JOBS, st.none() | st.integers(0, 9))
def test_whatever_a_job_is_like_there_is_a_headline_and_a_button_that_says_what_it_does(
    job: Job, daemon: int | None
) -> None:
    shown = summary(job, daemon=daemon)
    assert shown.headline and "\n" not in shown.headline
    assert bool(shown.help) == bool(shown.button)
    assert not shown.trouble or shown.help


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45.4, "45 s"), (89.4, "89 s"), (89.9, "90 s"), (90, "2 min"), (5399, "1 h 30 min"),
     (5400, "1 h 30 min"), (7500, "2 h 05 min"), (360000, "100 h 00 min"), (-1, "0 s"), (float("inf"), "∞")],
)  # fmt: skip
def test_a_time_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_average_precision_is_said_with_its_interval() -> None:
    record = EvaluationRecord(
        step=600, images=41, coco={AP50_TAG: 0.824}, interval_95=IntervalRecord((0.3, 0.5), (0.712, 0.913))
    )
    assert precision_text(record) == (
        "AP@.50 is 0.82, on other photos between 0.71 and 0.91 (95%), measured on 41 test images, step 600"
    )
    assert "between" not in precision_text(replace(record, interval_95=None))
    assert "one test image," in precision_text(replace(record, images=1))


def test_an_exported_model_has_a_button_for_its_folder() -> None:
    done = replace(JOB, kind="export", state=State.SUCCEEDED, result=JobResult(export="trained-inference-graphs/v1"))
    assert summary(done).help == "open-folder"
    assert summary(done, daemon=None).help == "start-daemon"
