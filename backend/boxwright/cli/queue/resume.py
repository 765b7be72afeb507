"""`boxwright resume`: let a paused job continue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.console import echo
from boxwright.cli.queue.submit import print_if_no_daemon
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace


def resume(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    number: Annotated[int, typer.Argument(metavar="ID", help="The job's number, as boxwright jobs shows it.")],
) -> None:
    """Let a paused job continue, at its old place in the queue, or start a job that was submitted elsewhere.

    The daemon does not start jobs of a workspace that came from another user or machine: boxwright jobs shows
    what they would do.

    Example:
      boxwright resume training_demo 3
    """
    workspace = Workspace.find(folder)
    job = JobStore(workspace).resume(number)
    echo(f"Job {job.id} ({job.kind}) continues as soon as it is its turn.")
    print_if_no_daemon(workspace)
