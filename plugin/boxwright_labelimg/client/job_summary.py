"""The summary of a workspace's jobs in the dock Training: a headline, the progress, and a button where one helps."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from boxwright.jobs.job import Job, JobRequest, State
from boxwright.jobs.result import JobResult
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.i18n import N_, tr

if TYPE_CHECKING:
    from boxwright.runs.evaluation_record import EvaluationRecord

STAGES = {
    "dataset": N_("writing the dataset"),
    "snapshot": N_("reading the dataset"),
    "train": N_("training"),
    "evaluate": N_("evaluating"),
    "export": N_("exporting the model"),
    "detect": N_("finding objects"),
    "suggest": N_("suggesting boxes"),
}
KINDS = {
    "export-dataset": N_("Export of the dataset"),
    "train": N_("Training"),
    "evaluate": N_("Evaluation"),
    "export": N_("Export of the model"),
    "detect": N_("Detection"),
    "suggest": N_("Suggestion of boxes"),
}


class Help(str, Enum):
    """What the button of the dock does."""

    NONE = ""
    START_DAEMON = "start-daemon"
    SHOW_LOG = "show-log"
    RESUME = "resume"
    MAKE_AGAIN = "make-again"
    OPEN_FOLDER = "open-folder"


@dataclass(frozen=True)
class JobSummary:
    """The texts of the dock.

    Attributes:
        headline: In one line.
        detail: More of it, "" for nothing.
        trouble: What went wrong, "" for nothing.
        help: What the button does; NONE for no button.
        button: Its text.
        is_running: Whether there is progress to show.
        done, total: Of the progress; total is 0 while it is not known.
        progress: Its text.
    """

    headline: str
    detail: str = ""
    trouble: str = ""
    help: Help = Help.NONE
    button: str = ""
    is_running: bool = False
    done: int = 0
    total: int = 0
    progress: str = ""


def summarize(status: WorkspaceStatus) -> JobSummary:
    """Return the summary of a workspace."""
    job = status.job
    if status.is_gone:
        return JobSummary(
            tr("The training files are gone"),
            trouble=tr("{folder} was deleted or moved.", folder=status.workspace.root),
            help=Help.MAKE_AGAIN,
            button=tr("Make them again"),
        )
    if status.trouble:
        return JobSummary(
            tr("The jobs cannot be read"), trouble=status.trouble, help=Help.START_DAEMON, button=tr("Try again")
        )
    if job is None:
        return _idle(status)
    if status.daemon is None and job.state in (State.RUNNING, State.QUEUED):
        return JobSummary(
            tr("{job} was interrupted", job=tr(KINDS.get(job.kind, job.kind))),
            trouble=tr("The background program has ended. Nothing is lost."),
            help=Help.START_DAEMON,
            button=tr("Start it again"),
        )
    return _ended(status, job) if job.state.is_end else _open(job)


def _idle(status: WorkspaceStatus) -> JobSummary:
    if status.export:
        return _watched(status, tr("The newest model is {name}", name=status.export), "")
    advice = tr("Draw boxes on some fifty images of each class, then choose Train.")
    return _watched(status, tr("No training yet"), advice)


def _watched(status: WorkspaceStatus, headline: str, detail: str) -> JobSummary:
    """Return a summary without a job under way, in which only the daemon may be missing."""
    if status.daemon is not None:
        return JobSummary(headline, detail=detail)
    missing = tr("Saved boxes are not followed: the background program does not run.")
    text = f"{detail}\n{missing}".strip()
    return JobSummary(headline, detail=text, help=Help.START_DAEMON, button=tr("Follow saved boxes"))


def _open(job: Job) -> JobSummary:
    if job.state is State.RUNNING:
        return _running(job)
    if job.state is State.PAUSED:
        step = tr("At step {done:,} of {total:,}.", done=job.done, total=job.total) if job.done and job.total else ""
        return JobSummary(_headline(job), detail=step or job.message, help=Help.RESUME, button=tr("Resume"))
    waits = tr("It waits for {what}.", what=job.waits_for) if job.waits_for else tr("It starts soon.")
    if job.is_from_elsewhere:
        return JobSummary(_headline(job), detail=waits, help=Help.RESUME, button=tr("Resume"))
    return JobSummary(_headline(job), detail=waits, is_running=True)


def _ended(status: WorkspaceStatus, job: Job) -> JobSummary:
    if job.state is State.FAILED:
        return JobSummary(_headline(job), trouble=first_paragraph(job.error), help=Help.SHOW_LOG, button=tr("Show log"))
    done = _watched(status, _headline(job), _outcome(job, duration(job.seconds() or 0)))
    if job.result.export and job.state is State.SUCCEEDED and done.help is Help.NONE:
        done = replace(done, help=Help.OPEN_FOLDER, button=tr("Open folder"))
    return replace(done, trouble=_shortfall(job.result))


def _shortfall(result: JobResult) -> str:
    """Return what a training that is saved lacks, and why; "" for nothing."""
    texts = []
    if result.no_evaluation:
        texts.append(tr("Trained, not evaluated: {why}", why=first_paragraph(result.no_evaluation)))
    if result.no_export:
        texts.append(tr("Trained, not exported: {why}", why=first_paragraph(result.no_export)))
    return "\n".join(texts)


def _running(job: Job) -> JobSummary:
    stage = tr(STAGES.get(job.stage, job.stage))
    number = f" ({job.stages.index(job.stage) + 1}/{len(job.stages)})" if job.stage in job.stages[1:] else ""
    parts = [f"{stage}{number}"]
    if job.stage == "train" and "loss" in job.metrics:
        parts.append(tr("loss {loss:.3g}", loss=job.metrics["loss"]))
    if job.stage == "train" and "AP@.50" in job.metrics:
        parts.append(f"AP@.50 {job.metrics['AP@.50']:.2f}")
    if job.rate:
        parts.append(f"{job.rate:.1f}/s" if job.rate >= 1 else tr("{seconds:.1f} s each", seconds=1 / job.rate))
    if job.request is JobRequest.CANCEL:
        parts.append(tr("saving, then it ends"))
    elif job.request is not JobRequest.NONE:
        parts.append(tr("saving, then it waits"))
    progress = [f"{job.done:,} / {job.total:,}" if job.total else f"{job.done:,}"] if job.done or job.total else []
    if job.eta is not None:
        progress.append(tr("{time} left", time=duration(job.eta)))
    return JobSummary(
        _headline(job),
        detail=", ".join(parts),
        is_running=True,
        done=job.done,
        total=job.total or 0,
        progress=", ".join(progress),
    )


def _headline(job: Job) -> str:
    states = {
        State.QUEUED: tr("is queued"),
        State.RUNNING: tr("is running"),
        State.PAUSED: tr("is paused"),
        State.SUCCEEDED: tr("is done"),
        State.FAILED: tr("failed"),
        State.CANCELLED: tr("was cancelled"),
    }
    return f"{tr(KINDS.get(job.kind, job.kind))} {states[job.state]}"


def _outcome(job: Job, seconds: str) -> str:
    made = job.result.export
    if made and job.state is State.SUCCEEDED:
        return tr("In {time}. The model is in {folder}.", time=seconds, folder=made)
    if job.state is State.CANCELLED:
        return tr("What it saved is kept.")
    return tr("In {time}.", time=seconds)


def precision_text(evaluation: EvaluationRecord) -> str:
    """Return the average precision in words, with what it may be on other photos."""
    parts = [tr("AP@.50 is {ap:.2f}", ap=evaluation.ap50 or 0)]
    interval = evaluation.interval_95
    if interval is not None:
        low, high = interval.ap50
        parts.append(tr("on other photos between {low:.2f} and {high:.2f} (95%)", low=low, high=high))
    if evaluation.images == 1:
        parts.append(tr("measured on one test image"))
    else:
        parts.append(tr("measured on {images:,} test images", images=evaluation.images or 0))
    parts.append(tr("step {step:,}", step=evaluation.step or 0))
    return ", ".join(parts)


def first_paragraph(error: str) -> str:
    """Return why a job failed, without the last lines of its log that follow."""
    return error.partition("\n\n")[0]


def duration(seconds: float) -> str:
    """Return a time in words: "45 s", "12 min", "3 h 05 min"."""
    if not math.isfinite(seconds):
        return "∞"
    seconds = max(0.0, seconds)
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
