"""`boxwright report`: one page about a run."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo, reporting
from boxwright.findings import printable
from boxwright.workflow.report import ReportOptions, make_report
from boxwright.workspace import Workspace, as_argument


@takes_options
def report(
    folder: Folder = Path(),
    *,
    options: ReportOptions,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write one page about a run, for the browser and for paper.

    The page is one HTML file: dataset, curves, precision with its interval, the best and the worst test photos,
    differences to the run before, and how to use the export. It holds small copies of test photos and needs no network.

    Example:
      boxwright report training_demo --open
      boxwright report training_demo faster --output faster.html
      boxwright report training_demo --mlflow
    """
    workspace = Workspace.find(folder)
    with reporting() as reporter:
        made = make_report(workspace, options, reporter)
    echo(f"Report: {printable(str(made.file))} ({made.size / 1e6:.1f} MB)")
    if made.mlflow_run:
        echo(f"Logged to MLflow as run {made.mlflow_run}.")
    if not made.is_evaluated:
        echo(f"The model was not evaluated. Measure it first: boxwright evaluate {as_argument(workspace.root)}")
    if open_browser:
        webbrowser.open(made.file.absolute().as_uri())
