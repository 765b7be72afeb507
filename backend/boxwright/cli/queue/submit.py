"""`boxwright submit`: put a job into the queue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.console import echo
from boxwright.jobs.daemon_lock import daemon_pid
from boxwright.jobs.job import STAGES
from boxwright.workspace import Workspace, as_argument


def submit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(STAGES)}.")],
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An option of the job's command; may be given several times."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the job as JSON.")] = False,
) -> None:
    """Put a job into the queue; the daemon of the workspace runs it.

    train brings the records up to date, trains, evaluates and exports. export-dataset brings the records up to date.
    evaluate, export and detect are the commands of these names. Parameters are the options of the command, without
    their hyphens in front; detect takes model and images too, by default the newest export and the workspace's images.

    Example:
      boxwright submit training_demo train --param num-steps=2000 --param batch-size=8
      boxwright submit training_demo export-dataset
      boxwright submit training_demo detect --param images=photos --param min-score=0.3
    """
    from boxwright.workflow.job.kinds import parse_params
    from boxwright.workflow.job.submit import submit_job

    workspace = Workspace.find(folder)
    job = submit_job(workspace, kind, parse_params(kind, param or [], workspace))
    shown = as_argument(folder)
    if as_json:
        echo(json.dumps(job.as_dict()))
        return
    echo(f"Job {job.id} ({job.kind}) is queued. Follow it with: boxwright jobs {shown} {job.id} --follow")
    print_if_no_daemon(workspace)


def print_if_no_daemon(workspace: Workspace) -> None:
    """Say so if there is no daemon to run queued jobs."""
    if daemon_pid(workspace) is None:
        echo(f"No daemon runs here; start it with: boxwright daemon {as_argument(workspace.root)} --detach")
