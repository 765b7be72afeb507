"""`boxwright run-job`: the process of one job. The daemon starts it; nobody types it."""

from __future__ import annotations

from typing import Annotated

import typer

from boxwright.cli.command import Folder
from boxwright.cli.console import reporting
from boxwright.cli.results import show_result
from boxwright.cli.signals import stop_on_signals
from boxwright.workflow.job.run import run_job as run
from boxwright.workspace import Workspace


def run_job(folder: Folder, number: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Do one job of the workspace's queue, in this process.

    Example:
      boxwright run-job training_demo 3
    """
    workspace = Workspace.find(folder)
    with stop_on_signals() as stop, reporting() as reporter:
        run(workspace, number, reporter, stop=stop, on_result=lambda result: show_result(workspace, result))
