"""What the dock says of a workspace: one headline, how far it is, and what helps when something is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boxwright.jobs.job import Ask, Job, State
from boxwright_labelimg.client.workspace_status import View
from boxwright_labelimg.i18n import say

STAGES = {
    "dataset": "writing the dataset",
    "snapshot": "reading the dataset",
    "train": "training",
    "evaluate": "measuring",
    "export": "making the model file",
    "detect": "finding objects",
}
KINDS = {
    "export-dataset": "Export of the dataset",
    "train": "Training",
    "evaluate": "Evaluation",
    "export": "Export of the model",
    "detect": "Detection",
}


@dataclass(frozen=True)
class Story:
    """What is said.

    Attributes:
        headline: In one line.
        detail: More of it, "" for nothing.
        trouble: What went wrong, "" for nothing.
        help: What the button does: "start-daemon", "show-log", "train" or "resume"; "" for no button.
        button: What stands on it.
        is_running: Whether there is progress to be shown.
        done, total: Of the progress; total is 0 while it is not known.
        progress: Its text.
    """

    headline: str
    detail: str = ""
    trouble: str = ""
    help: str = ""
    button: str = ""
    is_running: bool = False
    done: int = 0
    total: int = 0
    progress: str = ""


def tell(view: View) -> Story:
    """Return what there is to say of a workspace."""
    job = view.job
    if view.trouble:
        return Story(say("The jobs cannot be read"), trouble=view.trouble, help="start-daemon", button=say("Try again"))
    if job is None:
        return _idle(view)
    if view.daemon is None and job.state in (State.RUNNING, State.QUEUED):
        return Story(
            _headline(job),
            trouble=say("Nothing runs it: the background program has ended. Nothing is lost."),
            help="start-daemon",
            button=say("Start it again"),
        )
    return _ended(view, job) if job.state.is_end else _open(job)


def _idle(view: View) -> Story:
    if view.export:
        return _watched(view, say("The newest model is {name}", name=view.export), "")
    advice = say("Draw boxes on some fifty images of each class, then choose Train.")
    return _watched(view, say("No training yet"), advice)


def _watched(view: View, headline: str, detail: str) -> Story:
    """Return a story of nothing going on, in which only the daemon may be missing."""
    if view.daemon is not None:
        return Story(headline, detail=detail)
    missing = say("Saved boxes are not followed: the background program does not run.")
    words = f"{detail}\n{missing}".strip()
    return Story(headline, detail=words, help="start-daemon", button=say("Follow saved boxes"))


def _open(job: Job) -> Story:
    if job.state is State.RUNNING:
        return _running(job)
    if job.state is State.PAUSED:
        return Story(_headline(job), detail=job.message, help="resume", button=say("Resume"))
    waits = say("It waits for {what}.", what=job.waits_for) if job.waits_for else say("It is about to begin.")
    return Story(_headline(job), detail=waits, is_running=True)


def _ended(view: View, job: Job) -> Story:
    if job.state is State.FAILED:
        return Story(_headline(job), trouble=job.error.split("\n\n", 1)[0], help="show-log", button=say("Show log"))
    return _watched(view, _headline(job), _outcome(job, duration(job.seconds() or 0)))


def _running(job: Job) -> Story:
    stage = say(STAGES.get(job.stage, job.stage))
    number = f" ({job.stages.index(job.stage) + 1}/{len(job.stages)})" if job.stage in job.stages[1:] else ""
    parts = [f"{stage}{number}"]
    if job.stage == "train" and "loss" in job.metrics:
        parts.append(say("loss {loss:.3g}", loss=job.metrics["loss"]))
    if job.stage == "train" and "AP@.50" in job.metrics:
        parts.append(f"AP@.50 {job.metrics['AP@.50']:.2f}")
    if job.rate:
        parts.append(f"{job.rate:.1f}/s" if job.rate >= 1 else say("{seconds:.1f} s each", seconds=1 / job.rate))
    if job.ask is Ask.CANCEL:
        parts.append(say("saving, then it ends"))
    elif job.ask is not Ask.NOTHING:
        parts.append(say("saving, then it waits"))
    progress = [f"{job.done:,} / {job.total:,}" if job.total else f"{job.done:,}"] if job.done or job.total else []
    if job.eta is not None:
        progress.append(say("{time} left", time=duration(job.eta)))
    return Story(
        _headline(job),
        detail=", ".join(parts),
        is_running=True,
        done=job.done,
        total=job.total or 0,
        progress=", ".join(progress),
    )


def _headline(job: Job) -> str:
    states = {
        State.QUEUED: say("is queued"),
        State.RUNNING: say("is running"),
        State.PAUSED: say("is paused"),
        State.SUCCEEDED: say("is done"),
        State.FAILED: say("failed"),
        State.CANCELLED: say("was cancelled"),
    }
    return f"{say(KINDS.get(job.kind, job.kind))} {states[job.state]}"


def _outcome(job: Job, seconds: str) -> str:
    made = job.result.get("export")
    if made and job.state is State.SUCCEEDED:
        return say("In {time}. The model is in {folder}.", time=seconds, folder=made)
    if job.state is State.CANCELLED:
        return say("What it had saved is kept.")
    return say("In {time}.", time=seconds)


def duration(seconds: float) -> str:
    """Return a time as people say it: "45 s", "12 min", "3 h 05 min"."""
    if not math.isfinite(seconds):
        return "∞"
    seconds = max(0.0, seconds)
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
