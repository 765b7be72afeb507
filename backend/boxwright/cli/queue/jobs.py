"""`boxwright jobs`: what is queued, running and done."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder
from boxwright.cli.console import duration, echo, fraction, print_table, reporting
from boxwright.cli.queue.submit import print_if_no_daemon
from boxwright.files import backups
from boxwright.jobs.job import Job, State
from boxwright.jobs.locks import is_run
from boxwright.jobs.logs import job_log
from boxwright.jobs.result import JobResult
from boxwright.jobs.store import JobStore
from boxwright.progress import Progress, Reporter
from boxwright.workspace import Workspace, as_argument

LOOK_EVERY = 0.5  # in seconds
SHOWN = 20


def jobs(
    folder: Folder = Path(),
    number: Annotated[int | None, typer.Argument(metavar="ID", help="One job, in full.", show_default=False)] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Show progress until the job, or all jobs, have ended.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a job and line.")] = False,
) -> None:
    """List the newest jobs, or follow them.

    With --follow it ends with 0 when every followed job succeeded, else with 1.

    Example:
      boxwright jobs training_demo
      boxwright jobs training_demo 3 --follow
      boxwright jobs training_demo --json
    """
    if number is None and str(folder).isdecimal() and not folder.exists():
        folder, number = Path(), int(str(folder))  # inside the workspace its folder is left out
    workspace = Workspace.find(folder)
    store = JobStore(workspace)
    chosen = store.newest(SHOWN) if number is None else [store.get(number)]
    if follow:
        followed = [job.id for job in chosen if number is not None or not job.state.is_end]
        ended = _follow(workspace, store, followed, as_json=as_json, to_the_end=number is not None)
        raise typer.Exit(0 if all(job.state is State.SUCCEEDED for job in ended) else 1)
    if as_json:
        for job in chosen:
            echo(json.dumps(job.as_dict()))
    elif number is not None:
        _print_job(workspace, chosen[0])
    elif chosen:
        _print_list(chosen)
    else:
        echo(f"No jobs yet. Queue one with: boxwright submit {as_argument(folder)} train")
    if not as_json:
        for damaged in backups(store.path):
            echo(f"An older list of jobs could not be read; its backup is {workspace.relative(damaged)}")
        _print_who_waits(workspace, chosen)


def _print_who_waits(workspace: Workspace, chosen: Iterable[Job]) -> None:
    """Say that there is nobody to run what is queued, or to see that a process is gone."""
    gone = [job for job in chosen if job.state is State.RUNNING and not is_run(workspace, job.id)]
    for job in gone:
        echo(f"The process of job {job.id} is gone; the daemon decides what becomes of the job.")
    if gone or any(job.state is State.QUEUED for job in chosen):
        print_if_no_daemon(workspace)


def _print_list(chosen: Iterable[Job]) -> None:
    rows = []
    for job in chosen:
        seconds = job.seconds()
        took = "" if seconds is None else duration(seconds)
        rows.append((job.id, job.kind, job.state.value, took, _state_in_words(job)))
    print_table(("job", "kind", "state", "time", ""), rows)


def _state_in_words(job: Job) -> str:
    if job.state is State.RUNNING:
        parts = [job.stage, fraction(Progress(job.stage, job.done, job.total)) if job.doing else "starting"]
        parts += [f"{name} {value:.4g}" for name, value in job.metrics.items()]
        parts += [f"{duration(job.eta)} left"] if job.eta is not None else []
        parts += [f"asked to {job.request.value}"] if job.request.value else []
        return ", ".join(part for part in parts if part)
    if job.state in (State.QUEUED, State.PAUSED):
        if _waits_for_a_person(job):
            return "from elsewhere: boxwright resume starts it"
        return f"waits for {job.waits_for}" if job.waits_for else job.message
    return (job.error or job.result.shortfall).split("\n", 1)[0]


def _waits_for_a_person(job: Job) -> bool:
    return job.is_from_elsewhere and not job.state.is_end


def _print_job(workspace: Workspace, job: Job) -> None:
    echo(f"Job {job.id} ({job.kind}): {job.state.value}")
    words = _state_in_words(job)
    for name, value in (
        ("stages", ", ".join(f"{stage} (done)" if stage in job.finished else stage for stage in job.stages)),
        ("now", words if not job.state.is_end else ""),
        ("time", "" if job.seconds() is None else duration(job.seconds() or 0)),
        ("attempts", str(job.attempts)),
        ("from", "elsewhere; read the parameters before you start it" if _waits_for_a_person(job) else ""),
        ("parameters", ", ".join(f"{name}={value}" for name, value in job.params.items())),
        *_result_in_words(job.result),
        ("log", workspace.relative(job_log(workspace, job.id)) if job.attempts else ""),
        ("error", job.error),
    ):
        if value:
            echo(f"  {name}: {value}")


def _result_in_words(result: JobResult) -> list[tuple[str, str]]:
    """Return what came of a job, line by line; --json has all of it."""
    lines = []
    if (dataset := result.dataset) is not None:
        counts = ", ".join(f"{count} {split}" for split, count in dataset.images.items())
        lines += [("records", f"{counts} images, {dataset.findings} findings"), ("fingerprint", dataset.fingerprint)]
    if (evaluation := result.evaluation) is not None:
        scores = (("AP@.50", evaluation.precision(at=".50")), ("AP@[.50:.95]", evaluation.precision()))
        parts = [f"{name} {score:.3f}" for name, score in scores if score is not None]
        lines.append(("evaluation", ", ".join([*parts, f"of {evaluation.checkpoint}"])))
    texts = (("training", result.training), ("export", result.export), ("incomplete", result.shortfall))
    return [*lines, *texts, ("detections", result.detections), ("note", result.note)]


def _follow(
    workspace: Workspace, store: JobStore, followed: list[int], *, as_json: bool, to_the_end: bool
) -> list[Job]:
    """Show the jobs until they have ended; return them."""
    shown: dict[int, str] = {}
    if not as_json:
        _print_who_waits(workspace, [store.get(number) for number in followed])
    with reporting() as reporter:
        while True:
            current = [store.get(number) for number in followed]
            for job in current:
                if as_json:
                    line = json.dumps({**job.as_dict(), "seconds": None})
                    if shown.get(job.id) != line:
                        echo(json.dumps(job.as_dict()))
                    shown[job.id] = line
                else:
                    _follow_one(job, shown, reporter)
            # one job is followed to its end; of several nobody waits for those that somebody paused
            if all(job.state.is_end or (job.state is State.PAUSED and not to_the_end) for job in current):
                return current
            time.sleep(LOOK_EVERY)


def _follow_one(job: Job, shown: dict[int, str], reporter: Reporter) -> None:
    line = f"job {job.id} ({job.kind}): {job.state.value}"
    if job.state is State.RUNNING:
        line += f", {job.stage}" if job.stage else ""
        if job.doing:  # else it imports TensorFlow
            doing = "" if job.doing == "training" else f", {job.doing}"
            stage = f"job {job.id}: {job.stage}{doing}"
            reporter(Progress(stage, job.done, job.total, metrics=job.metrics))
    elif job.waits_for:
        line += f", waits for {job.waits_for}"
    if shown.get(job.id) != line:
        echo(line)
        if job.error:
            echo(job.error)
    shown[job.id] = line
