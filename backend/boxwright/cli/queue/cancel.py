"""`boxwright cancel`: end a job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.console import echo
from boxwright.jobs.job import State
from boxwright.jobs.locks import is_run
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace


def cancel(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    number: Annotated[int, typer.Argument(metavar="ID", help="The job's number, as boxwright jobs shows it.")],
) -> None:
    """End a job: a queued one now, a running one as soon as it has saved.

    A training keeps its checkpoint. What has not ended after 30 s is killed by the daemon.

    Example:
      boxwright cancel training_demo 3
    """
    workspace = Workspace.find(folder)
    store = JobStore(workspace)
    job = store.cancel(number)
    if job.state is State.RUNNING and not is_run(workspace, number):
        job = store.died(number, "")  # its process is gone, and perhaps no daemon is there to see it
    if job.state is State.CANCELLED:
        echo(f"Job {job.id} ({job.kind}) is cancelled.")
    else:
        echo(f"Job {job.id} ({job.kind}) is asked to save and end.")
