"""`boxwright pause`: let a job save, and wait."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.console import echo
from boxwright.jobs.job import State
from boxwright.jobs.store import JobStore
from boxwright.workspace import Workspace, as_argument


def pause(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    number: Annotated[int, typer.Argument(metavar="ID", help="The job's number, as boxwright jobs shows it.")],
) -> None:
    """Let a job save, and wait until it is resumed; the device is free for others meanwhile.

    A training saves its checkpoint and continues from there. What saves nothing begins its stage again.

    Example:
      boxwright pause training_demo 3
    """
    job = JobStore(Workspace.find(folder)).pause(number)
    done = "is paused" if job.state is State.PAUSED else "is asked to save and wait"
    echo(f"Job {job.id} ({job.kind}) {done}. Let it continue with: boxwright resume {as_argument(folder)} {job.id}")
